package import KeepModel

/// One `NODE.INPUT=VALUE` of the command line or a recipe.
package struct OverrideArgument: Sendable, Hashable {
  /// The input.
  package let input: NodeInput
  /// What it is to be.
  package let value: OverrideValue

  /// What the values of arguments are read with.
  package struct Context: Sendable {
    /// The workflow that gives each value its kind; without one, what looks like a JSON scalar is one.
    package var workflow: Workflow?
    /// Gives a drawn seed its bounds.
    package var objectInfo: JSONValue?
    /// Reads the file of `@path`.
    package var readFile: @Sendable (String) throws(KeepError) -> String

    package init(
      workflow: Workflow?, objectInfo: JSONValue? = nil,
      readFile: @escaping @Sendable (String) throws(KeepError) -> String
    ) {
      self.workflow = workflow
      self.objectInfo = objectInfo
      self.readFile = readFile
    }
  }

  /// An input and its value.
  package init(input: NodeInput, value: OverrideValue) {
    self.input = input
    self.value = value
  }

  /// Reads `NODE.INPUT=VALUE`; the first `=` parts them.
  ///
  /// `@path` stands for a file's text, `@@…` for text that starts with `@`, `random` on a seed for a seed
  /// drawn from `randomness`.
  /// - Throws: ``KeepError`` with code `usage` for a text of another form, `input_rejected` where the input is
  ///   unknown or the value is not of its kind; and what `readFile` throws.
  package init(
    parsing text: String, context: Context, randomness: inout some RandomNumberGenerator
  ) throws(KeepError) {
    guard let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")) else {
      throw KeepError(.usage, .option(text), "has no \"=\"", hint: "write NODE.INPUT=VALUE")
    }
    let target = String(text[..<equals])
    let value = String(text[text.utf8.index(after: equals)...])
    let input = try Self.input(target, context)
    self.input = input
    self.value = try Self.value(value, for: input, context: context, randomness: &randomness)
  }

  /// Reads the value for an input that is known already, as ``init(parsing:context:randomness:)`` does.
  package static func value(
    _ text: String, for input: NodeInput, context: Context,
    randomness: inout some RandomNumberGenerator
  ) throws(KeepError) -> OverrideValue {
    let current = context.workflow?[input.node]?.inputs[input.name.rawValue]
    let schema = InputSchema(of: input, context: context)
    if text == "random", isDrawn(input.name, current, schema) {
      let bounds = SeedBounds(schema)
      return .randomSeed(UInt64.random(in: bounds.range, using: &randomness))
    }
    let plain: String =
      if text.hasPrefix("@@") {
        String(text.dropFirst())
      } else if text.hasPrefix("@") {
        try context.readFile(String(text.dropFirst()))
      } else {
        text
      }
    guard let workflow = context.workflow else { return .json(scalar(plain) ?? .string(plain)) }
    let literal = try NodeReference.check(input, in: workflow, objectInfo: context.objectInfo).current
    return .json(try json(plain, like: literal, for: input, schema))
  }

  private static func input(_ target: String, _ context: Context) throws(KeepError) -> NodeInput {
    if let workflow = context.workflow {
      return try NodeReference.resolve(target, in: workflow, objectInfo: context.objectInfo)
    }
    guard let input = NodeInput(parsing: target) else {
      throw KeepError(
        .usage, .option(target), "names no node input",
        hint: "write NODE.INPUT, such as 189.image")
    }
    return input
  }

  /// A text input keeps the word; elsewhere it needs a seed's name, or a schema that calls it one: a number of
  /// steps drawn at random would be paid for.
  private static func isDrawn(_ name: InputName, _ current: JSONValue?, _ schema: InputSchema?) -> Bool {
    switch current {
    case .string?, .bool?: false
    default: WorkflowInspector.isSeed(name) || schema?["control_after_generate"] == true
    }
  }

  private static func json(
    _ text: String, like current: JSONValue, for input: NodeInput, _ schema: InputSchema?
  ) throws(KeepError) -> JSONValue {
    let isLink = Workflow.Node.link(current) != nil
    if isLink || current.isNull, schema?.scalar == .text { return .string(text) }
    if isLink { return scalar(text) ?? .string(text) }
    switch current {
    case .string: return .string(text)
    case .number:
      if let number = JSONNumber(text.trimmed) { return .number(number) }
      let hint = text == "random" ? "only seeds are drawn at random" : nil
      throw wrongKind(input, "a number", text, hint: hint)
    case .bool:
      if let value = scalar(text.trimmed), value.bool != nil { return value }
      throw wrongKind(input, "true or false", text)
    case .null, .array, .object:
      return (try? JSONDocument(parsing: Array(text.utf8)).value) ?? .string(text)
    }
  }

  /// A number with its digits, `true`, `false` or `null`; `nil` for any other text.
  private static func scalar(_ text: String) -> JSONValue? {
    switch try? JSONDocument(parsing: Array(text.utf8)).value {
    case .number(let number)?: .number(number)
    case .bool(let value)?: .bool(value)
    case .null?: .some(.null)
    default: .none
    }
  }

  private static func wrongKind(
    _ input: NodeInput, _ wanted: String, _ text: String, hint: String? = nil
  ) -> KeepError {
    KeepError(
      .inputRejected, .nodeInput(input), "takes \(wanted), found \"\(Excerpt.of(text, limit: 60))\"",
      hint: hint)
  }
}

extension InputSchema {
  /// What `object_info` says of an input of the workflow that values are read for.
  fileprivate init?(of input: NodeInput, context: OverrideArgument.Context) {
    guard let node = context.workflow?[input.node] else { return nil }
    self.init(of: input.name, nodeClass: node.classType, in: context.objectInfo)
  }
}

/// Between which numbers a seed may be drawn.
private struct SeedBounds {
  let range: ClosedRange<UInt64>

  init(_ schema: InputSchema?) {
    let upper = schema?["max"]?.number.flatMap(Self.clamped) ?? .max
    let lower = schema?["min"]?.number.flatMap(Self.clamped) ?? 0
    self.range = min(lower, upper)...upper
  }

  /// The whole number at or below; numbers out of range count as the nearest bound.
  private static func clamped(_ number: JSONNumber) -> UInt64? {
    if let exact = number.unsigned { return exact }
    guard let double = number.double, !double.isNaN else { return nil }
    return double <= 0 ? 0 : double >= 0x1p64 ? .max : UInt64(double)
  }
}
