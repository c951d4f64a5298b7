import KeepModel

/// Puts the posted body together, with assets in it or moved out of it.
struct RequestBuilder {
  private(set) var inputs: [RequestDocument.Ingoing] = []
  private(set) var externalised: [Manifest.Externalised] = []
  private let kept: Set<Checksum>
  private let choice: Manifest.Choice

  init(kept: Set<Checksum>, choice: Manifest.Choice) {
    self.kept = kept
    self.choice = choice
  }

  /// `{"overrides": …}`, or `{"workflow_api_json": …}` with the overrides in it.
  mutating func body(
    of submission: Submission, bytesOf: (Asset) throws(KeepError) -> [UInt8]
  ) throws(KeepError) -> JSONObject {
    let isInline = submission.mode == .inlineWorkflow
    let root = isInline ? "workflow_api_json" : "overrides"
    var nodes = isInline ? submission.workflow?.document.object ?? JSONObject() : JSONObject()
    if isInline { nodes = literals(of: nodes, except: submission.overrides, root) }
    for (input, value) in submission.overrides.sorted {
      let pointer = JSONPointer([root, input.node.rawValue, "inputs", input.name.rawValue])
      var node = nodes[input.node.rawValue]?.object ?? JSONObject()
      var values = node["inputs"]?.object ?? JSONObject()
      values[input.name.rawValue] = try json(of: value, input, pointer, bytesOf)
      node["inputs"] = .object(values)
      nodes[input.node.rawValue] = .object(node)
    }
    inputs.sort { left, right in
      let names = [left, right].map { NodeInput(node: $0.entry.node, name: $0.entry.input) }
      return names[0] == names[1] ? left.entry.index < right.entry.index : names[0] < names[1]
    }
    externalised.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    return JSONObject([JSONObject.Member(key: root, value: .object(nodes))])
  }

  private mutating func json(
    of value: OverrideValue, _ input: NodeInput, _ pointer: JSONPointer,
    _ bytesOf: (Asset) throws(KeepError) -> [UInt8]
  ) throws(KeepError) -> JSONValue {
    switch value {
    case .json(let json):
      var index = 0
      return movingOut(json, input, &index, pointer)
    case .randomSeed(let seed, _): return .integer(seed)
    case .asset(.hosted(let url, let asset)):
      if let asset { _ = list(asset, input, pointer) }
      return .string(url.description)
    case .asset(.upload(let asset)):
      throw KeepError(.failure, .path(asset.path), "was never uploaded, so no run can have had it")
    case .asset(.inline(let asset)): return try inline(asset, input, pointer, bytesOf)
    }
  }

  private mutating func inline(
    _ asset: Asset, _ input: NodeInput, _ pointer: JSONPointer,
    _ bytesOf: (Asset) throws(KeepError) -> [UInt8]
  ) throws(KeepError) -> JSONValue {
    guard let stored = list(asset, input, pointer) else {
      return .string("omitted:sha256:\(asset.checksum)")
    }
    guard asset.dataURILength.bytes <= RequestDocument.longestInline else {
      return moveOut(stored, pointer)
    }
    let bytes = try bytesOf(asset)
    guard Checksum(of: bytes) == asset.checksum else {
      throw KeepError(
        .fixity, .path(asset.path), "is no longer what it was when it was sent",
        hint: "put the original file back, or archive without inputs")
    }
    return .string(DataURI.prefix(asset.mediaType) + Base64.encode(bytes))
  }

  /// Lists an asset; returns where it is archived, `nil` if it is not.
  private mutating func list(
    _ asset: Asset, _ input: NodeInput, _ pointer: JSONPointer
  ) -> Manifest.Stored? {
    let isArchived = choice == .include && kept.contains(asset.checksum)
    let path = PayloadPath(input: input, filename: asset.filename)
    let stored = Manifest.Stored(
      path: path.rawValue, size: asset.size.bytes, checksum: asset.checksum,
      mediaType: asset.mediaType)
    let entry = Manifest.Input(
      node: input.node, input: input.name, index: 0, pointer: pointer, filename: asset.filename,
      status: isArchived ? .archived : choice == .omit ? .omitted : .missing,
      stored: isArchived ? stored : nil)
    inputs.append(
      RequestDocument.Ingoing(entry: entry, source: isArchived ? .kept(asset.checksum) : .none))
    return isArchived ? stored : nil
  }

  private mutating func moveOut(_ stored: Manifest.Stored, _ pointer: JSONPointer) -> JSONValue {
    externalised.append(
      Manifest.Externalised(pointer: pointer, path: stored.path, mediaType: stored.mediaType))
    return .string("bundle:\(stored.path)")
  }

  /// Literal inputs of a graph, where people paste data URIs too.
  private mutating func literals(
    of graph: JSONObject, except overrides: Overrides, _ root: String
  ) -> JSONObject {
    var graph = graph
    for node in graph.members {
      guard var object = node.value.object, var values = object["inputs"]?.object else { continue }
      for value in values.members {
        let input = NodeInput(node: NodeID(node.key), name: InputName(value.key))
        guard overrides[input] == nil else { continue }
        var index = 0
        values[value.key] = movingOut(
          value.value, input, &index, JSONPointer([root, node.key, "inputs", value.key]))
      }
      object["inputs"] = .object(values)
      graph[node.key] = .object(object)
    }
    return graph
  }

  /// Moves long data URIs out of a value that was given as JSON, if they can be put back unchanged.
  private mutating func movingOut(
    _ value: JSONValue, _ input: NodeInput, _ index: inout Int, _ pointer: JSONPointer
  ) -> JSONValue {
    switch value {
    case .array(let items):
      var moved: [JSONValue] = []
      for (place, item) in items.enumerated() {
        moved.append(movingOut(item, input, &index, pointer.appending(place)))
      }
      return .array(moved)
    case .object(let object):
      var moved = object
      for member in object.sortedMembers {
        moved[member.key] = movingOut(
          member.value, input, &index, pointer.appending(member.key))
      }
      return .object(moved)
    case .string(let text):
      guard text.utf8.count > RequestDocument.longestInline, let data = DataURI.decode(text),
        text.utf8.elementsEqual(
          (DataURI.prefix(data.mediaType) + Base64.encode(data.bytes)).utf8)
      else { return value }
      defer { index += 1 }
      let checksum = Checksum(of: data.bytes)
      return list(data, checksum, input, index, pointer).map { moveOut($0, pointer) }
        ?? .string("omitted:sha256:\(checksum)")
    case .null, .bool, .number: return value
    }
  }

  /// Lists a data URI that was given as JSON; returns where it is archived, `nil` if it is not.
  private mutating func list(
    _ data: (mediaType: MediaType, bytes: [UInt8]), _ checksum: Checksum, _ input: NodeInput,
    _ index: Int, _ pointer: JSONPointer
  ) -> Manifest.Stored? {
    let path = PayloadPath(input: input, index: index, filename: "data")
    let stored = Manifest.Stored(
      path: path.rawValue, size: UInt64(data.bytes.count), checksum: checksum,
      mediaType: data.mediaType)
    let isArchived = choice == .include
    let entry = Manifest.Input(
      node: input.node, input: input.name, index: index, pointer: pointer, filename: "data",
      status: isArchived ? .archived : .omitted, stored: isArchived ? stored : nil)
    inputs.append(
      RequestDocument.Ingoing(entry: entry, source: isArchived ? .bytes(data.bytes) : .none))
    return isArchived ? stored : nil
  }
}
