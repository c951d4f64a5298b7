import ArgumentParser
import KeepModel
import KeepPipeline

/// Runs a command's body; a failure is told once, on standard error and with `--json` as an object, and
/// becomes the documented exit status.
///
/// - Parameter log: Where a failure is told instead of as a plain line on standard error.
func reporting(json: Bool, log: WatchLog? = nil, _ body: () async throws -> Void) async throws {
  do {
    try await body()
  } catch let error as KeepError {
    throw CommandFailure.told(error, json: json, log)
  } catch let refusal as RecipeRefusal {
    throw CommandFailure.told(refusal, json: json, log)
  } catch let status as ExitCode {
    throw status
  } catch {
    throw CommandFailure.told(KeepError(.failure, .none, "\(error)"), json: json, log)
  }
}

/// How a failure ends the process.
enum CommandFailure {
  /// Tells an error; its exit status.
  static func told(_ error: KeepError, json: Bool, _ log: WatchLog? = nil) -> ExitCode {
    if let log { log.tell(error) } else { Terminal.complain(error) }
    if json { Terminal.print(JSONReport.error(error)) }
    return ExitCode(error.code.exitStatus)
  }

  /// Tells everything that is wrong in a recipe; the exit status.
  static func told(_ refusal: RecipeRefusal, json: Bool, _ log: WatchLog? = nil) -> ExitCode {
    if let log { log.tell(refusal) } else { for error in refusal.errors { Terminal.complain(error) } }
    guard let first = refusal.errors.first else { return .failure }
    if json {
      Terminal.print(
        JSONReport.line(
          "error",
          [
            ("error", JSONReport.value(first)),
            ("errors", .array(refusal.errors.map(JSONReport.value))),
          ]))
    }
    return ExitCode(first.code.exitStatus)
  }

  /// The exit status for what a command, or the reading of its arguments, threw. Wrong usage is told like every
  /// other failure; help and version are no failures.
  static func status(_ error: any Error, _ arguments: [String]) -> ExitCode {
    if let told = error as? ExitCode { return told }
    let isJSON = arguments.prefix { $0 != "--" }.contains("--json")
    if let known = error as? KeepError { return told(known, json: isJSON) }
    let status = Comfykeep.exitCode(for: error)
    guard status == .validationFailure else { return status }
    let usage = KeepError(
      .usage, .none, Comfykeep.message(for: error), hint: "comfykeep --help, or a command with --help")
    return told(usage, json: isJSON)
  }
}
