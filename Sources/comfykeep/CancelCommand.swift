import ArgumentParser
import KeepModel
import KeepPipeline

/// `comfykeep cancel`
struct CancelCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cancel",
    abstract: "Ask the service to cancel runs. What finished all the same can still be kept.",
    discussion: """
      EXAMPLE
        comfykeep cancel 1b7a759a-f092-4758-9597-ee0e95d459c9
      """)

  @Argument(help: ArgumentHelp("Request ids, or the first digits of submission keys.", valueName: "ID"))
  var requests: [String]

  @Option(
    help: ArgumentHelp(
      "The deployment, by id or name, for runs that the ledger does not know.", valueName: "DEPLOYMENT"))
  var deployment: String?

  @OptionGroup var service: ServiceOptions
  @OptionGroup var archive: ArchiveOptions

  @Flag(help: "One JSON object a line.")
  var json = false

  func run() async throws {
    try await reporting(json: json) {
      let api = try service.configuration()
      let canceller = try Canceller(api: api, transport: service.transport())
      let archive = try await archive.openIfThere()
      let deployment = try await service.deploymentID(of: deployment)
      var statuses: Set<ExitCode> = []
      for text in requests {
        statuses.insert(await cancel(text, deployment, canceller, archive, api.baseURL))
      }
      guard statuses == [.success] else {
        throw statuses.count == 1
          ? statuses.first ?? .failure : ExitCode(KeepError.Code.partial.exitStatus)
      }
    }
  }

  /// Asks for one; a failure is told and leaves the others alone.
  private func cancel(
    _ text: String, _ deployment: DeploymentID?, _ canceller: Canceller, _ archive: Archive?,
    _ service: HTTPURL
  ) async -> ExitCode {
    do {
      let request = try await RequestNaming.request(
        text, deployment: deployment, in: archive, of: service)
      let answer = try await canceller.cancel(request, recordedIn: archive)
      tell(request, answer)
      if case .notCancellable = answer { return .failure }
      return .success
    } catch {
      return CommandFailure.told(error, json: json)
    }
  }

  private func tell(_ request: Request, _ answer: CancelAnswer) {
    let (isAccepted, word) =
      switch answer {
      case .accepted(let word): (true, word)
      case .notCancellable(let word): (false, word)
      }
    if json {
      Terminal.print(
        JSONReport.line(
          "cancel",
          [
            ("request_id", .string(request.id.rawValue)), ("accepted", .bool(isAccepted)),
            ("service_word", .string(word)),
          ]))
    } else {
      let words =
        isAccepted
        ? "cancel accepted; it may still finish, comfykeep archive keeps what came of it"
        : "it can no longer be canceled"
      Terminal.print(Terminal.safe("\(request.id): \(words)"))
    }
  }
}
