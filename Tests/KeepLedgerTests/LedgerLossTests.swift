import GRDB
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@testable import KeepLedger

/// What a rebuilt ledger says of submissions of which the damaged one tells only in part, or not what came last: whatever
/// may have cost money is never taken for unsent.
@Suite struct LedgerLossTests {
  private let folder: TemporaryFolder
  private let source: TemporaryFolder
  private var path: FilePath { folder("ledger.sqlite") }

  init() throws {
    folder = try TemporaryFolder()
    source = try TemporaryFolder()
  }

  /// A ledger with a submission in each state, of which the first pages of some tables are overwritten.
  private func salvage(without tables: [String]) throws -> LedgerSalvage {
    let place = source("ledger.sqlite")
    try LedgerRows.make(version: LedgerSchema.migrator.migrations.count, at: place)
    let roots = try LedgerRows.open(place).read { database in
      try tables.compactMap { name in
        try Int.fetchOne(
          database, sql: "SELECT rootpage FROM sqlite_schema WHERE name = ?", arguments: [name])
      }
    }
    #expect(roots.count == tables.count)
    var bytes = try source.read("ledger.sqlite")
    for root in roots {
      for offset in 0..<4096 { bytes[(root - 1) * 4096 + offset] = 0xA5 }
    }
    let copy = try TemporaryFolder()
    return LedgerSalvage(ofCopy: try copy.write(bytes, to: "copy.sqlite"))
  }

  /// The states in the rebuilt ledger, by the states that the submissions had.
  private func rebuild(
    _ salvage: LedgerSalvage, _ runs: [ProvenRun] = []
  ) async throws -> (ledger: Ledger, states: [SubmissionState: SubmissionState]) {
    _ = try Ledger.rebuild(at: path, from: salvage, runs, at: Samples.noon)
    let ledger = try Ledger(at: path, now: { Samples.noon })
    #expect(try await ledger.audit() == [])
    var states: [SubmissionState: SubmissionState] = [:]
    for entry in try await ledger.entries() {
      guard let told = SubmissionState.allCases.first(where: { LedgerRows.key($0.rawValue) == entry.key })
      else { continue }
      states[told] = entry.state
    }
    return (ledger, states)
  }

  @Test func aLostLogLeavesOnlyWhatIsKeptOrHasItsRequestOutOfDoubt() async throws {
    let place = source("ledger.sqlite")
    try LedgerRows.make(version: LedgerSchema.migrator.migrations.count, at: place)
    let living = try Ledger(at: place, now: { Samples.noon })
    for number in 0..<20 { _ = try await living.claim(Samples.submission(prompt: "\(number)")) }
    var log = try source.read("ledger.sqlite-wal")
    log[20_000] ^= 1
    let copy = try TemporaryFolder()
    try copy.write(log, to: "copy.sqlite-wal")
    let salvage = LedgerSalvage(ofCopy: try copy.write(try source.read("ledger.sqlite"), to: "copy.sqlite"))
    try #require(salvage.isStale)
    let (_, states) = try await rebuild(salvage)
    let sure: [SubmissionState] = [.submitted, .finished, .archived, .partial]
    for state in SubmissionState.allCases {
      #expect(states[state] == (sure.contains(state) ? state : .inDoubt), "\(state.rawValue)")
    }
  }

  @Test func aSubmissionWhoseRowIsLostStandsWhereItsIndexSays() async throws {
    let salvage = try salvage(without: ["submission"])
    let (_, states) = try await rebuild(salvage)
    for state in SubmissionState.allCases where ![.claimed, .rejected].contains(state) {
      #expect(states[state] == (state == .submitting ? .inDoubt : state), "\(state.rawValue)")
    }
  }

  /// Their rows are lost, of submissions and requests alike.
  @Test func aRequestThatOnlyIndexAndEventsTellOfIsThere() async throws {
    let salvage = try salvage(without: ["submission", "request"])
    let (ledger, states) = try await rebuild(salvage)
    for state in SubmissionState.allCases where ![.claimed, .rejected, .abandoned].contains(state) {
      #expect(states[state] == .inDoubt, "\(state.rawValue)")
    }
    #expect(states[.abandoned] == .abandoned)
    for state in LedgerRows.withRequest {
      #expect(try await ledger.record(of: RequestID("r-\(state.rawValue)")) != nil, "\(state.rawValue)")
    }
    // Nothing tells where it ran: a person may.
    try await ledger.adopt(Request(id: "r-submitted", deployment: "d-1"))
    #expect(try await ledger.record(of: "r-submitted")?.request.deployment == "d-1")
  }

  @Test func oneBundleTellsWhereTheRequestsRanThatOnlyIndexAndEventsTellOf() async throws {
    let salvage = try salvage(without: ["submission", "request"])
    let kept = KeptRun(
      request: "r-archived", bundle: "2026-09-21/run.zip", checksum: Checksum(of: [1]), outputs: 1)
    let run = ProvenRun(
      request: Request(id: "r-archived", deployment: "d-1"), key: LedgerRows.key("archived"),
      state: .archived,
      word: "succeeded", archivedAt: Samples.noon, kept: kept)
    let (ledger, states) = try await rebuild(salvage, [run])
    #expect(states[.archived] == .archived)
    #expect(states[.submitted] == .submitted)
    #expect(states[.expired] == .expired)
    let record = try await ledger.record(of: "r-submitted")
    #expect(record?.request.deployment == "d-1" && record?.submission == LedgerRows.key("submitted"))
  }

  @Test func anExpiredSubmissionWithoutItsRequestIsInDoubt() async throws {
    let salvage = try salvage(without: ["request", "requestBySubmission", "event"])
    let (_, states) = try await rebuild(salvage)
    #expect(states[.expired] == .inDoubt)
    #expect(states[.claimed] == .claimed)
    #expect(states[.submitted] == .inDoubt)
  }
}
