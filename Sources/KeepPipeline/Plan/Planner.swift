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
    let placer = try placer(for: wish)
    let graph = try await graphs.graph(for: wish)
    let template = try RunTemplate(wish, graph: graph)
    var (rows, skipped) = try RowFinder(wish: wish, template: template).rows()
    if wish.probesURLs { try await probe(template.addresses, &rows, allowsLocal: wish.allowsLocalURLs) }
    let combinations = try template.combinations()
    let shelf = AssetShelf(
      reader: AssetReader(
        maximumSize: .mebibytes(placer.store == nil ? 2048 : 65_536), stripsMetadata: wish.stripsMetadata))
    let drafts = RunDrafts(
      deployment: graph.deployment, mode: wish.isInline ? .inlineWorkflow : .overrides,
      workflow: graph.running,
      template: template, placer: placer, shelf: shelf)
    guard rows.count.multipliedReportingOverflow(by: combinations.count).partialValue <= Sweep.mostValues
    else {
      throw KeepError(
        .usage, .option("--sweep"),
        "\(rows.count) files with \(combinations.count) combinations each are more than \(Sweep.mostValues) runs"
      )
    }
    var runs: [PlannedRun] = []
    for row in rows {
      if let failure = row.failure {
        runs.append(drafts.refused(row, failure))
      } else {
        for combination in combinations { runs.append(drafts.run(row, combination)) }
      }
    }
    return RunPlan(
      runs: runs, skipped: skipped, warnings: graph.warnings,
      instances: graph.maxInstances.map { [graph.deployment: $0] } ?? [:])
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

/// Makes runs of rows.
private struct RunDrafts {
  let deployment: DeploymentID
  let mode: Submission.Mode
  let workflow: Workflow?
  let template: RunTemplate
  let placer: Placer
  let shelf: AssetShelf

  func run(_ row: RunRow, _ combination: [(sweep: Sweep, value: Sweep.Value)]) -> PlannedRun {
    let words = combination.map { $0.value.label($0.sweep.input) }.joined(separator: ", ")
    let label = words.isEmpty ? row.label : "\(row.label) [\(words)]"
    do throws(KeepError) {
      guard !Task.isCancelled else { throw KeepError(.interrupted, .none, "stopped") }
      let (overrides, warnings) = try template.overrides(of: row, combination) { path throws(KeepError) in
        try shelf.asset(at: path)
      }
      let placed = try placer.place(
        Submission(deployment: deployment, mode: mode, workflow: workflow, overrides: overrides))
      let advice = overrides.assets.flatMap {
        MediaAdvice.warnings(for: $0.asset, into: template.mediaInput($0.input))
      }
      return PlannedRun(
        item: .init(label: label, inputs: row.inputs, submission: .success(placed.submission)),
        bodySize: placed.bodySize, preview: placed.preview, placements: placed.placements,
        warnings: shelf.unsaid(warnings + placed.warnings + advice))
    } catch {
      return PlannedRun(refused: .init(label: label, inputs: row.inputs, submission: .failure(error)))
    }
  }

  func refused(_ row: RunRow, _ error: KeepError) -> PlannedRun {
    PlannedRun(refused: .init(label: row.label, inputs: row.inputs, submission: .failure(error)))
  }
}
