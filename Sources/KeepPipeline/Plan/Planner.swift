import KeepFiles
import KeepInput
public import KeepModel
import KeepSubmit
public import KeepTransport
import SystemPackage

/// Turns what a person asks for into submissions that were checked as far as they can be before anything is
/// sent. Submits nothing.
public struct Planner: Sendable {
  var graphs: GraphFinder
  let coreAPIKey: Secret?
  let stores: StoreMaker

  /// Where schemas of nodes are kept between plans; by default nowhere.
  public var cache: ObjectInfoCache {
    get { graphs.cache }
    set { graphs.cache = newValue }
  }

  /// A planner that asks nothing of a service: the workflow must be given.
  ///
  /// - Parameter now: The date, for the names of uploads.
  public init(now: @escaping @Sendable () -> Timestamp = { Timestamp(milliseconds: 0) }) {
    self.init(client: nil, coreAPIKey: nil, stores: .offline(now: now))
  }

  /// A planner that fetches the deployment's workflow.
  public init(
    api: APIConfiguration, transport: any Transport, clock: any Clock<Duration>,
    now: @escaping @Sendable () -> Timestamp
  ) {
    self.init(
      api: api, transport: transport, clock: clock, now: now,
      stores: StoreMaker(transport: transport, clock: clock, now: now))
  }

  /// A planner with stores of its caller's choice.
  init(
    api: APIConfiguration, transport: any Transport, clock: any Clock<Duration>,
    now: @escaping @Sendable () -> Timestamp, stores: StoreMaker
  ) {
    let retrying = RetryingTransport(
      transport, policy: RetryPolicy(attempts: 4), clock: clock, now: now)
    self.init(
      client: DeploymentClient(transport: retrying, api: api), coreAPIKey: api.coreAPIKey, stores: stores)
  }

  private init(client: DeploymentClient?, coreAPIKey: Secret?, stores: StoreMaker) {
    self.graphs = GraphFinder(client: client)
    self.coreAPIKey = coreAPIKey
    self.stores = stores
  }

  /// Plans one run for each file, row of a table and combination of swept values, or a single one when nothing of
  /// that is named.
  ///
  /// A file that is refused, or one of several paths with nothing at it, fails its own run only. Each file is read
  /// once, in however many runs it is.
  ///
  /// - Throws: ``KeepError`` when nothing can be planned at all: no workflow, an unknown node or input, a
  ///   missing path, a refused token, an unknown deployment, an upload target that cannot be used.
  public func plan(_ wish: RunWish) async throws(KeepError) -> RunPlan {
    let prepared = try await prepare(wish)
    var (rows, skipped) = try RowFinder(wish: wish, template: prepared.template).rows()
    if wish.probesURLs {
      try await probe(prepared.template.addresses, &rows, allowsLocal: wish.allowsLocalURLs)
    }
    return RunPlan(
      runs: try prepared.runs(rows), skipped: skipped, warnings: prepared.warnings,
      instances: prepared.instances)
  }

  /// What all runs of a wish share, whatever files it is for: asked of the service and checked once.
  ///
  /// - Throws: ``KeepError`` as ``plan(_:)``, but for what is wrong with files.
  func prepare(_ wish: RunWish) async throws(KeepError) -> PreparedWish {
    let placer = try placer(for: wish)
    let graph = try await graphs.graph(for: wish)
    return try PreparedWish(wish, graph: graph, placer: placer)
  }

  /// Fetches every address once: one that all runs share must give media, or nothing is planned; another fails its
  /// own runs.
  private func probe(
    _ shared: [HTTPURL], _ rows: inout [RunRow], allowsLocal: Bool
  ) async throws(KeepError) {
    for url in shared { try await stores.probe(url, nil, allowsLocal: allowsLocal) }
    var verdicts: [HTTPURL: KeepError?] = [:]
    for index in rows.indices where rows[index].failure == nil {
      for case .url(let url) in rows[index].references.values {
        if verdicts[url] == nil {
          do throws(KeepError) {
            try await stores.probe(url, nil, allowsLocal: allowsLocal)
            verdicts[url] = .some(nil)
          } catch {
            verdicts[url] = .some(error)
          }
        }
        if let error = verdicts[url] ?? nil { rows[index].failure = error }
      }
    }
  }

  func placer(for wish: RunWish) throws(KeepError) -> Placer {
    guard wish.preference != .upload || wish.upload != nil else {
      throw KeepError(
        .usage, .option("--prefer"), "upload needs a place to upload to", hint: "name one with --upload")
    }
    if let origin = wish.upload?.plainOrigin, !wish.allowsPlainUploads {
      throw KeepError(
        .usage, .option("--upload"), "files and logins would travel unencrypted to \(origin)",
        hint: "use https, or --allow-http if you mean it")
    }
    let store = try wish.upload.map { target throws(KeepError) in
      try stores.store(target, allowsLocal: wish.allowsLocalURLs)
    }
    return Placer(limits: wish.limits, preference: wish.preference, store: store, coreAPIKey: coreAPIKey)
  }
}
