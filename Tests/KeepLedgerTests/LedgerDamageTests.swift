import GRDB
import Glibc
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@testable import KeepLedger

/// What becomes of a ledger whose files were damaged, and of one that somebody else holds: exit 40 with what to do, never
/// a ledger that knows less without saying so.
@Suite struct LedgerDamageTests {
  private let folder: TemporaryFolder
  private var path: FilePath { folder("ledger.sqlite") }

  init() throws { folder = try TemporaryFolder() }

  private func open(_ name: String = "ledger.sqlite") throws -> Ledger {
    try Ledger(at: folder(name), now: { Samples.noon })
  }

  /// A ledger with `count` claims in its log, as a killed process leaves it: copies of its three files.
  private func killed(_ count: Int, checkpointed: Bool = false, as name: String) async throws {
    let source = try TemporaryFolder()
    let ledger = try Ledger(at: source("ledger.sqlite"), now: { Samples.noon })
    for number in 0..<count { _ = try await ledger.claim(Samples.submission(prompt: "\(number)")) }
    if checkpointed { try await ledger.checkpoint() }
    for suffix in ["", "-wal", "-shm"] {
      try folder.write(try source.read("ledger.sqlite" + suffix), to: name + suffix)
    }
  }

  private func expectRefusal(_ name: String, _ words: String) throws {
    let error = #expect(throws: KeepError.self) { try open(name) }
    #expect(error?.code.exitStatus == 40)
    #expect(error?.reason.contains(words) == true, "\(error?.reason ?? "")")
    #expect(error?.hint?.contains("comfykeep ledger rebuild") == true, "\(error?.hint ?? "")")
  }

  @Test func whatAKilledProcessLeftIsReadWhole() async throws {
    try await killed(20, as: "whole.sqlite")
    let whole = try open("whole.sqlite")
    #expect(try await whole.entries().count == 20)
    try await killed(20, as: "bare.sqlite")
    _ = folder("bare.sqlite-shm").withPlatformString { unlink($0) }
    let bare = try open("bare.sqlite")
    #expect(try await bare.entries().count == 20)
  }

  @Test(arguments: [1, 5, 10])
  func aLogThatWasCutOffIsNoticedByItsIndex(tenths: Int) async throws {
    try await killed(20, as: "cut.sqlite")
    let log = try folder.read("cut.sqlite-wal")
    try folder.write(Array(log.prefix(log.count * tenths / 10 - 1)), to: "cut.sqlite-wal")
    try expectRefusal("cut.sqlite", "cut off")
    _ = folder("cut.sqlite-wal").withPlatformString { unlink($0) }
    try expectRefusal("cut.sqlite", "cut off")
  }

  /// Without the index nothing can tell; what is left are whole transactions.
  @Test(arguments: [1, 3, 6, 9])
  func aLogThatWasCutOffWithItsIndexGoneLeavesNoHalfState(tenths: Int) async throws {
    try await killed(20, as: "cut.sqlite")
    let log = try folder.read("cut.sqlite-wal")
    try folder.write(Array(log.prefix(log.count * tenths / 10)), to: "cut.sqlite-wal")
    _ = folder("cut.sqlite-shm").withPlatformString { unlink($0) }
    let ledger = try open("cut.sqlite")
    let entries = try await ledger.entries()
    #expect(entries.count < 20)
    #expect(try await ledger.audit() == [])
    for entry in entries {
      #expect(try await ledger.events(key: entry.key, request: nil).map(\.name) == ["claimed"])
    }
  }

  @Test(arguments: [0, 3, 9, 17, 25, 40, 60, 2_000, 20_000])
  func aFlippedBitInTheLogIsNoticed(place: Int) async throws {
    try await killed(20, as: "flipped.sqlite")
    var log = try folder.read("flipped.sqlite-wal")
    log[place] ^= 4
    try folder.write(log, to: "flipped.sqlite-wal")
    try expectRefusal("flipped.sqlite", "write-ahead log")
    _ = folder("flipped.sqlite-shm").withPlatformString { unlink($0) }
    try expectRefusal("flipped.sqlite", "write-ahead log")
  }

