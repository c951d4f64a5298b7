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
        comfykeep cancel --batch last
        comfykeep cancel --all
      """)

  @Argument(help: ArgumentHelp("Request ids, or the first digits of submission keys.", valueName: "ID"))
  var requests: [String] = []

  @Flag(help: "Every run of the archive that is not known to have ended.")
  var all = false

  @Option(
    help: ArgumentHelp("Every such run of one run command; last names the latest.", valueName: "BATCH"))
  var batch: String?

  @Option(
    help: ArgumentHelp(
      "The deployment, by id or name, for runs that the ledger does not know.", valueName: "DEPLOYMENT"))
  var deployment: String?

  @OptionGroup var service: ServiceOptions
  @OptionGroup var archive: ArchiveOptions

  @Flag(help: "One JSON object a line.")
  var json = false

  func validate() throws {
    guard [!requests.isEmpty, all, batch != nil].count(where: { $0 }) == 1 else {
      throw ValidationError("give ID, --batch BATCH or --all")
    }
  }

  func run() async throws {
    try await reporting(json: json) {
      let api = try service.configuration()
      let canceller = try Canceller(api: api, transport: service.transport())
      let archive = try await archive.openIfThere()
      let deployment = try await service.deploymentID(of: deployment)
      var statuses: Set<ExitCode> = []
      for request in try await known() {
        statuses.insert(await cancel(request, canceller, archive))
      }
      for text in requests {
        statuses.insert(await cancel(text, deployment, canceller, archive, api.baseURL))
      }
      guard !statuses.isEmpty else { return Terminal.note("no run is under way") }
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
      return await cancel(request, canceller, archive)
    } catch {
      return CommandFailure.told(error, json: json)
    }
  }

  /// The runs that --all or --batch means: those whose end is not known.
  private func known() async throws -> [Request] {
    guard all || batch != nil else { return [] }
    let opened = try await archive.open(for: .reading)
    let running = Set(
      try await opened.openRuns().filter { $0.finishedAt == nil }.compactMap { $0.request?.id })
    let requests =
      if let batch {
        try await opened.openRequests(ofBatch: batch)
      } else {
        try await opened.openRuns().compactMap(\.request)
      }
    return requests.filter { running.contains($0.id) }
  }

  private func cancel(_ request: Request, _ canceller: Canceller, _ archive: Archive?) async -> ExitCode {
    do {
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
        ? "cancel accepted; it may still finish, comfykeep sweep keeps what came of it"
        : "it can no longer be canceled"
      Terminal.print(Terminal.safe("\(request.id): \(words)"))
    }
  }
}
