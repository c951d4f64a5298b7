import KeepModel
import KeepPipeline
import SystemPackage

/// What `rerun` says of a run and its rerun: a line, and one for each output; with `--json` an object.
struct RerunReport {
  let json: Bool

  /// Shows how a run and its rerun go together, or why that is not known; nothing where no bundle came of it.
  func show(_ comparison: Result<RerunComparison, KeepError>?, _ outcome: SubmissionOutcome) {
    switch comparison {
    case .success(let comparison)?: show(comparison)
    case .failure(let error)?:
      Terminal.note(Terminal.safe("could not be compared with the run before: \(error)"))
    case nil where outcome.bundleChecksum != nil:
      Terminal.note("the new bundle is not here, so it is not held against the one before")
    case nil: break
    }
  }

  /// Shows how the two go together.
  private func show(_ comparison: RerunComparison) {
    guard !json else {
      Terminal.print(JSONReport.line("comparison", Self.members(comparison)))
      return
    }
    Terminal.print(Terminal.safe(Self.sentence(comparison)))
    guard !comparison.isOneRun else { return }
    for output in comparison.outputs {
      Terminal.print("  \(ComparedOutputReport.line(output))")
    }
  }

  /// Both bundles by their names, and what came of it in one line.
  static func sentence(_ comparison: RerunComparison) -> String {
    let names = "\(name(comparison.original)) again, as \(name(comparison.rerun))"
    guard !comparison.isOneRun else {
      return "\(names): that run was still under way; the same command now runs it again"
    }
    let count = comparison.outputs.count
    let same = comparison.outputs.count { $0.likeness == .same }
    let words =
      switch (count, same) {
      case (0, _): "neither has outputs"
      case (_, count): "\(count == 1 ? "the output is" : "all \(count) outputs are") the same, byte for byte"
      default: "\(same) of \(count) outputs \(same == 1 ? "is" : "are") the same, byte for byte"
      }
    let pictures = comparison.outputs.count { $0.likeness == .samePicture }
    return "\(names): \(words)"
      + (pictures == 0 ? "" : "; \(pictures) \(pictures == 1 ? "is" : "are") the same picture in other bytes")
      + (comparison.isFromCache ? "; the service gave the very same files again, from its cache" : "")
  }

  private static func name(_ path: FilePath) -> String { path.lastComponent?.string ?? path.string }

  private static func members(_ comparison: RerunComparison) -> [(String, JSONValue)] {
    ComparedOutputReport.members(
      comparison.original, comparison.rerun, isSame: comparison.isSame, comparison.outputs)
      + [
        ("first_request_id", .string(comparison.originalRequest.rawValue)),
        ("second_request_id", .string(comparison.request.rawValue)),
        ("from_cache", .bool(comparison.isFromCache)),
      ]
  }
}
