import KeepArchive
import KeepLedger
public import KeepModel
import KeepSubmit
public import KeepTransport
public import SystemPackage

/// The one way through: input → submit → archive, with the ledger told of every step.
///
/// A crash between any two steps goes on, at the next start, after the last step that the ledger knows.
public struct Pipeline: Sendable {
  /// How runs are submitted, followed and kept.
  public struct Configuration: Sendable {
    /// The service's address, version and secrets.
    public var api: APIConfiguration
    /// How many runs are in flight at once on each deployment; `nil` for as many as it has instances at most, else 4.
    public var concurrency: Int?
    /// How many runs are in flight at once on all deployments.
    public var overallConcurrency: Int
    /// How many instances a deployment has at most, where that is known.
    public var instances: [DeploymentID: Int]
    /// After how many runs in a row that failed with the same error nothing more is submitted to their deployment;
    /// `nil` for never.
    public var maximumSameFailures: Int?
    /// The name that the submissions of a command have in common.
    public var batch: BatchID?
    /// How long the service keeps results.
    public var retention: Duration
    /// The first wait between two looks at a run; it grows to five times that.
    public var pollInterval: Duration
    /// How long a run is followed before it is left to a later command; `nil` for ever.
    public var maximumWait: Duration?
    /// Whether a run that ended without anything worth keeping is to run again.
    public var repeatsEnded: Bool
    /// Whether a run that is kept already is to run again too.
    public var repeatsKept: Bool
    /// The submissions that are not to run again all the same.
    var spared: Set<SubmissionKey>
    /// The latest request of each submission that was over when a person asked for another run; one that was under way,
    /// or that has another by now, is not run again: nobody had seen what became of that.
    var seen: [SubmissionKey: RequestID]?
    /// Where the service announces how each run goes, besides being asked; `nil` for nowhere.
    public var webhook: HTTPURL?
    /// Whether it also announces that a run is queued and started.
    public var webhookAnnouncesProgress: Bool
    /// How long a submission in doubt waits for a webhook that tells its request, where the service announces runs.
    public var doubtPatience: Duration
    /// Where files are uploaded that are to travel by a URL; `nil` for nowhere.
    public var upload: UploadTarget?
    /// Whether plain HTTP and private addresses will do for uploads: for a service on this machine, or at a person's
    /// word.
    public var allowsLocalURLs: Bool
    /// Whether a bundle without outputs that cannot be had is written; `nil` for what the command said that submitted
    /// the run, else not.
    public var allowsPartial: Bool?
    /// Whether runs that are under way at an interruption are canceled remotely.
    public var cancelsOnInterrupt: Bool
    /// Whether temporary outputs go into the bundle; `nil` for what the command said that submitted the run, else yes.
    public var includesTemporary: Bool?
    /// Whether assets go into the bundle; `nil` for what the command said that submitted the run, else yes.
    public var includesInputs: Bool?
    /// Where outputs go as plain files too.
    public var exportFolder: FilePath?
    /// The only hosts that outputs may come from; `nil` for any that is public.
    public var outputHosts: [HostPattern]?
    /// Below this balance nothing is submitted, nor where the balance cannot be read; `nil` to submit unseen.
    public var minimumBalance: Balance?

    /// The defaults for a service.
    public init(api: APIConfiguration) {
      self.api = api
      self.concurrency = nil
      self.overallConcurrency = 64
      self.instances = [:]
      self.maximumSameFailures = 5
      self.batch = nil
      self.retention = .seconds(7 * 86_400)
      self.pollInterval = .seconds(2)
      self.maximumWait = nil
      self.repeatsEnded = false
      self.repeatsKept = false
      self.spared = []
      self.seen = nil
      self.upload = nil
      self.allowsLocalURLs = false
      self.webhook = nil
      self.webhookAnnouncesProgress = false
      self.doubtPatience = .seconds(120)
      self.allowsPartial = nil
      self.cancelsOnInterrupt = false
      self.includesTemporary = nil
      self.includesInputs = nil
      self.exportFolder = nil
      self.outputHosts = nil
      self.minimumBalance = nil
    }
  }

