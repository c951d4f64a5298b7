import KeepFiles
import KeepInput
import KeepLedger
public import KeepModel
public import KeepTransport
import Synchronization
public import SystemPackage

/// Brings bundles from the archive's folder to its store of objects.
///
/// A bundle is kept in the folder first, and from then on the ledger knows that it is to be put into the store. It is
/// removed from the folder only once the store has proven, in this process, that it has all its bytes, and the ledger
/// knows so. What stops in between, be it the network, a person or the machine, goes on with the next command that
/// writes to the archive and names the same store.
public final class Depositor: Sendable {
  let archive: Archive
  private let store: ArchiveStore
  private let keepsLocal: Bool
  private let holdsBundles: Bool
  /// Bundles that the store has, and that are to go from the folder once they were looked at.
  private let held = Mutex<[RequestID: (bundle: FilePath, bound: StoredBundle)]>([:])
  private let interruption: Interruption
  private let report: @Sendable (PipelineEvent) async -> Void
  private let notes: StoreNotes
  /// What keeps every further bundle from being tried: a store that cannot be reached is not waited for again and
  /// again while runs go on.
  private let halt = Mutex<KeepError?>(nil)

  private var ledger: Ledger { archive.ledger }

  /// The store's name, without a secret.
  public var name: String { store.name }

  /// A way to a store, over a network door.
  ///
  /// - Parameters:
  ///   - clock: For waiting.
  ///   - now: The date of signatures.
  ///   - interruption: Raised when a person wants to stop.
  ///   - holdsBundles: Whether bundles that would leave the folder stay until ``releaseHeld()``, since something is
  ///     still to be read from them.
  ///   - report: Told of everything that happens.
  /// - Throws: ``KeepError`` with code `usage` when the target cannot be used; nothing is asked of it.
  public init(
    _ target: DepositTarget, archive: Archive, transport: any Transport, clock: any Clock<Duration>,
    now: @escaping @Sendable () -> Timestamp, interruption: Interruption = Interruption(),
    holdsBundles: Bool = false,
    report: @escaping @Sendable (PipelineEvent) async -> Void = { _ in }
  ) throws(KeepError) {
    let notes = StoreNotes()
    self.archive = archive
    self.store = try ArchiveStore(
      target.bucket, over: transport, clock: clock, now: now, allowsPlain: target.allowsPlain,
      note: { notes.add($0) })
    self.notes = notes
    self.keepsLocal = target.keepsLocal
    self.holdsBundles = holdsBundles
    self.interruption = interruption
    self.report = report
  }

  /// The place that a bundle is to be put to: that of the archive's folder, below the store's prefix.
  func bound(_ kept: KeptRun) -> StoredBundle {
    StoredBundle(
      store: store.name, place: store.place(of: path(kept)), checksum: kept.checksum, keepsLocal: keepsLocal)
  }

  /// `YYYY-MM-DD/<stem>/run-….zip`
  private func path(_ kept: KeptRun) -> String {
    kept.bundle.components.suffix(3).map(\.string).joined(separator: "/")
  }

  /// Puts into the store what waits for it from earlier commands, oldest first, and removes from the folder what is
  /// there by now. Ends early where a person wants to stop; where the store cannot be used, it is asked no more.
  ///
  /// - Parameter others: The runs of the same command, which have had their turn.
  /// - Throws: ``KeepError`` with code `ledger_unusable`.
  public func depositWaiting(but others: Set<RequestID> = []) async throws(KeepError) -> [Deposit] {
    var deposits: [Deposit] = []
    let waiting = try await ledger.unsettled(in: store.name).filter { !others.contains($0.request) }
    for (number, kept) in waiting.enumerated() {
      if deposits.last?.error?.code == .interrupted { break }
      let isStopped = halt.withLock { $0 != nil }
      let index = -1 - number
      let label = kept.bundle.lastComponent?.string ?? kept.request.rawValue
      let deposit = await deposit(kept.request, index: index, label: label)
      if deposit.wasDroppedBefore { continue }
      deposits.append(deposit)
      if let error = deposit.error {
        if !isStopped { await tell(.note("waits for the store: \(error.reason)"), index, label) }
      } else if let place = deposit.place {
        await tell(.stored(place), index, label)
      }
    }
    return deposits
  }

  /// How many bundles wait for other stores than this, by the store's name: those of a mistyped address, for one.
  ///
  /// - Throws: ``KeepError`` with code `ledger_unusable`.
  public func waitingElsewhere() async throws(KeepError) -> [String: Int] {
    try await ledger.waitingByStore().filter { $0.key != store.name }
  }

  /// Puts one kept bundle into the store, unless it is there; and removes it from the folder, unless it is to stay.
  func deposit(_ request: RequestID, index: Int, label: String) async -> Deposit {
    let patience = Patience(interruption: interruption)
    let deposit = await archive.turns.alone("deposit \(request)", patience: patience) {
      var deposit = Deposit(request: request)
      do throws(KeepError) {
        try await settle(&deposit, index, label)
      } catch {
        deposit.error = error
      }
      return deposit
    }
    if let deposit { return deposit }
    var stopped = Deposit(request: request)
    stopped.error = KeepError(
      .interrupted, .request(request), "stopped while another process puts it into the store")
    return stopped
  }

