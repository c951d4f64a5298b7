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
      Terminal.print(
        Terminal.safe("  \(output.node)/\(output.key)/\(output.index): \(Self.words(output.likeness))"))
    }
  }

  /// Both bundles by their names, and what came of it in one line.
  static func sentence(_ comparison: RerunComparison) -> String {
    let names = "\(name(comparison.original)) again, as \(name(comparison.rerun))"
    guard !comparison.isOneRun else {
      return "\(names): that run was still under way; the same command now runs it again"
    }
    let count = comparison.outputs.count
    let same = comparison.outputs.count { $0.likeness == "same" }
    let words =
      switch (count, same) {
      case (0, _): "neither has outputs"
      case (_, count): "\(count == 1 ? "the output is" : "all \(count) outputs are") the same, byte for byte"
      default: "\(same) of \(count) outputs \(same == 1 ? "is" : "are") the same, byte for byte"
      }
    let pictures = comparison.outputs.count { $0.likeness == "same_picture" }
    return "\(names): \(words)"
      + (pictures == 0 ? "" : "; \(pictures) \(pictures == 1 ? "is" : "are") the same picture in other bytes")
      + (comparison.isFromCache ? "; the service gave the very same files again, from its cache" : "")
  }

  private static func name(_ path: FilePath) -> String { path.lastComponent?.string ?? path.string }

  private static func words(_ likeness: String) -> String {
    switch likeness {
    case "same": "same"
    case "same_picture": "same picture, other bytes"
    case "different": "different"
    case "only_first": "only in the first"
    case "only_second": "only in the second"
    default: "cannot be told, bytes are missing"
    }
  }

  private static func members(_ comparison: RerunComparison) -> [(String, JSONValue)] {
    [
      ("first", .string(comparison.original.string)),
      ("first_request_id", .string(comparison.originalRequest.rawValue)),
      ("second", .string(comparison.rerun.string)),
      ("second_request_id", .string(comparison.request.rawValue)),
      ("status", .integer(comparison.isSame ? 0 : KeepError.Code.partial.exitStatus)),
      ("same", .bool(comparison.isSame)), ("from_cache", .bool(comparison.isFromCache)),
      ("outputs", .array(comparison.outputs.map(value))),
    ]
  }

  private static func value(_ output: RerunComparison.Output) -> JSONValue {
    [
      "node": .string(output.node.rawValue), "key": .string(output.key.rawValue),
      "index": .integer(output.index), "likeness": .string(output.likeness), "first": value(output.first),
      "second": value(output.second),
    ]
  }

  private static func value(_ file: RerunComparison.File?) -> JSONValue {
    guard let file else { return .null }
    return [
      "path": .string(file.path), "sha256": .string(file.checksum.hexadecimal),
      "bytes": .integer(file.size.bytes),
    ]
  }
}