  @Test func aLogWhoseLastTransactionNeverEndedIsNoDamage() async throws {
    try await killed(20, as: "torn.sqlite")
    let log = try folder.read("torn.sqlite-wal")
    let tail = log.suffix(4096 + 24).map { _ in UInt8(7) }
    try folder.write(log + tail, to: "torn.sqlite-wal")
    let ledger = try open("torn.sqlite")
    #expect(try await ledger.entries().count == 20)
  }

  /// Each byte of the header flipped: either it is refused, or it does not matter and everything is there.
  @Test func aFlippedByteOfTheHeaderNeverMakesALedgerThatKnowsLess() async throws {
    try await killed(5, checkpointed: true, as: "good.sqlite")
    let good = try folder.read("good.sqlite")
    var refused = 0
    for place in 0..<100 {
      var bytes = good
      bytes[place] ^= 0xFF
      try folder.write(bytes, to: "flip-\(place).sqlite")
      do {
        let ledger = try open("flip-\(place).sqlite")
        #expect(try await ledger.entries().count == 5, "byte \(place)")
      } catch let error as KeepError {
        refused += 1
        #expect(error.code.exitStatus == 40, "byte \(place)")
        #expect(error.hint != nil, "byte \(place)")
      }
    }
    #expect(refused > 30)
  }

  @Test func aLedgerWithoutBytesIsRefusedWithTheWayOut() throws {
    try folder.write([], to: "ledger.sqlite")
    try expectRefusal("ledger.sqlite", "no bytes left")
    #expect(try folder.read("ledger.sqlite") == [])
  }

  @Test func aLedgerThatIsGoneBesideItsLogIsRefusedWithTheWayOut() async throws {
    try await killed(3, as: "ledger.sqlite")
    _ = path.withPlatformString { unlink($0) }
    try expectRefusal("ledger.sqlite", "is gone")
    #expect(!folder.files().contains("ledger.sqlite"))
  }

  @Test func anotherFileIsRefusedWithTheWayOut() throws {
    try folder.write(Array(repeating: 0x41, count: 5000), to: "ledger.sqlite")
    try expectRefusal("ledger.sqlite", "not a database")
  }

  @Test func aFolderThatIsNotThereIsNamed() {
    let error = #expect(throws: KeepError.self) { try open("nowhere/ledger.sqlite") }
    #expect(error?.code.exitStatus == 40)
    #expect(error?.hint?.contains("--ledger") == true)
    #expect(folder.files() == [])
  }

  @Test func aLockThatAnotherProcessDoesNotLetGoOfEndsIn40AndChangesNothing() async throws {
    let ledger = try Ledger(at: path, busyTimeout: .milliseconds(50), now: { Samples.noon })
    _ = try await ledger.claim(Samples.submission())
    let holder = try ChildProcess(["sqlite3", path.string])
    try holder.write(Array(".bail on\nBEGIN IMMEDIATE;\n.system echo held\n".utf8))
    #expect(String(decoding: try holder.read(), as: UTF8.self).contains("held"))
    for _ in 0..<2 {
      let error = await #expect(throws: KeepError.self) {
        try await ledger.beginSubmit(Samples.submission().key)
      }
      #expect(error?.code.exitStatus == 40)
      #expect(error?.reason.contains("another process is writing") == true)
      #expect(error?.hint?.contains("wait until it is done") == true)
    }
    // Reading goes on, and so does opening.
    let other = try Ledger(at: path, busyTimeout: .milliseconds(50), now: { Samples.noon })
    #expect(try await other.entries().map(\.state) == [.claimed])
    holder.signal(9)
    _ = holder.waitForEnd()
    #expect(try await ledger.events(key: Samples.submission().key, request: nil).map(\.name) == ["claimed"])
    try await ledger.beginSubmit(Samples.submission().key)
    #expect(try await ledger.audit() == [])
  }

  @Test func thirtySecondsIsHowLongAChangeWaits() async throws {
    let ledger = try open()
    #expect(try await ledger.pragma("busy_timeout") == "30000")
  }
}