  var configuration: Configuration
  /// The archive that everything is kept in.
  public let archive: Archive
  /// Plans runs over the same way to the service.
  public let planner: Planner
  var client: DeploymentClient
  var tracker: RequestTracker
  let downloader: OutputDownloader
  var uploads: UploadDesk
  /// How many runs are in flight and kept at once.
  let lanes: RunLanes
  /// Brings bundles to the archive's store of objects; `nil` where there is none.
  let depositor: Depositor?
  /// What webhooks tell, and what hears them; `nil` where nobody listens.
  var hearing: (hints: RunHints, listener: WebhookListener)?
  let limiter: PollLimiter
  /// Holds submits back where the account runs low; `nil` where none is asked for.
  let balanceFloor: BalanceFloor?
  let clock: any Clock<Duration>
  let now: @Sendable () -> Timestamp
  let interruption: Interruption
  let report: @Sendable (PipelineEvent) async -> Void
  let submitPolicy = SubmitPolicy.standard

  var ledger: Ledger { archive.ledger }
  /// Settles what is in doubt by what webhooks told.
  var settler: DoubtSettler { DoubtSettler(archive: archive, client: client, limiter: limiter, now: now) }
  var inputs: KeptInputs { KeptInputs(archive.layout.inputs) }

  /// Composes the stages over a network door and an open archive.
  ///
  /// - Parameters:
  ///   - clock: For waiting.
  ///   - now: For stamping records.
  ///   - interruption: Raised when a person wants to stop.
  ///   - depositor: Brings every bundle to a store of objects, once it is kept in the archive's folder.
  ///   - report: Told of everything that happens, run by run.
  public init(
    _ configuration: Configuration, archive: Archive, transport: any Transport,
    clock: any Clock<Duration>, now: @escaping @Sendable () -> Timestamp,
    interruption: Interruption = Interruption(), depositor: Depositor? = nil,
    report: @escaping @Sendable (PipelineEvent) async -> Void = { _ in }
  ) {
    self.init(
      configuration, archive: archive, transport: transport, clock: clock, now: now,
      interruption: interruption,
      stores: StoreMaker(transport: transport, clock: clock, now: now), depositor: depositor, report: report)
  }

  /// Composes the stages over stores of the caller's choice.
  init(
    _ configuration: Configuration, archive: Archive, transport: any Transport,
    clock: any Clock<Duration>, now: @escaping @Sendable () -> Timestamp,
    interruption: Interruption, stores: StoreMaker, depositor: Depositor? = nil,
    report: @escaping @Sendable (PipelineEvent) async -> Void
  ) {
    var configuration = configuration
    configuration.api.webhookSecret = configuration.webhook?.webhookSecret ?? configuration.api.webhookSecret
    self.configuration = configuration
    self.archive = archive
    self.planner = Planner(
      api: configuration.api, transport: transport, clock: clock, now: now, stores: stores)
    self.uploads = UploadDesk(
      configuration.upload, stores: stores, allowsLocal: configuration.allowsLocalURLs, now: now)
    self.depositor = depositor
    self.lanes = RunLanes(
      limit: configuration.concurrency, instances: configuration.instances,
      overall: configuration.overallConcurrency)
    self.client = DeploymentClient(
      transport: transport, api: configuration.api, retention: configuration.retention)
    self.limiter = PollLimiter(clock: clock, spacing: configuration.pollInterval / 10)
    self.tracker = RequestTracker(
      client: client,
      policy: PollPolicy(first: configuration.pollInterval, longest: configuration.pollInterval * 5),
      clock: clock, limiter: limiter)
    var policy = DownloadPolicy(api: configuration.api.baseURL)
    policy.hosts = configuration.outputHosts
    self.downloader = OutputDownloader(
      transport: transport, clock: clock, limiter: DownloadLimiter(), policy: policy)
    self.balanceFloor = configuration.minimumBalance.map { minimum in
      let reader = BalanceReader(
        api: configuration.api, transport: transport, clock: clock, now: now)
      return BalanceFloor(minimum: minimum, reader: reader, clock: clock)
    }
    self.clock = clock
    self.now = now
    self.interruption = interruption
    self.report = report
  }

