import KeepInput
import KeepModel
import KeepTransport

/// Makes the store of an upload target.
struct StoreMaker: Sendable {
  typealias Make = @Sendable (UploadTarget, Bool) throws(KeepError) -> any ObjectStore
  typealias Probe = @Sendable (HTTPURL, Asset?, Bool) async throws(KeepError) -> Void

  private let make: Make
  private let fetch: Probe
  /// What was noted of the stores.
  let notes: StoreNotes

  /// Stores and probes of the caller's choice, for tests.
  init(notes: StoreNotes = StoreNotes(), make: @escaping Make, probe: @escaping Probe) {
    self.notes = notes
    self.make = make
    self.fetch = probe
  }

  /// The stores over a network door.
  init(transport: any Transport, clock: any Clock<Duration>, now: @escaping @Sendable () -> Timestamp) {
    let notes = StoreNotes()
    self.init(notes: notes) { target, allowsLocal throws(KeepError) in
      try target.store(
        over: transport, clock: clock, now: now, allowsLocal: allowsLocal, note: { notes.add($0) })
    } probe: { url, asset, allowsLocal throws(KeepError) in
      try await PublicProbe(over: transport, clock: clock, now: now, allowsLocal: allowsLocal)
        .check(url, asset: asset)
    }
  }

  /// Stores that know names and lengths of URLs, and that nothing is put into.
  static func offline(now: @escaping @Sendable () -> Timestamp) -> StoreMaker {
    StoreMaker { target, allowsLocal throws(KeepError) in
      try target.store(over: NoTransport(), now: now, allowsLocal: allowsLocal)
    } probe: { url, _, _ throws(KeepError) in
      throw KeepError(
        .usage, .option("--probe"), "needs the network, and --workflow with plan asks nothing of it")
    }
  }

  /// Fetches a URL as the service would.
  ///
  /// - Throws: ``KeepError`` with `upload_failed` where the asset we put there does not come, `input_rejected` where a
  ///   person's URL gives nothing usable.
  func probe(_ url: HTTPURL, _ asset: Asset?, allowsLocal: Bool) async throws(KeepError) {
    try await fetch(url, asset, allowsLocal)
  }

  /// The store of a target.
  ///
  /// - Throws: ``KeepError`` with `usage` for a target that cannot be used.
  func store(_ target: UploadTarget, allowsLocal: Bool) throws(KeepError) -> any ObjectStore {
    try make(target, allowsLocal)
  }
}

/// A network door that stays shut.
private struct NoTransport: Transport {
  func withResponse<Value: Sendable>(
    to request: HTTPRequest, _ consume: @Sendable (HTTPResponse) async throws -> Value
  ) async throws -> Value {
    throw KeepError(
      .unavailable, .address(request.url.withoutQuery.description), "nothing is asked of the network here",
      delivery: .notDelivered)
  }
}