  private func settle(_ deposit: inout Deposit, _ index: Int, _ label: String) async throws(KeepError) {
    guard let kept = try await ledger.record(of: deposit.request)?.kept else {
      throw KeepError(.ledgerUnusable, .request(deposit.request), "is not known as kept")
    }
    let bundle = archive.layout.absolute(kept.bundle)
    let isHere = FileReader.exists(bundle)
    let known = kept.stores.first { $0.store == store.name && $0.checksum == kept.checksum }
    let isToStay = keepsLocal || known?.keepsLocal == true || known?.droppedAt != nil
    deposit.bundle = isHere ? bundle : nil
    deposit.checksum = kept.checksum
    if let known, known.isStored, isToStay || !isHere {
      deposit.place = known.place
      if !isHere, !known.keepsLocal, known.droppedAt == nil {
        // Else it would be removed again once somebody brings it back.
        try await ledger.recordDropped(known, of: kept.request)
        deposit.wasDroppedBefore = true
      }
      return
    }
    let bound = known ?? self.bound(kept)
    if known == nil { try await ledger.recordBound(bound, of: kept.request) }
    do throws(KeepError) {
      guard isHere else { throw .goneBeforeStored(bundle, kept) }
      try await put(bundle, kept, index, label)
    } catch {
      // What was proven to be there stays proven while the store cannot be asked.
      guard !bound.isStored || error.code == .bundleExists else {
        deposit.place = bound.place
        throw error
      }
      try await ledger.recordNotStored(bound, of: kept.request, reason: error.reason)
      throw error
    }
    CrashPoint.bundleStored.pass()
    try await ledger.recordStored(bound, of: kept.request)
    CrashPoint.storeRecorded.pass()
    deposit.place = bound.place
    guard !isToStay else { return }
    if holdsBundles {
      held.withLock { $0[kept.request] = (bundle, bound) }
    } else {
      try await remove(bundle, bound, of: kept.request)
    }
    deposit.bundle = nil
  }

  private func remove(
    _ bundle: FilePath, _ bound: StoredBundle, of request: RequestID
  ) async throws(KeepError) {
    try Folder.removeFile(bundle)
    CrashPoint.bundleRemoved.pass()
    try await ledger.recordDropped(bound, of: request)
    CrashPoint.removalRecorded.pass()
  }

  /// Where a bundle lies in the folder that is about to leave it; `nil` for every other.
  public func heldBundle(of request: RequestID) -> FilePath? { held.withLock { $0[request]?.bundle } }

  /// Removes from the folder what was held. A command that does not get so far leaves that to the next one.
  ///
  /// - Throws: ``KeepError`` with `local_io` or `ledger_unusable`.
  public func releaseHeld() async throws(KeepError) {
    let waiting = held.withLock { held in
      defer { held = [:] }
      return held.sorted { $0.key < $1.key }
    }
    for (request, place) in waiting { try await remove(place.bundle, place.bound, of: request) }
  }

  /// The bundle first, whose presence says that its run is kept there; then what lies beside it.
  private func put(
    _ bundle: FilePath, _ kept: KeptRun, _ index: Int, _ label: String
  ) async throws(KeepError) {
    if let error = halt.withLock({ $0 }) { throw error }
    guard !interruption.isRaised else { throw .stoppedBeforeStored(bundle) }
    let size = ByteCount(try FileReader(bundle).size)
    await tell(.storing(0, of: size), index, label)
    let (steps, continuation) = AsyncStream.makeStream(of: UInt64.self, bufferingPolicy: .bufferingNewest(1))
    async let telling: Void = tell(steps, of: size, index, label)
    let result: Result<Bool?, any Error>
    do {
      let store = store
      let path = path(kept)
      result = .success(
        try await interruption.orValue {
          let file = Asset(path: bundle, size: size, checksum: kept.checksum, mediaType: "application/zip")
          let wasThere = try await store.put(file, as: path) { sent in continuation.yield(sent) }
          CrashPoint.bundlePut.pass()
          try await Sidecars(of: bundle, kept.checksum).put(into: store, beside: path)
          return wasThere
        })
    } catch {
      result = .failure(error)
    }
    continuation.finish()
    await telling
    for note in notes.take() { await tell(.note(note), index, label) }
    do {
      guard try result.get() != nil else { throw KeepError.stoppedBeforeStored(bundle) }
    } catch {
      let error = KeepError.foreign(error)
      if error.concernsEveryBundle { halt.withLock { $0 = error } }
      throw error
    }
  }

  private func tell(
    _ steps: AsyncStream<UInt64>, of size: ByteCount, _ index: Int, _ label: String
  ) async {
    for await sent in steps { await tell(.storing(ByteCount(sent), of: size), index, label) }
  }

  private func tell(_ change: PipelineEvent.Change, _ index: Int, _ label: String) async {
    await report(PipelineEvent(index: index, label: label, change: change))
  }
}

extension KeepError {
  fileprivate static func stoppedBeforeStored(_ bundle: FilePath) -> KeepError {
    KeepError(
      .interrupted, .path(bundle), "stopped before it was in the store",
      hint: "the next command that names the same store goes on with it, or comfykeep archive --pending")
  }

  fileprivate static func goneBeforeStored(_ bundle: FilePath, _ kept: KeptRun) -> KeepError {
    KeepError(
      .fixity, .path(bundle), "is gone, and was never put into the store",
      hint: "comfykeep archive \(kept.request) makes it again, as long as the service has its outputs")
  }

  /// Whether the next bundle would meet the same.
  fileprivate var concernsEveryBundle: Bool {
    switch code {
    case .bundleExists, .fixity, .localIO, .interrupted, .ledgerUnusable: false
    default: httpStatus != 413
    }
  }
}
