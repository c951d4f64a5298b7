package import KeepModel

extension Workflow {
  /// Checks overrides against the workflow before anything is sent.
  ///
  /// Refused are: a node or input that is not there, an input that is wired (unless `allowsCutting`), a
  /// value of another kind than the one that stands there, a number out of the schema's range, a seed that
  /// no node can hold, media of the wrong kind, and media where an input is known to take none.
  /// - Returns: what is worth saying and no reason to stop, in the order of the inputs.
  /// - Throws: ``KeepError`` with code `input_rejected` for the first that is refused.
  @discardableResult
  package func validate(
    _ overrides: Overrides, allowsCutting: Bool = false, objectInfo: JSONValue? = nil
  ) throws(KeepError) -> [String] {
    let media = MediaInputFinder.mediaInputs(in: self, objectInfo: objectInfo)
    var warnings: [String] = []
    for (input, value) in overrides.sorted {
      let (node, current) = try NodeReference.check(input, in: self)
      let check = OverrideCheck(
        input: input, node: node, current: current, media: media,
        schema: InputSchema(of: input.name, nodeClass: node.classType, in: objectInfo))
      if let link = Workflow.Node.link(current) {
        guard allowsCutting else { throw check.cut(link.node) }
        warnings.append("\(input): cuts the wire from node \(link.node)")
      } else {
        try check.kind(of: value)
      }
      try check.range(of: value)
      warnings += [check.choice(of: value), check.unknownMedia(value)].compactMap { $0 }
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
  let schema: InputSchema?

  func refusal(_ reason: String, hint: String? = nil) -> KeepError {
    KeepError(.inputRejected, .nodeInput(input), reason, hint: hint)
  }

  func cut(_ source: NodeID) -> KeepError {
    refusal(
      "is wired; setting it would cut the wire from node \(source)",
      hint: "set an input of node \(source) instead, or add --allow-cutting")
  }

  func kind(of value: OverrideValue) throws(KeepError) {
    switch value {
    case .asset(let reference): try asset(reference)
    case .randomSeed:
      guard current.number != nil || current.isNull else {
        throw refusal("a drawn seed needs a number input, found \(Self.kind(current))")
      }
    case .json(let json):
      let wanted = Self.kind(current)
      let isFree = current.isNull || current.array != nil || current.object != nil
      guard isFree || Self.kind(json) == wanted else {
        throw refusal("takes \(wanted), as it has now, found \(Self.kind(json))")
      }
    }
  }

  private func asset(_ reference: AssetReference) throws(KeepError) {
    guard let target = media.first(where: { $0.input == input }) else {
      // A person named it: it may be a loader that nobody has listed yet.
      guard !MediaInputFinder.mayTakeMedia(current, input.name, of: node) else { return }
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

  /// What is said of media in an input that nothing but a person's word speaks for.
  func unknownMedia(_ value: OverrideValue) -> String? {
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

  func range(of value: OverrideValue) throws(KeepError) {
    guard let number = Self.number(value) else { return }
    if WorkflowInspector.isSeed(input.name), let reason = Self.seedDefect(number) { throw refusal(reason) }
    guard let schema else { return }
    if schema.type == "INT", number.text.utf8.contains(where: { $0 == 0x2E || $0 == 0x65 || $0 == 0x45 }) {
      throw refusal("takes a whole number, found \(number)")
    }
    if let limit = schema["max"]?.number, Self.isLess(limit, number) {
      throw refusal("is at most \(limit), found \(number)")
    }
    if let limit = schema["min"]?.number, Self.isLess(number, limit) {
      throw refusal("is at least \(limit), found \(number)")
    }
  }

  /// The schema may be older than the instance, so an unknown choice is said and not refused.
  func choice(of value: OverrideValue) -> String? {
    guard let choices = schema?.choices, !choices.isEmpty, case .json(.string(let text)) = value,
      !media.contains(where: { $0.input == input }), !choices.contains(.string(text))
    else { return nil }
    let near = NearMiss.question(near: text, among: choices.compactMap(\.string))
    return "\(input): \"\(Excerpt.of(text, limit: 60))\" is not among its \(choices.count) choices\(near)"
  }

  private static func number(_ value: OverrideValue) -> JSONNumber? {
    switch value {
    case .json(.number(let number)): number
    case .randomSeed(let seed, _): JSONValue.integer(seed).number
    default: nil
    }
  }

  /// Why a number is no seed: ComfyUI's go from 0 to 2⁶⁴−1, some packs take -1 for a random one.
  private static func seedDefect(_ number: JSONNumber) -> String? {
    guard number.unsigned == nil, number.signed == nil else { return nil }
    let isWhole = number.text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2D }
    return isWhole
      ? "is a seed, which is at most \(UInt64.max), found \(number)" : "takes a whole number, found \(number)"
  }

  /// Exact for whole numbers to 2⁶⁴−1, else by the nearest doubles.
  private static func isLess(_ left: JSONNumber, _ right: JSONNumber) -> Bool {
    switch (left.unsigned, right.unsigned) {
    case (let left?, let right?): return left < right
    // A whole number beyond 2⁶⁴−1 is the greater one, though its nearest double may be the same.
    case (.some, nil) where (right.double ?? 0) >= 0x1p64: return true
    case (nil, .some) where (left.double ?? 0) >= 0x1p64: return false
    default: break
    }
    guard let left = left.double, let right = right.double else { return false }
    return left < right
  }

  private static func kind(_ value: JSONValue) -> String {
    switch value {
    case .null: "null"
    case .bool: "true or false"
    case .number: "a number"
    case .string: "text"
    case .array: "a list"
    case .object: "an object"
    }
  }
}
