import GRDB
import KeepModel
import KeepTestKit
import Testing

@testable import KeepLedger

/// What the ledger knows of bundles in stores of objects.
@Suite struct StoredBundleTests {
  private let folder: TemporaryFolder
  private let ledger: Ledger
  private let kept = Samples.kept

  init() async throws {
    folder = try TemporaryFolder()
    ledger = try Ledger(at: folder("ledger.sqlite"), now: { Timestamp(milliseconds: 1_000) })
    try await ledger.adopt(Request(id: Samples.kept.request, deployment: "d-1"))
  }

  private func bound(_ store: String = "s3://a", checksum: Checksum? = nil, keepsLocal: Bool = false)
    -> StoredBundle
  {
    StoredBundle(
      store: store, place: "\(store)/run.zip", checksum: checksum ?? kept.checksum, keepsLocal: keepsLocal)
  }

  private var stores: [StoredBundle] {
    get async throws { try await ledger.record(of: kept.request)?.kept?.stores ?? [] }
  }

  @Test func aKeptBundleWaitsUntilItIsStoredAndDropped() async throws {
    try await ledger.recordKept(kept, as: .archived, bound: bound())
    #expect(try await stores == [bound()])
    #expect(try await ledger.unsettled(in: "s3://a").map(\.request) == [kept.request])
    #expect(try await ledger.unsettled(in: "s3://b").isEmpty)
    try await ledger.recordNotStored(bound(), of: kept.request, reason: "away")
    #expect(try await stores.map(\.reason) == ["away"])
    try await ledger.recordStored(bound(), of: kept.request)
    #expect(try await stores.map(\.isStored) == [true])
    #expect(try await ledger.record(of: kept.request)?.kept?.stored?.place == "s3://a/run.zip")
    #expect(try await ledger.unsettled(in: "s3://a").count == 1)
    try await ledger.recordDropped(bound(), of: kept.request)
    #expect(try await ledger.unsettled(in: "s3://a").isEmpty)
    let names = try await ledger.events(key: nil, request: kept.request).map(\.name)
    #expect(names.suffix(4) == ["archived", "not_stored", "stored", "dropped"])
  }

  @Test func oneThatStaysInTheFolderIsSettledOnceItIsStored() async throws {
    try await ledger.recordKept(kept, as: .archived, bound: bound(keepsLocal: true))
    try await ledger.recordStored(bound(), of: kept.request)
    #expect(try await ledger.unsettled(in: "s3://a").isEmpty)
  }

  @Test func bindingAgainForgetsNothingUnlessTheBytesAreOthers() async throws {
    try await ledger.recordKept(kept, as: .archived, bound: bound())
    try await ledger.recordStored(bound(), of: kept.request)
    try await ledger.recordBound(bound(keepsLocal: true), of: kept.request)
    #expect(try await stores.map(\.isStored) == [true])
    #expect(try await stores.map(\.keepsLocal) == [false])
    let other = Checksum(of: [8])
    try await ledger.recordBound(bound(checksum: other), of: kept.request)
    #expect(try await stores.map(\.isStored) == [false])
    #expect(try await ledger.unsettled(in: "s3://a").isEmpty, "those are not the kept bundle's bytes")
    #expect(try await ledger.record(of: kept.request)?.kept?.stored == nil)
  }

  @Test func theSameBundleMayBeInSeveralStores() async throws {
    try await ledger.recordKept(kept, as: .archived, bound: bound())
    try await ledger.recordBound(bound("s3://b"), of: kept.request)
    try await ledger.recordStored(bound("s3://b"), of: kept.request)
    #expect(try await stores.map(\.isStored) == [false, true])
    #expect(try await ledger.entries().first?.kept?.stored?.store == "s3://b")
  }

  @Test func oneThatIsDroppedWaitsForNoOtherStore() async throws {
    try await ledger.recordKept(kept, as: .archived, bound: bound("s3://mistyped"))
    try await ledger.recordBound(bound(), of: kept.request)
    #expect(try await ledger.waitingByStore() == ["s3://a": 1, "s3://mistyped": 1])
    try await ledger.recordStored(bound(), of: kept.request)
    try await ledger.recordDropped(bound(), of: kept.request)
    #expect(try await stores.map(\.store) == ["s3://a"])
    #expect(try await ledger.waitingByStore().isEmpty)
  }

  @Test func aLedgerWithoutTheTableIsReadAllTheSame() async throws {
    try await ledger.recordKept(kept, as: .archived)
    try await ledger.write { try $0.execute(sql: "DROP TABLE stored") }
    #expect(try await ledger.entries().first?.kept?.stores == [])
  }
}
