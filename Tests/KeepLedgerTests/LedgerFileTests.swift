import Foundation
import KeepLedger
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@Suite struct LedgerFileTests {
  let folder: TemporaryFolder
  var path: FilePath { folder("ledger.sqlite") }

  init() throws { folder = try TemporaryFolder() }

  private func open() throws -> Ledger { try Ledger(at: path, now: { Samples.noon }) }

  @Test func theStoredSubmissionIsTheOneThatWasClaimed() async throws {
    let submission = Samples.submission()
    _ = try await open().claim(submission, usesCoreKey: true)
    let stored = try await open().submission(submission.key)
    #expect(stored?.0 == submission)
    #expect(stored?.usedCoreKey == true)
  }

  @Test func anotherDrawnSeedIsTheSameIntentAndTheFirstDrawStands() async throws {
    let first = Samples.submission(seed: 1)
    let second = Samples.submission(seed: 2)
    #expect(first.key == second.key)
    let ledger = try open()
    _ = try await ledger.claim(first)
    try await ledger.beginSubmit(first.key)
    try await ledger.recordSubmitted(Samples.request, for: first.key)
    _ = try await ledger.claim(second)
    #expect(try await ledger.submission(second.key)?.0 == first)
  }

  @Test func theDatabaseAndItsSideFilesAreForTheOwnerAlone() async throws {
    let ledger = try open()
    _ = try await ledger.claim(Samples.submission())
    for name in ["ledger.sqlite", "ledger.sqlite-wal"] {
      let attributes = try FileManager.default.attributesOfItem(atPath: folder(name).string)
      #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
    }
  }

  @Test func writesAreSyncedInFull() async throws {
    let ledger = try open()
    #expect(try await ledger.pragma("journal_mode") == "wal")
    #expect(try await ledger.pragma("synchronous") == "2")
    #expect(try await ledger.pragma("foreign_keys") == "1")
  }

  @Test func aDamagedFileStopsEverything() throws {
    try folder.write(Array("this is not a database, whatever its name".utf8), to: "ledger.sqlite")
    let error = #expect(throws: KeepError.self) { try open() }
    #expect(error?.code == .ledgerUnusable)
    #expect(error?.code.exitStatus == 40)
    #expect(error?.hint != nil)
  }

  @Test func aFlippedPageIsNoticed() async throws {
    let ledger = try open()
    for number in 0..<50 { _ = try await ledger.claim(Samples.submission(prompt: "\(number)")) }
    try await ledger.checkpoint()
    var bytes = try folder.read("ledger.sqlite")
    for offset in 8192..<min(bytes.count, 20_000) { bytes[offset] = 0xAA }
    let copy = try folder.write(bytes, to: "copy.sqlite")
    let error = #expect(throws: KeepError.self) { try Ledger(at: copy, now: { Samples.noon }) }
    #expect(error?.code == .ledgerUnusable)
  }

  @Test func listAndShowTellTheWholeStory() async throws {
    let ledger = try open()
    let submission = Samples.submission()
    _ = try await ledger.claim(submission)
    try await ledger.beginSubmit(submission.key)
    try await ledger.recordSubmitted(Samples.request, for: submission.key)
    let status = RequestStatus(phase: .queued, word: "in_queue", queuePosition: 3)
    try await ledger.recordStatus(status, of: "r-1")
    try await ledger.recordStatus(status, of: "r-1")
    try await ledger.recordFinished(Samples.result(), of: "r-1")
    try await ledger.recordKept(Samples.kept, as: .archived)
    try await ledger.adopt(Request(id: "r-2", deployment: "d-2"))

    let entries = try await ledger.entries()
    #expect(entries.count == 2)
    let own = entries.first { $0.key != nil }
    #expect(own?.state == .archived)
    #expect(own?.kept == Samples.kept)
    #expect(own?.inputs == [Samples.asset.path])
    #expect(own?.finishedAt == Samples.noon)
    #expect(entries.first { $0.key == nil }?.state == .submitted)
    let events = try await ledger.events(key: submission.key, request: "r-1")
    #expect(
      events.map(\.name) == ["claimed", "submitting", "submitted", "status", "finished", "archived"])
  }

  @Test func adoptingTwiceKeepsWhatIsKnown() async throws {
    let ledger = try open()
    try await ledger.adopt(Request(id: "r-2", deployment: "d-2"))
    try await ledger.recordFinished(Samples.result(), of: "r-2")
    try await ledger.adopt(Request(id: "r-2", deployment: "d-2"))
    #expect(try await ledger.record(of: "r-2")?.result == Array("{}".utf8))
  }
}
