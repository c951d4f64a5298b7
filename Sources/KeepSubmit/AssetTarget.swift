package import KeepModel

/// Chooses the node input for an asset that nobody named one for.
package enum AssetTarget {
  /// The one input that takes media of a kind.
  ///
  /// - Throws: ``KeepError`` with code `input_rejected` where none or several do, listing them: a guess
  ///   would cost money.
  package static func resolve(
    kind: MediaKind, among inputs: [MediaInput]
  ) throws(KeepError) -> MediaInput {
    try choose(inputs.filter { $0.takes(kind) }, among: inputs, for: kind.rawValue)
  }

  /// The one input that takes media of a type; inputs of the type's own kind come first.
  ///
  /// - Throws: as ``resolve(kind:among:)``.
  package static func resolve(
    type: MediaType, among inputs: [MediaInput]
  ) throws(KeepError) -> MediaInput {
    let exact = inputs.filter { $0.takes(type.kind) && $0.acceptance == .file }
    let fitting = exact.isEmpty ? inputs.filter { $0.takes(type) } : exact
    return try choose(fitting, among: inputs, for: type.rawValue)
  }

  private static func choose(
    _ fitting: [MediaInput], among all: [MediaInput], for wanted: String
  ) throws(KeepError) -> MediaInput {
    let candidates = fitting.filter { $0.acceptance == .file }
    if candidates.count == 1 { return candidates[0] }
    guard candidates.isEmpty else {
      throw KeepError(
        .inputRejected, .none,
        "\(candidates.count) node inputs take \(wanted): \(list(candidates))",
        hint: "name one, such as --asset \(candidates[0].input)")
    }
    throw KeepError(
      .inputRejected, .none,
      "no node input is known to take \(wanted)"
        + (all.isEmpty ? "" : "; the media inputs are: \(list(all))"),
      hint: fitting.first { $0.acceptance == .onRequest }.map { "name it: --asset \($0.input)" })
  }

  private static func list(_ inputs: [MediaInput]) -> String {
    inputs.map { input in
      let reason = input.acceptance == .onRequest ? "names an earlier output" : input.obstacle
      return input.description + (reason.map { ", \($0)" } ?? "")
    }.joined(separator: "; ")
  }
}
