import ArgumentParser
import Glibc
import KeepModel

/// The command.
@main
struct Comfykeep: AsyncParsableCommand {
  static func main() async {
    // A reader that goes away, as `head` does, must not end the process in the middle of a submit.
    signal(SIGPIPE, SIG_IGN)
    Terminal.holdStreams()
    Glibc.exit(Terminal.ending(await status().rawValue))
  }

  /// Runs the command that was asked for, and tells how it ended.
  private static func status() async -> ExitCode {
    do {
      try ArgumentCheck.check(Array(CommandLine.arguments.dropFirst()))
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
      return .success
    } catch {
      let isHelp = !(error is ExitCode) && !(error is KeepError) && exitCode(for: error).isSuccess
      if isHelp { exit(withError: error) }
      return CommandFailure.status(error, CommandLine.arguments)
    }
  }

  static let configuration = CommandConfiguration(
    commandName: "comfykeep",
    abstract: "Takes local images and videos through a ComfyUI workflow on RunComfy, and keeps every result.",
    discussion: """
      RunComfy deletes results after 7 days, and every run costs money. comfykeep submits each run once, \
      downloads every output, and writes it into a ZIP bundle that other tools can verify.

      EXAMPLES
        comfykeep simulate              a local service: no account, no cost
        comfykeep inspect workflow_api.json
        comfykeep run photos/ --deployment ID --asset 189.image
        comfykeep verify ~/comfykeep/2026-11-23/cat/*.zip

      The token is read from RUNCOMFY_API_TOKEN or --token-file, never from an argument.

      EXIT STATUS
        0  all done and kept    20  run failed            40  ledger unusable
        1  other failure        21  run canceled          41  submission in doubt
        3  partly               22  no output             64  usage
        4  not a bundle         23  not finished yet      69  service unavailable
        5  unsafe bundle        30  damaged or missing    74  disk full, local I/O
        6  not canonical        31  expired               77  token refused
       10  input rejected       11  upload failed         12  bundle exists
      130  interrupted
      """,
    version: Version.current,
    subcommands: [
      RunCommand.self, WatchCommand.self, PlanCommand.self, RecipeCommand.self, InspectCommand.self,
      SweepCommand.self,
      QueueCommand.self, PauseCommand.self, ResumeCommand.self, ListenCommand.self, ArchiveCommand.self,
      RetryCommand.self,
      VerifyCommand.self, ExtractCommand.self, ExportCommand.self, RerunCommand.self, CompareCommand.self,
      RepackCommand.self, CatalogCommand.self, ListCommand.self, ShowCommand.self, CancelCommand.self,
      ResolveCommand.self, LedgerCommand.self, UploadsCommand.self, DeploymentsCommand.self,
      BalanceCommand.self,
      SimulateCommand.self,
    ])
}
