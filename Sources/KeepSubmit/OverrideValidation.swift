package import KeepModel

extension Workflow {
  /// Checks overrides against the workflow before anything is sent.
  ///
  /// Refused are: a node or input that is not there, an input that is wired (unless `allowsCutting`), a
  /// value of another kind than the one that stands there, what the schema of the node does not allow (see
  /// `SchemaCheck`), a seed that no node can hold, media of the wrong kind, and media where an input is known to
  /// take none. Media, and addresses of media, are never looked for among a loader's choices: the service puts files
  /// in their place before ComfyUI sees them.
  /// - Returns: what is worth saying and no reason to stop, in the order of the inputs.
  /// - Throws: ``KeepError`` with code `input_rejected` for the first that is refused.
  @discardableResult
  package func validate(
    _ overrides: Overrides, allowsCutting: Bool = false, objectInfo: JSONValue? = nil
  ) throws(KeepError) -> [String] {
    let media = MediaInputFinder.mediaInputs(in: self, objectInfo: objectInfo)
    var warnings: [String] = []
    for (input, value) in overrides.sorted {
      let (node, current) = try NodeReference.check(input, in: self, objectInfo: objectInfo)
      let check = OverrideCheck(
        input: input, node: node, current: current, media: media, allowsCutting: allowsCutting,
        schema: InputSchema(of: input.name, nodeClass: node.classType, in: objectInfo))
      warnings += try check.warnings(value)
    }
    return warnings
  }
}

/// One override against what stands in the workflow.
private struct OverrideCheck {
  let input: NodeInput
  let node: Workflow.Node
  let current: JSONValue
  let media: [MediaInput]
  let allowsCutting: Bool
  let schema: InputSchema?

  /// What is worth saying of a value that is not refused.
  func warnings(_ value: OverrideValue) throws(KeepError) -> [String] {
    var warnings: [String] = []
    if let link = Workflow.Node.link(current) {
      guard allowsCutting else { throw cut(link.node) }
      warnings.append("\(input): cuts the wire from node \(link.node)")
    } else {
      try kind(of: value)
    }
    if WorkflowInspector.isSeed(input.name), let number = Self.json(value)?.number,
      let reason = Self.seedDefect(number)
    {
      throw refusal(reason)
    }
    warnings += try bySchema(value)
    return warnings + [unknownMedia(value)].compactMap { $0 }
  }

  private func refusal(_ reason: String, hint: String? = nil) -> KeepError {
    KeepError(.inputRejected, .nodeInput(input), reason, hint: hint)
  }

  private func cut(_ source: NodeID) -> KeepError {
    refusal(
      "is wired; setting it would cut the wire from node \(source)",
      hint: "set an input of node \(source) instead, or add --allow-cutting")
  }

  private func bySchema(_ value: OverrideValue) throws(KeepError) -> [String] {
    guard let schema, !media.contains(where: { $0.input == input }) else { return [] }
    let check = SchemaCheck(input: input, schema: schema, current: current, allowsCutting: allowsCutting)
    // A file cannot stand for what another node gives either.
    guard let json = Self.json(value) else { return schema.isWire ? try check.check("") : [] }
    return try check.check(json)
  }

  private func kind(of value: OverrideValue) throws(KeepError) {
    switch value {
    case .asset(let reference): try asset(reference)
    case .randomSeed:
      guard current.number != nil || current.isNull else {
        throw refusal("a drawn seed needs a number input, found \(current.kindInWords)")
      }
    case .json(let json):
      let wanted = current.kindInWords
      let isFree = current.isNull || current.array != nil || current.object != nil || isChoice(json)
      guard isFree || json.kindInWords == wanted else {
        throw refusal("takes \(wanted), as it has now, found \(json.kindInWords)")
      }
    }
  }

  /// Whether the schema itself offers a value of another kind than the one that stands there.
  private func isChoice(_ value: JSONValue) -> Bool {
    guard let schema, let choices = schema.choices else { return false }
    return choices.contains(value) || schema.takesSeveral && value.array != nil
  }

  private func asset(_ reference: AssetReference) throws(KeepError) {
    guard let target = media.first(where: { $0.input == input }) else {
      // A person named it: it may be a loader that nobody has listed yet.
      guard !MediaInputFinder.mayTakeMedia(current, input.name, of: node) || isPlainChoice else { return }
      let known = media.map(\.description).joined(separator: "; ")
      throw refusal(
        "is not known to take media\(known.isEmpty ? "" : "; the media inputs are: \(known)")",
        hint: "if the node fetches a URL there, set the URL as text")
    }
    if let obstacle = target.obstacle {
      throw refusal(obstacle, hint: "use a loader such as LoadImage or LoadVideo instead")
    }
    guard let type = Self.mediaType(of: reference), !target.takes(type) else { return }
    let kinds = target.kinds.map(\.rawValue).sorted().joined(separator: " or ")
    throw refusal("\(node.classType) takes \(kinds), found \(type)")
  }

  /// Whether the schema gives words to choose from, none of which is a file.
  private var isPlainChoice: Bool { schema?.choices?.isEmpty == false && schema?.listsFiles == false }

  /// What is said of media in an input that nothing but a person's word speaks for.
  private func unknownMedia(_ value: OverrideValue) -> String? {
    guard case .asset = value, !media.contains(where: { $0.input == input }) else { return nil }
    return "\(input): \(node.classType) is not known to take media there"
  }

  /// The type of the bytes, or what the address ends in; `nil` if nothing tells.
  private static func mediaType(of reference: AssetReference) -> MediaType? {
    if let asset = reference.asset { return asset.mediaType }
    guard case .hosted(let url, nil) = reference, let dot = url.path.lastIndex(of: ".") else {
      return nil
    }
    return MediaType(extension: String(url.path[url.path.index(after: dot)...]))
  }

  /// The value as it is sent; `nil` for media.
  private static func json(_ value: OverrideValue) -> JSONValue? {
    switch value {
    case .json(let json): json
    case .randomSeed(let seed, _): .integer(seed)
    case .asset: nil
    }
  }

  /// Why a number is no seed: ComfyUI's go from 0 to 2⁶⁴−1, some packs take -1 for a random one.
  private static func seedDefect(_ number: JSONNumber) -> String? {
    guard number.unsigned == nil, number.signed == nil else { return nil }
    return number.isWhole
      ? "is a seed, which is at most \(UInt64.max), found \(number)" : "takes a whole number, found \(number)"
  }
}
