import KeepModel
import SystemPackage

/// What `compare` and `rerun` say of outputs that were held against each other, in words and as an object.
enum ComparedOutputReport {
  /// `136/images/0: same`.
  static func line(_ output: ComparedOutput) -> String {
    Terminal.safe("\(output.node)/\(output.key)/\(output.index): \(words(output.likeness))")
  }

  /// How two outputs go together, in words.
  static func words(_ likeness: OutputLikeness) -> String {
    switch likeness {
    case .same: "same"
    case .samePicture: "same picture, other bytes"
    case .different: "different"
    case .onlyFirst: "only in the first"
    case .onlySecond: "only in the second"
    case .unknown: "cannot be told, bytes are missing"
    }
  }

  /// The members that every object of the type `comparison` has.
  static func members(
    _ first: FilePath, _ second: FilePath, isSame: Bool, _ outputs: [ComparedOutput]
  ) -> [(String, JSONValue)] {
    [
      ("first", .string(first.string)), ("second", .string(second.string)),
      ("status", .integer(isSame ? 0 : KeepError.Code.partial.exitStatus)), ("same", .bool(isSame)),
      ("outputs", .array(outputs.map(value))),
    ]
  }

  private static func value(_ output: ComparedOutput) -> JSONValue {
    [
      "node": .string(output.node.rawValue), "key": .string(output.key.rawValue),
      "index": .integer(output.index), "likeness": .string(output.likeness.rawValue),
      "first": value(output.first), "second": value(output.second),
    ]
  }

  private static func value(_ file: ComparedOutput.File?) -> JSONValue {
    guard let file else { return .null }
    return [
      "path": .string(file.path), "sha256": .string(file.checksum.hexadecimal),
      "bytes": .integer(file.size.bytes),
    ]
  }
}
