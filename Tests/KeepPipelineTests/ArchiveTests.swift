import Glibc
import KeepModel
import KeepTestKit
import Synchronization
import SystemPackage
import Testing

@testable import KeepLedger
@testable import KeepPipeline

/// The archive on disk: any number of writers and readers, nothing left of a killed one.
@Suite struct ArchiveTests {
  @Test func severalWriteAndOthersRead() async throws {
    let bench = try Bench()
    let writer = try await bench.archive()
    #expect(writer.wasAlone)
    let other = try await bench.archive()
    #expect(!other.wasAlone)
    _ = try await other.ledger.claim(try bench.submission(3))
    #expect(try await writer.entries().count == 1)
    let error = await #expect(throws: KeepError.self) { try await bench.archive(.alone) }
    #expect(error?.code == .ledgerUnusable)
    #expect(error?.reason.contains("process") == true)
    _ = try await writer.ledger.claim(try bench.submission())
    let reader = try await bench.archive(.reading)
    #expect(try await reader.entries().count == 2)
    _ = try await writer.ledger.claim(try bench.submission(2))
    #expect(try await reader.entries().count == 3)
  }

  @Test func aReaderSeesAWholeLedgerWhileAWriterWrites() async throws {
    let bench = try Bench()
    let writer = try await bench.archive()
    let submissions = try (0..<40).map { try bench.submission(UInt8($0), name: "\($0).png") }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { for submission in submissions { _ = try await writer.ledger.claim(submission) } }
      group.addTask {
        var last = 0
        for _ in 0..<20 {
          let count = try await bench.archive(.reading).entries().count
          #expect(count >= last)
          last = count
        }
      }
      try await group.waitForAll()
    }
  }

  @Test func aLedgerElsewhereServesAllItsArchivesAtOnce() async throws {
    let folder = try TemporaryFolder()
    let ledger = folder("state/ledger.sqlite")
    let first = try await Archive(at: folder("one"), ledger: ledger, for: .writing, now: { Bench.noon })
    let second = try await Archive(at: folder("two"), ledger: ledger, for: .writing, now: { Bench.noon })
    #expect(!second.wasAlone)
    let inside = await first.turns.alone("a name", patience: .none) {
      await second.turns.alone("a name", patience: .none) { 1 } == nil
    }
    #expect(inside == true)
  }

  @Test func oneArchiveHasOneLedgerAtATime() async throws {
    let folder = try TemporaryFolder()
    let archive = folder("archive")
    let first = try await Archive(at: archive, ledger: folder("a.sqlite"), for: .writing, now: { Bench.noon })
    let error = await #expect(throws: KeepError.self) {
      try await Archive(at: archive, ledger: folder("b.sqlite"), for: .writing, now: { Bench.noon })
    }
    #expect(error?.code == .ledgerUnusable)
    #expect(error?.reason.contains("a.sqlite") == true)
    #expect(first.layout.root == archive)
  }

  @Test func whatALivingProcessIsSendingIsNotInDoubt() async throws {
    let bench = try Bench()
    let submission = try bench.submission()
    let key = submission.key
    let sender = try await bench.archive()
    _ = try await sender.ledger.claim(submission)
    try await sender.ledger.beginSubmit(key)
    try await sender.turns.alone("submission \(key)") {
      let other = try await bench.archive()
      #expect(try await other.entries().first?.state == .submitting)
    }
    let next = try await bench.archive()
    #expect(try await next.entries().first?.state == .inDoubt)
  }

  @Test func whatIsNoArchiveIsNotMadeOneByLooking() async throws {
    let bench = try Bench()
    let error = await #expect(throws: KeepError.self) { try await bench.archive(.reading) }
    #expect(error?.code == .usage)
    #expect(bench.folder.files() == [])
  }

  @Test func aKilledWritersLeftoversGoAndNothingElseDoes() async throws {
    let bench = try Bench()
    let submission = try bench.submission()
    #expect(try await bench.run(submission).state == .archived)
    let kept = bench.left
    #expect(!bench.folder.files().contains { $0.contains("/.comfykeep/writing") })
    let strays = [
      "archive/.comfykeep/writing", "archive/.comfykeep/.comfykeep-a1.part",
      "archive/.comfykeep/inputs/.comfykeep-b2.part", "archive/2026-09-21/cat/.comfykeep-c3.part",
      "archive/.comfykeep/partial/req-1/0.part",
      "archive/.comfykeep/inputs/\(Checksum(of: Array("old".utf8)).hexadecimal)",
    ]
    for stray in strays { try bench.folder.write([1], to: stray) }
    let others = ["archive/holiday/.comfykeep-mine.part", "archive/.comfykeep/partial/req-7/0.part"]
    for other in others { try bench.folder.write([1], to: other) }
    do { _ = try await bench.archive() }
    #expect(bench.left == (kept + others).sorted())
  }

  /// A kill before the mark stands must leave nothing: without the mark nobody would clean up.
  @Test func theMarkOfAWriterStandsBeforeAnyTemporaryFile() async throws {
    let bench = try Bench()
    do { _ = try await bench.archive() }
    let witness = try FolderWitness(bench.folder("archive/.comfykeep"))
    let archive = try await bench.archive()
    let names = try witness.names()
    #expect(names.contains { $0.hasPrefix("writing-") })
    #expect(names.filter { $0.hasSuffix(".part") } == [])
    #expect(archive.layout.root == bench.root)
  }

  @Test func aFolderThatIsNotOursIsNotLookedInto() async throws {
    let bench = try Bench()
    do { _ = try await bench.archive() }
    try bench.folder.write([], to: "archive/.comfykeep/writing")
    // Root reads every folder; for others it is one that would end the command.
    let foreign = bench.folder("archive/lost+found")
    _ = foreign.withPlatformString { mkdir($0, 0o000) }
    try bench.folder.write([1], to: "archive/notes/mine/.comfykeep-mine.part")
    do { _ = try await bench.archive() }
    #expect(!bench.folder.files().contains("archive/.comfykeep/writing"))
    #expect(bench.folder.files().contains("archive/notes/mine/.comfykeep-mine.part"))
    _ = foreign.withPlatformString { chmod($0, 0o700) }
  }

  @Test(arguments: [[], Array("no database at all, whatever it is called".utf8)])
  func aLedgerThatIsNoneNeverStartsEmpty(bytes: [UInt8]) async throws {
    let bench = try Bench()
    try bench.folder.write(bytes, to: "archive/.comfykeep/ledger.sqlite")
    for purpose in [Archive.Purpose.reading, .writing] {
      let error = await #expect(throws: KeepError.self) { try await bench.archive(purpose) }
      #expect(error?.code == .ledgerUnusable)
      #expect(error?.hint != nil)
    }
    #expect(try bench.folder.read("archive/.comfykeep/ledger.sqlite") == bytes)
  }

  @Test func aLogWithoutItsLedgerIsNotTakenForANewOne() async throws {
    let bench = try Bench()
    try bench.folder.write([1, 2, 3], to: "archive/.comfykeep/ledger.sqlite-wal")
    let error = await #expect(throws: KeepError.self) { try await bench.archive() }
    #expect(error?.code == .ledgerUnusable)
    #expect(bench.folder.files().filter { $0.contains("ledger") } == ["archive/.comfykeep/ledger.sqlite-wal"])
  }

  @Test func anArchiveWhosePathIsNotUTF8NeedsItsLedgerElsewhere() async throws {
    let folder = try TemporaryFolder()
    var bytes =
      Array(folder.path.string.utf8CString.dropLast()) + [CChar(bitPattern: 0x2F), CChar(bitPattern: 0xE9)]
    bytes.append(0)
    let root = FilePath(platformString: bytes)
    let error = await #expect(throws: KeepError.self) {
      try await Archive(at: root, for: .writing, now: { Bench.noon })
    }
    #expect(error?.code == .ledgerUnusable)
    #expect(error?.hint?.contains("--ledger") == true)
    let bench = try Bench()
    let archive = try await Archive(
      at: root, ledger: folder("ledger.sqlite"), for: .writing, now: { Bench.noon })
    let submission = try bench.submission()
    let outcome = await (try bench.pipeline(archive)).run(submission, label: "cat.png")
    #expect(outcome.state == .archived)
    #expect(outcome.bundle?.starts(with: root) == true)
    let again = await (try bench.pipeline(archive)).run(submission, label: "cat.png")
    #expect(again.wasKeptAlready)
    #expect(again.error == nil)
  }

  @Test func bundlesAreKnownByTheirPlaceInTheArchive() {
    for root in ["archive", "./archive", "/data/archive", ".", "../archive"] as [FilePath] {
      let layout = ArchiveLayout(root: root)
      let bundle = root.appending("2026-09-21").appending("cat").appending("run-1.zip")
      #expect(layout.relative(bundle) == "2026-09-21/cat/run-1.zip")
      #expect(layout.absolute(layout.relative(bundle)) == bundle)
    }
    let layout = ArchiveLayout(root: "/data/archive")
    #expect(layout.relative("/elsewhere/run-1.zip") == "/elsewhere/run-1.zip")
    #expect(layout.spool("../../etc").removingLastComponent() == layout.spools)
    #expect(ArchiveLayout.isDay("/a/2026-09-21"))
    for name in ["/a/2026-9-21", "/a/lost+found", "/a/20260-9-21", "/a/2026-09-2x", "/a"] as [FilePath] {
      #expect(!ArchiveLayout.isDay(name))
    }
  }
}
