import KeepLedger
import KeepModel

extension Run {
  /// An outcome whose bundle is brought to the archive's store, where there is one. What fails then changes nothing
  /// about the run: its bundle is kept, and waits. So does one whose outputs could not be exported: from the folder they
  /// still can be.
  func deposited(_ outcome: SubmissionOutcome) async -> SubmissionOutcome {
    guard let depositor = pipeline.depositor, let request = outcome.request, outcome.aside != .notExported
    else { return outcome }
    guard outcome.bundle != nil else {
      guard let place = outcome.stored, await !depositor.holds(request) else { return outcome }
      var outcome = outcome
      outcome.storeError = .keptElsewhere(request, place, depositor.name)
      return outcome
    }
    let deposit = await depositor.deposit(request, index: index, label: label)
    var outcome = outcome
    outcome.bundle = deposit.bundle
    outcome.stored = deposit.place ?? outcome.stored
    outcome.storeError = deposit.error
    return outcome
  }
}

extension Depositor {
  /// Whether a run's bundle is known to be in this store. What the ledger cannot tell is not held against it.
  fileprivate func holds(_ request: RequestID) async -> Bool {
    guard let kept = try? await archive.ledger.record(of: request)?.kept else { return true }
    return kept.stores.contains { $0.store == name && $0.isStored && $0.checksum == kept.checksum }
  }
}

extension KeepError {
  /// A bundle that was put into one store, and from there can only be put into another by a person.
  fileprivate static func keptElsewhere(_ request: RequestID, _ place: String, _ store: String) -> KeepError {
    KeepError(
      .uploadFailed, .request(request), "its bundle lies in \(place) alone, and not in \(store)",
      hint: "fetch it from there into the archive's folder, then run the same command again")
  }
}