  /// This pipeline with other settings for how runs are followed and kept; the service and the limits stay.
  func configured(_ configuration: Configuration) -> Pipeline {
    var pipeline = self
    pipeline.configuration = configuration
    return pipeline
  }

  /// Takes one submission as far as it goes.
  ///
  /// A run that failed is an outcome, and so is a ledger that cannot be written: nothing is sent then. Running
  /// the same submission again submits nothing that is kept, under way or in doubt; while it is under way in
  /// another task, that one is waited for.
  public func run(
    _ submission: Submission, index: Int = 0, label: String
  ) async -> SubmissionOutcome {
    let pipeline = await seeing([submission.key])
    let outcome = await pipeline.run(submission, index: index, label: label, halt: halt(), waits: true)
    return outcome ?? SubmissionOutcome(.unfinished, key: submission.key)
  }

  /// This pipeline, which knows the latest request of each submission as it is now; where another run of what ended
  /// was asked for, that is of what is known now.
  func seeing(_ keys: [SubmissionKey]) async -> Pipeline {
    guard configuration.seen == nil, configuration.repeatsEnded || configuration.repeatsKept else {
      return self
    }
    var seeing = self
    // A ledger that cannot be read says so with each run.
    seeing.configuration.seen = (try? await ledger.endedRequests(of: keys)) ?? [:]
    return seeing
  }

  /// What keeps a batch from submitting more.
  func halt() -> SubmitHalt { SubmitHalt(maximumSameFailures: configuration.maximumSameFailures) }

  /// Takes one submission of a batch as far as it goes.
  ///
  /// - Parameter waits: Whether another process that is at the same submission is waited for.
  /// - Returns: `nil` where it is not, and another process is at it.
  func run(
    _ submission: Submission, index: Int, label: String, halt: SubmitHalt, waits: Bool
  ) async -> SubmissionOutcome? {
    let run = Run(pipeline: self, index: index, label: label, halt: halt)
    let patience = waits ? run.patience : .none
    var outcome = await archive.turns.alone("submission \(submission.key)", patience: patience) {
      await run.deposited(await run.outcome(of: submission))
    }
    if outcome == nil {
      guard waits else { return nil }
      outcome = SubmissionOutcome(
        .unfinished, key: submission.key, inputs: submission.overrides.assets.map(\.asset.path),
        error: run.takenElsewhere(.submission(submission.key)))
    }
    if let doubtful = outcome, doubtful.state == .inDoubt, configuration.webhook != nil {
      outcome = await run.settled(doubtful, submission)
    }
    if let outcome { await run.tell(.ended(outcome)) }
    return outcome
  }

  /// Keeps a run that was made elsewhere, or one of ours that is not kept yet.
  public func archive(_ request: Request, index: Int = 0) async -> SubmissionOutcome {
    let outcome = await archive(request, index: index, waits: true)
    return outcome ?? SubmissionOutcome(.unfinished, request: request.id)
  }

  /// Keeps one run of several.
  ///
  /// - Parameters:
  ///   - label: The name that a person knows it by; else its id.
  ///   - waits: Whether another process that is at the same run is waited for.
  /// - Returns: `nil` where it is not, and another process is at it.
  func archive(
    _ request: Request, index: Int, label: String? = nil, waits: Bool
  ) async -> SubmissionOutcome? {
    let run = Run(pipeline: self, index: index, label: label ?? request.id.rawValue, halt: halt())
    var outcome: SubmissionOutcome?
    do {
      let key = try await ledger.record(of: request.id)?.submission
      let name = key.map { "submission \($0)" } ?? "request \(request.id)"
      outcome = await archive.turns.alone(name, patience: waits ? run.patience : .none) {
        await run.deposited(await run.outcome(of: request))
      }
      guard waits || outcome != nil else { return nil }
    } catch {
      outcome = SubmissionOutcome(.unfinished, request: request.id, error: error)
    }
    let ended =
      outcome
      ?? SubmissionOutcome(
        .unfinished, request: request.id, error: run.takenElsewhere(.request(request.id)))
    await run.tell(.ended(ended))
    return ended
  }
}
