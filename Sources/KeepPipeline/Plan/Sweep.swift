import KeepModel
import KeepSubmit

/// One `--sweep NODE.INPUT=VALUES`: every run is made once for each value.
///
/// | VALUES | stands for |
/// |---|---|
/// | `1..4`, `0.2..1:0.2` | a range of numbers with its end, by 1 or the given step; digits are exact |
/// | `random:3` | three drawn seeds |
/// | `euler, heun` | each without the spaces around it, read as `--set` reads a value |
/// | `["a cat, black","a dog"]` | each, as JSON |
/// | `@prompts.txt` | each line of a file that is not empty |
struct Sweep: Sendable {
  /// One value of a sweep.
  enum Value: Sendable {
    /// A value that is known.
    case given(OverrideValue, word: String)
    /// A seed that is drawn for each run; which of the draws it is.
    case drawn(Int)
  }

  let input: NodeInput
  let values: [Value]

  /// More values than this are a slip of the hand.
  static let mostValues = 100_000

  /// Reads an argument.
  ///
  /// - Throws: ``KeepError`` with `usage` for a text of another form or a range that never ends, `input_rejected` for
  ///   an unknown input or a value that is not of its kind; and what the context's `readFile` throws.
  init(_ text: String, context: OverrideArgument.Context) throws(KeepError) {
    guard let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")) else {
      throw KeepError(
        .usage, .option(text), "has no \"=\"", hint: "write NODE.INPUT=VALUES, such as 25.noise_seed=1..4")
    }
    let input = try AssetArgument.input(String(text[..<equals]), in: context.workflow)
    let values = String(text[text.utf8.index(after: equals)...])
    self.input = input
    self.values = try Self.values(values, for: input, context)
    guard !self.values.isEmpty else {
      throw KeepError(.usage, .option("--sweep"), "gives \(input) no value")
    }
  }

  private static func values(
    _ text: String, for input: NodeInput, _ context: OverrideArgument.Context
  ) throws(KeepError) -> [Value] {
    if text.hasPrefix("random:") { return try draws(String(text.dropFirst(7)), for: input, context) }
    if text.hasPrefix("[") {
      guard let list = try? JSONDocument(parsing: Array(text.utf8)).value.array else {
        throw KeepError(
          .usage, .option("--sweep"), "begins like a JSON array and is none: \(text)",
          hint: "write \(input)=[\"one\",\"two\"], or words parted by commas that do not begin with [")
      }
      return list.map { .given(.json($0), word: word($0)) }
    }
    let words: [String] =
      if text.hasPrefix("@"), !text.hasPrefix("@@") {
        try context.readFile(String(text.dropFirst())).split(whereSeparator: \.isNewline).map(String.init)
          .filter { $0.contains { !$0.isWhitespace } }
      } else if let range = try NumberRange(text) {
        range.words
      } else {
        text.split(separator: ",", omittingEmptySubsequences: false).map { String($0).trimmed }
      }
    var values: [Value] = []
    for word in words { values.append(.given(try value(word, for: input, context), word: word)) }
    return values
  }

  private static func value(
    _ word: String, for input: NodeInput, _ context: OverrideArgument.Context
  ) throws(KeepError) -> OverrideValue {
    var randomness = SystemRandomNumberGenerator()
    let value = try OverrideArgument.value(word, for: input, context: context, randomness: &randomness)
    guard case .randomSeed = value else { return value }
    throw KeepError(
      .usage, .option("--sweep"), "names random among the values of \(input)",
      hint: "write \(input)=random:3 for three drawn seeds")
  }

  private static func draws(
    _ count: String, for input: NodeInput, _ context: OverrideArgument.Context
  ) throws(KeepError) -> [Value] {
    guard let count = Int(count), (1...mostValues).contains(count) else {
      throw KeepError(
        .usage, .option("--sweep"), "random:\(count) is no number of seeds", hint: "such as random:3")
    }
    _ = try drawnSeed(for: input, context)
    return (1...count).map { .drawn($0) }
  }

  /// A seed for an input.
  ///
  /// - Throws: ``KeepError`` with `input_rejected` where the input is no seed.
  static func drawnSeed(
    for input: NodeInput, _ context: OverrideArgument.Context
  ) throws(KeepError) -> UInt64 {
    var randomness = SystemRandomNumberGenerator()
    let value = try OverrideArgument.value("random", for: input, context: context, randomness: &randomness)
    guard case .randomSeed(let seed, _) = value else {
      throw KeepError(.inputRejected, .nodeInput(input), "is no seed, and only seeds are drawn at random")
    }
    return seed
  }

  private static func word(_ value: JSONValue) -> String {
    value.string ?? String(decoding: CanonicalJSON.compact(value), as: UTF8.self)
  }
}

extension Sweep.Value {
  /// What tells its run from the others, short enough for a line.
  func label(_ input: NodeInput) -> String {
    switch self {
    case .drawn(let number): return "\(input) #\(number)"
    case .given(_, let word):
      let line = word.split(whereSeparator: \.isNewline).joined(separator: " ")
      return "\(input)=\(line.count > 24 ? "\(line.prefix(23))…" : line)"
    }
  }
}
