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

  /// Takes every item as far as it goes, a bounded number at once; outcomes come back in the items' order.
  ///
  /// - Throws: as ``run(_:index:label:)``; what is under way is left to a later command then.
  public func run(_ items: [BatchItem]) async throws(KeepError) -> [SubmissionOutcome] {
    try await bounded(items) { index, item in try await outcome(of: item, index) }
  }

  /// Every element's outcome in their order, ``Configuration/concurrency`` at once.
  private func bounded<Element: Sendable>(
    _ elements: [Element],
    _ outcome: @escaping @Sendable (Int, Element) async throws -> SubmissionOutcome
  ) async throws(KeepError) -> [SubmissionOutcome] {
    do {
      return try await withThrowingTaskGroup(of: (Int, SubmissionOutcome).self) { group in
        var outcomes: [Int: SubmissionOutcome] = [:]
        for (index, element) in elements.enumerated() {
          if index >= configuration.concurrency, let (done, outcome) = try await group.next() {
            outcomes[done] = outcome
          }
          group.addTask { (index, try await outcome(index, element)) }
        }
        for try await (done, outcome) in group { outcomes[done] = outcome }
        return elements.indices.compactMap { outcomes[$0] }
      }
    } catch {
      throw .foreign(error)
    }
  }

  private func outcome(
    of item: BatchItem, _ index: Int
  ) async throws(KeepError) -> SubmissionOutcome {
    switch item.submission {
    case .success(let submission):
      return try await run(submission, index: index, label: item.label)
    case .failure(let error):
      let outcome = SubmissionOutcome(.rejected, inputs: item.inputs, error: error)
      await report(PipelineEvent(index: index, label: item.label, change: .ended(outcome)))
      return outcome
    }
  }
}

extension [SubmissionOutcome] {
  /// The exit status of a batch: interrupted and in doubt first, since they need a person; then what all
  /// have in common; else 3, partly.
  public var exitStatus: Int32 {
    if contains(where: { $0.error?.code == .interrupted }) { return KeepError.Code.interrupted.exitStatus }
    if contains(where: { $0.state == .inDoubt }) { return KeepError.Code.inDoubt.exitStatus }
    let statuses = Set(map(\.exitStatus))
    return statuses.count == 1
      ? statuses.first ?? 0 : statuses.isEmpty ? 0 : KeepError.Code.partial.exitStatus
  }
}

extension Pipeline {
  /// Keeps runs that were made before or elsewhere, a bounded number at once.
  ///
  /// - Throws: as ``archive(_:index:)``.
  public func archive(_ requests: [Request]) async throws(KeepError) -> [SubmissionOutcome] {
    try await bounded(requests) { index, request in try await archive(request, index: index) }
  }
}
