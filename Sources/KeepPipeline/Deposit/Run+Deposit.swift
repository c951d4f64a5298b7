import KeepModel

extension Run {
  /// An outcome whose bundle is brought to the archive's store, where there is one. What fails then changes nothing
  /// about the run: its bundle is kept, and waits. So does one whose outputs could not be exported: from the folder they
  /// still can be.
  func deposited(_ outcome: SubmissionOutcome) async -> SubmissionOutcome {
    guard let depositor = pipeline.depositor, let request = outcome.request, outcome.bundle != nil,
      outcome.aside != .notExported
    else { return outcome }
    let deposit = await depositor.deposit(request, index: index, label: label)
    var outcome = outcome
    outcome.bundle = deposit.bundle
    outcome.stored = deposit.place ?? outcome.stored
    outcome.storeError = deposit.error
    return outcome
  }
}
