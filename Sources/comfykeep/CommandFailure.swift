import ArgumentParser
import KeepModel

/// Runs a command's body; a failure is told once, on standard error and with `--json` as an object, and
/// becomes the documented exit status.
func reporting(json: Bool, _ body: () async throws -> Void) async throws {
  do {
    try await body()
  } catch let error as KeepError {
    Terminal.complain(error)
    if json { Terminal.print(JSONReport.error(error)) }
    throw ExitCode(error.code.exitStatus)
  }
}
