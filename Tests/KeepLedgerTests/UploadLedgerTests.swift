import KeepLedger
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@Suite struct UploadLedgerTests {
  private let folder: TemporaryFolder
  private let ledger: Ledger
  private let asset: Asset
  private let url: HTTPURL

  init() throws {
    folder = try TemporaryFolder()
    ledger = try Ledger(at: folder("ledger.sqlite"), now: { Timestamp(milliseconds: 1000) })
    asset = Asset(
      path: "cat.png", size: 3, checksum: Checksum(of: [1]), mediaType: "image/png",
      original: Checksum(of: [2]))
    url = try #require(HTTPURL("https://example.net/cat.png"))
  }

  private func submission(_ reference: AssetReference) -> Submission {
    var overrides = Overrides()
    overrides[NodeInput(node: "1", name: "image")] = .asset(reference)
    return Submission(deployment: "d-1", workflow: nil, overrides: overrides)
  }

  @Test func anUploadIsKnownByItsBytesAndItsTargetUntilItIsRemoved() async throws {
    #expect(try await ledger.upload(of: asset.checksum, to: "s3://a") == nil)
    try await ledger.recordUpload(
      of: asset, to: "s3://a", as: "k", url: url, expiresAt: Timestamp(milliseconds: 5000), isOurs: true)
    let known = try #require(try await ledger.upload(of: asset.checksum, to: "s3://a"))
    #expect(known.url == url)
    #expect(known.expiresAt == Timestamp(milliseconds: 5000))
    #expect(try await ledger.upload(of: asset.checksum, to: "s3://b") == nil)
    try await ledger.recordRemoval(of: "k", from: "s3://a")
    #expect(try await ledger.upload(of: asset.checksum, to: "s3://a") == nil)
    #expect(try await ledger.uploads().map(\.removedAt) == [Timestamp(milliseconds: 1000)])
    try await ledger.recordUpload(of: asset, to: "s3://a", as: "k", url: url, expiresAt: nil, isOurs: true)
    #expect(try await ledger.uploads().map(\.removedAt) == [nil])
  }

  @Test func whatARunMayStillFetchIsNeeded() async throws {
    let submission = submission(.upload(asset))
    try await ledger.recordUpload(of: asset, to: "s3://a", as: "k", url: url, expiresAt: nil, isOurs: true)
    #expect(try await ledger.uploads().map(\.isNeeded) == [false])
    _ = try await ledger.claim(submission)
    #expect(try await ledger.uploads().map(\.isNeeded) == [true])
    try await ledger.reject(submission.key, reason: "no")
    #expect(try await ledger.uploads().map(\.isNeeded) == [false])
  }

  @Test func aClaimedSubmissionLearnsByWhichURLItTravels() async throws {
    let waiting = submission(.upload(asset))
    _ = try await ledger.claim(waiting)
    let stored = try #require(try await ledger.submission(waiting.key)?.0)
    #expect(stored.overrides.sorted.map(\.value) == [.asset(.upload(asset))])
    let hosted = submission(.hosted(url, asset))
    #expect(hosted.key == waiting.key)
    try await ledger.recordPlacement(of: hosted)
    #expect(
      try await ledger.submission(waiting.key)?.0.overrides.sorted.map(\.value) == [
        .asset(.hosted(url, asset))
      ])
    try await ledger.beginSubmit(waiting.key)
    await #expect(throws: KeepError(.ledgerUnusable, .submission(waiting.key), "")) {
      try await ledger.recordPlacement(of: hosted)
    }
  }

  @Test func drawsOfASweepAreStoredWithTheirNumber() async throws {
    var overrides = Overrides()
    overrides[NodeInput(node: "25", name: "noise_seed")] = .randomSeed(7, draw: 3)
    let submission = Submission(deployment: "d-1", workflow: nil, overrides: overrides)
    _ = try await ledger.claim(submission)
    #expect(try await ledger.submission(submission.key)?.0.overrides == overrides)
  }
}
