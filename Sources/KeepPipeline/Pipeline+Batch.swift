import KeepLedger
public import KeepModel
public import SystemPackage

extension Pipeline {
  /// A run of a batch, ready or refused before anything was sent.
  public struct BatchItem: Sendable {
    /// The name that a person knows it by.
    public let label: String
    /// The local files of it.
    public let inputs: [FilePath]
    /// What to run, or why not.
    public let submission: Result<Submission, KeepError>

    /// A run of a batch.
    public init(label: String, inputs: [FilePath], submission: Result<Submission, KeepError>) {
      self.label = label
      self.inputs = inputs
      self.submission = submission
    }
  }

  /// Takes every item as far as it goes, a bounded number at once; what another process is at comes last. Outcomes
  /// come back in the items' order.
  ///
  /// Items that are the same submission, such as two photos with the same bytes, are one run; the later ones
  /// get its outcome. What goes wrong with one item leaves the others alone, but for a refusal of the token, the
  /// account or the deployment: nothing more is submitted then, and a later command may.
  public func run(_ items: [BatchItem]) async -> [SubmissionOutcome] {
    let halt = halt()
    clearExport()
    let deployments = Set(items.compactMap { try? $0.submission.get().deployment })
    let flying = deployments.reduce(0) { $0 + lanes.width(of: $1) }
    let width = min(max(flying, 1), configuration.overallConcurrency) + RunLanes.keepers
    let pipeline = await seeing(items.compactMap(\.key))
    return await bounded(items, width, alike: \.key) { index, item, waits in
      await pipeline.outcome(of: item, index, halt, waits: waits)
    } repeated: { index, item, first, outcome in
      var shared = outcome
      shared.inputs = item.inputs
      shared.sameAs = first.label
      shared.wasKeptAlready = outcome.wasKeptAlready || outcome.isKept
      await tell(item.label, index, .note("is the same submission as \(first.label): one run for both"))
      await tell(item.label, index, .ended(shared))
      return shared
    }
  }

  /// The outcomes of items that were refused before anything was sent, which takes no archive; others are left
  /// out.
  public static func refused(
    _ items: [BatchItem], report: @Sendable (PipelineEvent) async -> Void
  ) async -> [SubmissionOutcome] {
    let items = items.filter(\.isRefused)
    let outcomes = items.compactMap(\.refusal)
    for (index, outcome) in outcomes.enumerated() {
      await report(PipelineEvent(index: index, label: items[index].label, change: .ended(outcome)))
    }
    return outcomes
  }

  /// Keeps runs that were made before or elsewhere, each once; up to 1,500 are followed at once, and the service
  /// is asked no faster for that.
  public func archive(_ requests: [Request]) async -> [SubmissionOutcome] {
    clearExport()
    // One change of the ledger for many; one that cannot be made is told with each run.
    if requests.count > 1 { try? await ledger.adopt(requests) }
    return await bounded(requests, RunLanes.followers, alike: { $0.id }) { index, request, waits in
      await archive(request, index: index, waits: waits)
    } repeated: { index, request, first, outcome in
      var shared = outcome
      shared.sameAs = first.id.rawValue
      shared.wasKeptAlready = outcome.wasKeptAlready || outcome.isKept
      await tell(request.id.rawValue, index, .ended(shared))
      return shared
    }
  }

