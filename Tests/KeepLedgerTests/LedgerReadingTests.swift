import KeepModel
import KeepTestKit
import Testing

@testable import KeepLedger

/// A ledger whose folder cannot be written.
@Suite struct LedgerReadingTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func aClosedLedgerIsReadAndNothingIsMadeBesideIt() async throws {
    let path = folder("a b?#%.sqlite")
    do {
      let ledger = try Ledger(at: path, now: { Samples.noon })
      _ = try await ledger.claim(Samples.submission())
    }
    let before = folder.files()
    let access = LedgerAccess(frozen: path)
    #expect(access == .frozen)
    let ledger = try Ledger(reading: path, access, now: { Samples.noon })
    #expect(try await ledger.entries().map(\.state) == [.claimed])
    #expect(folder.files() == before)
    await #expect(throws: KeepError.self) { try await ledger.claim(Samples.submission(seed: 9)) }
  }

  @Test func aLedgerWithChangesInItsLogIsNotTakenAsItLies() async throws {
    let path = folder("ledger.sqlite")
    let writer = try Ledger(at: path, now: { Samples.noon })
    _ = try await writer.claim(Samples.submission())
    #expect(LedgerAccess(frozen: path) == .readOnly)
    let reader = try Ledger(reading: path, .readOnly, now: { Samples.noon })
    #expect(try await reader.entries().map(\.state) == [.claimed])
  }
}
