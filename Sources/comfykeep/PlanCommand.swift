import ArgumentParser
import KeepModel
import KeepPipeline
import SystemPackage

/// `comfykeep plan`
struct PlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Show what run would submit, with sizes and counts. Submits nothing.",
    discussion: """
      The archive tells what was submitted before; it is only looked at, and none is made. \
      With --workflow nothing is asked of the service at all; without, the deployment's workflow is fetched.

      EXAMPLE
        comfykeep plan photos/ --deployment ID --workflow workflow_api.json
        comfykeep plan --recipe recipe.yaml
      """)

  @OptionGroup(title: "What is run") var input: InputOptions
  @OptionGroup(title: "The service") var service: ServiceOptions
  @OptionGroup(title: "Runs") var submitting: SubmitOptions
  @OptionGroup(title: "The archive") var archive: ArchiveOptions
  @OptionGroup(title: "The archive's store") var store: ArchiveStoreOptions
  @OptionGroup(title: "What is kept") var keeping: KeepingOptions
  @OptionGroup var output: OutputOptions

  @Flag(help: "Show the request bodies, media and secrets left out.")
  var body = false

  @Flag(help: "Show each request as a curl command, media left out and the token as a variable.")
  var curl = false

  func run() async throws {
    try await reporting(json: output.json) {
      let settings = try RunSettings(
        input, service: service, archive: archive, store: store, keeping: keeping,
        submitting: submitting)
      let wish = try settings.wish().sparing(archive: settings.archive.root, export: settings.recipe.export)
      let known = try await settings.archive.openIfThere()
      var plan = try await planner(for: wish, of: settings.service).plan(wish)
      if let known {
        plan = try await plan.withoutOutputs(of: known, for: wish, export: settings.recipe.export)
      }
      let outlooks = try await plan.outlooks(
        in: known, repeatsEnded: settings.recipe.repeatsEnded == true, repeatsKept: submitting.repeatsKept)
      let uploaded = try await known?.uploads() ?? []
      let refusal = plan.refusal(wish.budget, outlooks, uploaded: uploaded)
      let report = PlanReport(
        plan: plan, outlooks: outlooks, uploaded: uploaded, refusal: refusal, json: output.json,
        showsBody: body)
      report.tellAside()
      for (run, outlook) in zip(plan.runs, outlooks) {
        report.show(run, outlook)
        if curl, let text = try command(for: run, settings) { report.show(curl: text) }
      }
      report.sumUp()
      if let refusal {
        Terminal.note("run would refuse this: \(Terminal.safe(refusal.description))")
        if let hint = refusal.hint { Terminal.note("hint: \(Terminal.safe(hint))") }
      }
      let failures = plan.runs.compactMap(\.failure)
      guard failures.isEmpty else {
        throw ExitCode(
          failures.count == plan.runs.count ? failures[0].code.exitStatus : KeepError.Code.partial.exitStatus)
      }
    }
  }

  /// The request as a curl command; `nil` for a run that was refused.
  private func command(for run: PlannedRun, _ settings: RunSettings) throws -> String? {
    let (address, version) = try settings.service.place()
    var configuration = Pipeline.Configuration(
      api: APIConfiguration(baseURL: address, version: version, token: Secret("")))
    settings.recipe.configure(&configuration)
    return try run.curl(configuration)
  }

  private func planner(for wish: RunWish, of service: ServiceOptions) throws -> Planner {
    // A name has to be looked up: without it, the keys would be others than those of a run.
    let isNamed = !wish.deployment.isUUID && (try? service.configuration()) != nil
    guard wish.workflow == nil || isNamed else { return Planner(now: SystemTime.now) }
    var planner = try Planner(
      api: service.configuration(), transport: service.transport(), clock: ContinuousClock(),
      now: SystemTime.now)
    planner.cache = .ofUser
    return planner
  }
}
