import KeepModel
import KeepPipeline
import SystemPackage

/// What `compare` says, in words and as an object.
enum CompareReport {
  /// `136/images/0: same`.
  static func line(_ output: BundleComparison.Output) -> String {
    Terminal.safe("\(output.node)/\(output.key)/\(output.index): \(words(output.likeness))")
  }

  /// `override 25.noise_seed: 5, then 6`.
  static func line(_ difference: BundleComparison.Difference) -> String {
    let kind = difference.kind == .run ? "" : "\(difference.kind.rawValue) "
    return Terminal.safe(
      "\(kind)\(difference.name): \(difference.first ?? "nothing"), then \(difference.second ?? "nothing")")
  }

  /// `4 outputs: 2 the same, 1 different; what went in differs in 1 place`.
  static func summary(_ comparison: BundleComparison) -> String {
    let counts = BundleComparison.Likeness.allCases.compactMap { likeness -> String? in
      let count = comparison.outputs.count { $0.likeness == likeness }
      return count > 0 ? "\(count) \(words(likeness))" : nil
    }
    let outputs = comparison.outputs.count == 1 ? "1 output" : "\(comparison.outputs.count) outputs"
    let places = comparison.differences.count
    return outputs + (counts.isEmpty ? "" : ": \(counts.joined(separator: ", "))")
      + (places == 0
        ? "; the same went in" : "; what went in differs in \(places == 1 ? "1 place" : "\(places) places")")
  }

  /// `{"type":"comparison", …}`.
  static func object(_ comparison: BundleComparison) -> String {
    JSONReport.line(
      "comparison",
      [
        ("first", .string(comparison.bundles.first.string)),
        ("second", .string(comparison.bundles.second.string)),
        ("status", .integer(comparison.isSame ? 0 : KeepError.Code.partial.exitStatus)),
        ("same", .bool(comparison.isSame)), ("outputs", .array(comparison.outputs.map(value))),
        (
          "differences",
          .array(
            comparison.differences.map { difference in
              [
                "kind": .string(difference.kind.rawValue), "name": .string(difference.name),
                "first": .optional(difference.first), "second": .optional(difference.second),
              ]
            })
        ),
      ])
  }

  private static func value(_ output: BundleComparison.Output) -> JSONValue {
    [
      "node": .string(output.node.rawValue), "key": .string(output.key.rawValue),
      "index": .integer(output.index),
      "likeness": .string(output.likeness.rawValue), "first": value(output.first),
      "second": value(output.second),
    ]
  }

  private static func value(_ file: BundleComparison.File?) -> JSONValue {
    guard let file else { return .null }
    return [
      "path": .string(file.path), "sha256": .string(file.checksum.hexadecimal),
      "bytes": .integer(file.size.bytes),
    ]
  }

  private static func words(_ likeness: BundleComparison.Likeness) -> String {
    switch likeness {
    case .same: "same"
    case .samePicture: "same picture, other bytes"
    case .different: "different"
    case .onlyFirst: "only in the first"
    case .onlySecond: "only in the second"
    case .unknown: "cannot be told, bytes are missing"
    }
  }
}
