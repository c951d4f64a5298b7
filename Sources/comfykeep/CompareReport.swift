import KeepModel
import KeepPipeline

/// What `compare` says, in words and as an object.
enum CompareReport {
  /// `override 25.noise_seed: 5, then 6`.
  static func line(_ difference: BundleComparison.Difference) -> String {
    let kind = difference.kind == .run ? "" : "\(difference.kind.rawValue) "
    return Terminal.safe(
      "\(kind)\(difference.name): \(difference.first ?? "nothing"), then \(difference.second ?? "nothing")")
  }

  /// `4 outputs: 2 the same, 1 different; what went in differs in 1 place`.
  static func summary(_ comparison: BundleComparison) -> String {
    let counts = OutputLikeness.allCases.compactMap { likeness -> String? in
      let count = comparison.outputs.count { $0.likeness == likeness }
      return count > 0 ? "\(count) \(ComparedOutputReport.words(likeness))" : nil
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
      ComparedOutputReport.members(
        comparison.bundles.first, comparison.bundles.second, isSame: comparison.isSame, comparison.outputs)
        + [
          (
            "differences",
            .array(
              comparison.differences.map { difference in
                [
                  "kind": .string(difference.kind.rawValue), "name": .string(difference.name),
                  "first": .optional(difference.first), "second": .optional(difference.second),
                ]
              })
          )
        ])
  }
}
