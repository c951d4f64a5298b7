import ArgumentParser
import KeepModel
import KeepPipeline

/// `comfykeep resolve`
struct ResolveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resolve",
    abstract: "Settle a submission in doubt: name its request, submit it again, or give it up.",
    discussion: """
      Sends nothing by itself; the next run goes on from there. --resubmit costs a second run if the first \
      was accepted.

      EXAMPLES
        comfykeep resolve 3f0c9a1b22de --request 1b7a759a-f092-4758-9597-ee0e95d459c9
        comfykeep resolve 3f0c9a1b22de --resubmit
        comfykeep resolve 3f0c9a1b22de --abandon
      """)

  @Argument(help: ArgumentHelp("The first digits of the submission's key.", valueName: "KEY"))
  var key: String

  @Option(help: ArgumentHelp("The request that the service made of it.", valueName: "ID"))
  var request: String?

  @Flag(help: "The service did not take it: the next run may submit it again.")
  var resubmit = false

  @Flag(help: "It shall not run.")
  var abandon = false

  @OptionGroup var archive: ArchiveOptions

  @Flag(help: "One JSON object on standard output.")
  var json = false

  func validate() throws {
    guard [request != nil, resubmit, abandon].count(where: { $0 }) == 1 else {
      throw ValidationError("give one of --request ID, --resubmit, --abandon")
    }
  }

  func run() async throws {
    try await reporting(json: json) {
      let resolution: Archive.Resolution =
        if let request { .request(RequestID(request)) } else { resubmit ? .resubmit : .abandon }
      let settled = try await archive.open(for: .writing).resolve(key, resolution)
      Terminal.print(
        json
          ? JSONReport.entry(settled, nil)
          : "submission \(key) is now \(settled.state.word)")
    }
  }
}
