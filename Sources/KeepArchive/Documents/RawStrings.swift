package import KeepModel

/// JSON strings in bytes that are to stay as they came otherwise.
enum RawStrings {
  /// The bytes with each string for which `change` gives another replaced by that.
  static func replacing(in bytes: [UInt8], _ change: (String) -> String?) -> [UInt8] {
    var result: [UInt8] = []
    var rest = bytes[...]
    while let start = rest.firstIndex(of: UInt8(ascii: "\"")) {
      result += rest[..<start]
      let end = endOfString(rest, from: start)
      let literal = rest[start..<end]
      if let text = text(literal), let changed = change(text), !changed.utf8.elementsEqual(text.utf8) {
        result += CanonicalJSON.quoted(changed)
      } else {
        result += literal
      }
      rest = rest[end...]
    }
    return result + rest
  }

  private static func text(_ literal: ArraySlice<UInt8>) -> String? {
    guard literal.contains(UInt8(ascii: "\\")) || literal.count < 2 else {
      return String(decoding: literal.dropFirst().dropLast(), as: UTF8.self)
    }
    return try? JSONDocument(parsing: Array(literal), options: .lenient).value.string
  }

  /// The place after the closing quote, or the end of the text.
  private static func endOfString(_ bytes: ArraySlice<UInt8>, from start: Int) -> Int {
    var place = start + 1
    while place < bytes.endIndex {
      switch bytes[place] {
      case UInt8(ascii: "\\"): place += 2
      case UInt8(ascii: "\""): return place + 1
      default: place += 1
      }
    }
    return bytes.endIndex
  }
}

extension RunResult {
  /// The answer with our secrets struck out by value, wherever the service repeats them: in the bytes, in what
  /// was read from them, and in what it says of failures.
  ///
  /// To be done before an answer is recorded or archived. An answer without them stays as it is.
  package func redacted(by api: APIConfiguration) -> RunResult {
    let struck = RawStrings.replacing(in: raw) { api.redacting($0) }
    guard struck != raw, let read = try? JSONDocument(parsing: struck, options: .lenient) else { return self }
    return RunResult(
      verdict: verdict, word: api.redacting(word),
      failures: failures.map { failure in
        RunFailure(
          code: failure.code.map(api.redacting), message: api.redacting(failure.message),
          details: failure.details.map(api.redacting))
      },
      createdAt: createdAt, finishedAt: finishedAt, document: read.value,
      irregularities: read.irregularities, raw: struck)
  }
}
