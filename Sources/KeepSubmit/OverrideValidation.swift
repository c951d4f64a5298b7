package import KeepModel

extension Workflow {
  /// Checks overrides against the workflow before anything is sent.
  ///
  /// Refused are: a node or input that is not there, an input that is wired (unless `allowsCutting`), a
  /// value of another kind than the one that stands there, a number out of the schema's range, media where
  /// none goes or of the wrong kind.
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
      if let warning = check.choice(of: value) { warnings.append(warning) }
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

  /// The type of the bytes, or what the address ends in; `nil` if nothing tells.
  private static func mediaType(of reference: AssetReference) -> MediaType? {
    if let asset = reference.asset { return asset.mediaType }
    guard case .hosted(let url, nil) = reference, let dot = url.path.lastIndex(of: ".") else {
      return nil
    }
    return MediaType(extension: String(url.path[url.path.index(after: dot)...]))
  }

  func range(of value: OverrideValue) throws(KeepError) {
    guard let schema, let number = Self.number(value) else { return }
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
    case .randomSeed(let seed): JSONValue.integer(seed).number
    default: nil
    }
  }

  /// Exact for whole numbers to 2⁶⁴−1, else by the nearest doubles.
  private static func isLess(_ left: JSONNumber, _ right: JSONNumber) -> Bool {
    if let left = left.unsigned, let right = right.unsigned { return left < right }
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
