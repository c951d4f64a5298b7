package import KeepModel

/// The JSON body of a submission, in pieces, so that assets are never in memory.
package enum SubmissionBody {
  /// The pieces in order: `{"overrides":{…}}`, or `{"workflow_api_json":{…}}` with the overrides in the
  /// graph; with `extra_data` in front where a Comfy Org key is given.
  ///
  /// - Throws: ``KeepError`` with code `input_rejected` where the whole graph is to be sent and there is
  ///   none, or an override's node is not in it; `upload_failed` where an asset has no URL yet.
  package static func segments(
    for submission: Submission, coreAPIKey: Secret? = nil
  ) throws(KeepError) -> [BodySegment] {
    for case (let input, .asset(.upload(let asset))) in submission.overrides.sorted {
      throw KeepError(.uploadFailed, .path(asset.path), "is not uploaded yet, and \(input) needs its URL")
    }
    var writer = SegmentWriter()
    writer.object(try members(of: submission, key: coreAPIKey?.reveal()))
    return writer.finish()
  }

  /// The exact number of bytes of the encoded pieces.
  package static func length(of segments: [BodySegment]) -> ByteCount {
    ByteCount(
      segments.reduce(0) { sum, segment in
        switch segment {
        case .bytes(let bytes): sum + UInt64(bytes.count)
        case .dataURI(let asset): sum + asset.dataURILength.bytes
        }
      })
  }

  /// The body for people: inline assets by type, size and checksum, the key struck out.
  ///
  /// - Throws: as ``segments(for:coreAPIKey:)``.
  package static func redactedPreview(
    for submission: Submission, coreAPIKey: Secret? = nil
  ) throws(KeepError) -> JSONValue {
    .object(preview(try members(of: submission, key: coreAPIKey?.description)))
  }

  private static func preview(_ members: [BodyMember]) -> JSONObject {
    JSONObject(
      members.map { member in
        let value: JSONValue =
          switch member.value {
          case .json(let json): json
          case .object(let members): .object(preview(members))
          case .dataURI(let asset):
            .string("\(DataURI.prefix(asset.mediaType))<\(asset.size), sha256 \(asset.checksum)>")
          }
        return JSONObject.Member(key: member.key, value: value)
      })
  }

  private static func members(
    of submission: Submission, key: String?
  ) throws(KeepError) -> [BodyMember] {
    var members: [BodyMember] = []
    if let key {
      members.append(BodyMember("extra_data", .json(["api_key_comfy_org": .string(key)])))
    }
    switch submission.mode {
    case .overrides: members.append(BodyMember("overrides", .object(overrides(submission.overrides))))
    case .inlineWorkflow:
      members.append(BodyMember("workflow_api_json", .object(try graph(of: submission))))
    }
    return members
  }

  private static func overrides(_ overrides: Overrides) -> [BodyMember] {
    byNode(overrides).map { node in
      BodyMember(
        node.id.rawValue,
        .object([
          BodyMember("inputs", .object(node.inputs.map { BodyMember($0.name.rawValue, $0.value) }))
        ]))
    }
  }

  private static func graph(of submission: Submission) throws(KeepError) -> [BodyMember] {
    guard let workflow = submission.workflow, let document = workflow.document.object else {
      throw KeepError(
        .inputRejected, .deployment(submission.deployment),
        "the whole graph is to be sent and no workflow is given")
    }
    let replaced = byNode(submission.overrides)
    if let stray = replaced.first(where: { workflow[$0.id] == nil }) {
      throw KeepError(.inputRejected, .node(stray.id), "the workflow has no such node")
    }
    return document.members.map { member in
      guard let node = replaced.first(where: { $0.id == NodeID(member.key) }) else {
        return BodyMember(member.key, .json(member.value))
      }
      return BodyMember(member.key, .object(merged(member.value.object ?? JSONObject(), node.inputs)))
    }
  }

  /// A node of the graph with some inputs replaced, all else in its order.
  private static func merged(_ node: JSONObject, _ replaced: [Replacement]) -> [BodyMember] {
    let old = node["inputs"]?.object ?? JSONObject()
    let kept = old.members.map { member in
      let value = replaced.first { $0.name == InputName(member.key) }?.value
      return BodyMember(member.key, value ?? .json(member.value))
    }
    let added = replaced.filter { old[$0.name.rawValue] == nil }
      .map { BodyMember($0.name.rawValue, $0.value) }
    let inputs = BodyMember("inputs", .object(kept + added))
    let others = node.members.map { $0.key == "inputs" ? inputs : BodyMember($0.key, .json($0.value)) }
    return node["inputs"] == nil ? others + [inputs] : others
  }

  private typealias Replacement = (name: InputName, value: BodyValue)

  private static func byNode(
    _ overrides: Overrides
  ) -> [(id: NodeID, inputs: [Replacement])] {
    var nodes: [(id: NodeID, inputs: [Replacement])] = []
    for (input, value) in overrides.sorted {
      if nodes.last?.id != input.node { nodes.append((input.node, [])) }
      nodes[nodes.count - 1].inputs.append((input.name, BodyValue(value)))
    }
    return nodes
  }
}

/// A key of the body and its value.
private struct BodyMember {
  let key: String
  let value: BodyValue

  init(_ key: String, _ value: BodyValue) {
    self.key = key
    self.value = value
  }
}

/// A value of the body: plain JSON, or something that holds a file.
private indirect enum BodyValue {
  case json(JSONValue)
  case object([BodyMember])
  case dataURI(Asset)

  init(_ value: OverrideValue) {
    switch value {
    case .json(let json): self = .json(json)
    case .randomSeed(let seed, _): self = .json(.integer(seed))
    case .asset(.inline(let asset)): self = .dataURI(asset)
    case .asset(.hosted(let url, _)): self = .json(.string(url.description))
    case .asset(.upload(let asset)): self = .json(.string("<upload: \(asset.mediaType), \(asset.size)>"))
    }
  }
}

/// Writes body values as pieces.
private struct SegmentWriter {
  private var segments: [BodySegment] = []
  private var bytes: [UInt8] = []

  mutating func object(_ members: [BodyMember]) {
    bytes.append(UInt8(ascii: "{"))
    for (index, member) in members.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      bytes += CanonicalJSON.quoted(member.key)
      bytes.append(UInt8(ascii: ":"))
      write(member.value)
    }
    bytes.append(UInt8(ascii: "}"))
  }

  private mutating func write(_ value: BodyValue) {
    switch value {
    case .json(let json): bytes += CanonicalJSON.compact(json)
    case .object(let members): object(members)
    case .dataURI(let asset):
      bytes.append(UInt8(ascii: "\""))
      flush()
      segments.append(.dataURI(asset))
      bytes.append(UInt8(ascii: "\""))
    }
  }

  private mutating func flush() {
    guard !bytes.isEmpty else { return }
    segments.append(.bytes(bytes))
    bytes = []
  }

  consuming func finish() -> [BodySegment] {
    flush()
    return segments
  }
}