  /// Every element's outcome in their order, so many at once; of those that are alike only the first is taken, and as
  /// soon as it ends the others get their part of its outcome. Those that have no outcome because another process is
  /// at them are asked for again once all others are begun, and waited for then.
  private func bounded<Element: Sendable, Likeness: Hashable>(
    _ elements: [Element], _ width: Int, alike: (Element) -> Likeness?,
    _ outcome: @escaping @Sendable (Int, Element, Bool) async -> SubmissionOutcome?,
    repeated: (Int, Element, Element, SubmissionOutcome) async -> SubmissionOutcome
  ) async -> [SubmissionOutcome] {
    let repeats = Self.repeats(elements, alike)
    let left = Set(repeats.values.joined())
    return await withTaskGroup(of: (Int, SubmissionOutcome?).self) { group in
      var waiting = elements.indices.filter { !left.contains($0) }[...]
      var taken: [Int] = []
      for index in waiting.prefix(width) {
        group.addTask { (index, await outcome(index, elements[index], false)) }
      }
      waiting = waiting.dropFirst(width)
      var outcomes: [Int: SubmissionOutcome] = [:]
      while let (first, done) = await group.next() {
        if done == nil { taken.append(first) }
        if let index = waiting.popFirst() {
          group.addTask { (index, await outcome(index, elements[index], false)) }
        } else if !taken.isEmpty {
          let index = taken.removeFirst()
          group.addTask { (index, await outcome(index, elements[index], true)) }
        }
        guard let done else { continue }
        outcomes[first] = done
        for index in repeats[first] ?? [] {
          outcomes[index] = await repeated(index, elements[index], elements[first], done)
        }
      }
      return elements.indices.compactMap { outcomes[$0] }
    }
  }

  /// The later ones that are alike, by the first of each kind.
  private static func repeats<Element, Likeness: Hashable>(
    _ elements: [Element], _ alike: (Element) -> Likeness?
  ) -> [Int: [Int]] {
    var firsts: [Likeness: Int] = [:]
    var repeats: [Int: [Int]] = [:]
    for (index, element) in elements.enumerated() {
      guard let likeness = alike(element) else { continue }
      if let first = firsts[likeness] {
        repeats[first, default: []].append(index)
      } else {
        firsts[likeness] = index
      }
    }
    return repeats
  }

  private func outcome(
    of item: BatchItem, _ index: Int, _ halt: SubmitHalt, waits: Bool
  ) async -> SubmissionOutcome? {
    if case .success(let submission) = item.submission {
      return await run(submission, index: index, label: item.label, halt: halt, waits: waits)
    }
    let outcome = item.refusal ?? SubmissionOutcome(.rejected, inputs: item.inputs)
    await tell(item.label, index, .ended(outcome))
    return outcome
  }

  /// Removes what a killed command left half written where outputs go. It is in nobody's way: what cannot be
  /// removed is left to the next command.
  func clearExport() {
    guard let folder = configuration.exportFolder else { return }
    try? Exporter(to: folder).clear()
  }

  private func tell(_ label: String, _ index: Int, _ change: PipelineEvent.Change) async {
    await report(PipelineEvent(index: index, label: label, change: change))
  }
}

extension Pipeline.BatchItem {
  /// What decides whether two items are the same run; `nil` for one that was refused.
  var key: SubmissionKey? {
    if case .success(let submission) = submission { submission.key } else { nil }
  }

  /// Whether it was refused before anything was sent.
  public var isRefused: Bool { if case .failure = submission { true } else { false } }

  /// The outcome of an item that was refused before anything was sent.
  fileprivate var refusal: SubmissionOutcome? {
    guard case .failure(let error) = submission else { return nil }
    return SubmissionOutcome(.rejected, inputs: inputs, error: error)
  }
}

extension [SubmissionOutcome] {
  /// The exit status of a batch: interrupted, in doubt and an unusable ledger first, since they need a person;
  /// then what all have in common; else 3, partly.
  public var exitStatus: Int32 {
    if contains(where: { $0.error?.code == .interrupted || $0.storeError?.code == .interrupted }) {
      return KeepError.Code.interrupted.exitStatus
    }
    if contains(where: { $0.state == .inDoubt }) { return KeepError.Code.inDoubt.exitStatus }
    if contains(where: { $0.error?.code == .ledgerUnusable }) {
      return KeepError.Code.ledgerUnusable.exitStatus
    }
    let statuses = Set(map(\.exitStatus))
    return statuses.count == 1
      ? statuses.first ?? 0 : statuses.isEmpty ? 0 : KeepError.Code.partial.exitStatus
  }
}
