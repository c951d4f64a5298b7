import Foundation
import KeepFiles
import KeepLedger
import KeepModel
import KeepTestKit
import Synchronization
import SystemPackage
import Testing

@testable import KeepPipeline

/// Files whose runs are over go where they belong; nothing is ever replaced or deleted.
@Suite struct ArrivalFilingTests {
  private let inbox: TemporaryFolder
  private let ledger: Ledger

  init() throws {
    inbox = try TemporaryFolder()
    ledger = try Ledger(at: inbox(".ledger.sqlite"), now: { Timestamp(milliseconds: 1000) })
  }

  private func arrival(_ path: String, _ state: Arrival.State, _ reason: String? = nil) async throws
    -> Arrival
  {
    try FileManager.default.createDirectory(
      atPath: inbox(path).removingLastComponent().string, withIntermediateDirectories: true)
    try inbox.write(Array(path.utf8), to: path)
    let mark = ArrivalMark(path: FilePath(path), stamp: try #require(FileState(ofFileAt: inbox(path))).mark)
    let arrival = try #require(
      try await ledger.recordArrival(
        mark, in: inbox.path, size: 1, checksum: Checksum(of: Array(path.utf8)), isUrgent: false))
    return try #require(try await ledger.endArrival(arrival.id, state, reason: reason))
  }

  private func file(
    _ arrival: Arrival, _ filing: WatchSetting.Filing = .move, sidecars: Bool = false
  ) async throws -> Arrival {
    try await ArrivalFiling(filing: filing, ledger: ledger, usesSidecars: { _, _ in sidecars }).file(arrival)
  }

  private var visible: [String] { inbox.files().filter { !$0.hasPrefix(".") }.sorted() }

  @Test func eachGoesIntoItsFolderBelowWhichItsOwnStays() async throws {
    #expect(try await file(arrival("a/b/cat.png", .done)).movedTo == "done/a/b/cat.png")
    #expect(try await file(arrival("dog.png", .skipped)).movedTo == "skipped/dog.png")
    #expect(try await file(arrival("x.png", .waiting)).movedTo == nil)
    #expect(visible == ["done/a/b/cat.png", "skipped/dog.png", "x.png"])
  }

  @Test func whatIsParkedHasTheReasonBesideItUntilItIsTakenAgain() async throws {
    let parked = try await file(arrival("cat.png", .failed, "no memory"))
    #expect(parked.movedTo == "failed/cat.png")
    let words = String(decoding: try inbox.read("failed/cat.png.reason.txt"), as: UTF8.self)
    #expect(words.contains("no memory") && words.contains("comfykeep retry"))
    let again = try #require(try await ledger.repeatArrivals([parked.id]).first)
    #expect(again.place == inbox("failed/cat.png"))
    let done = try #require(try await ledger.endArrival(again.id, .done))
    #expect(try await file(done).movedTo == "done/cat.png")
    #expect(visible == ["done/cat.png"])
  }

  /// What is taken again has the values that it had, and another file of the name has not.
  @Test func whatGivesValuesGoesAlong() async throws {
    for name in ["cat.yaml", "comfykeep.yaml"] { try inbox.write(Array("set:".utf8), to: name) }
    let parked = try await file(arrival("cat.png", .failed, "no memory"), sidecars: true)
    #expect(visible == ["comfykeep.yaml", "failed/cat.png", "failed/cat.png.reason.txt", "failed/cat.yaml"])
    let again = try #require(try await ledger.repeatArrivals([parked.id]).first)
    _ = try await file(try #require(try await ledger.endArrival(again.id, .done)), sidecars: true)
    _ = try await file(arrival("comfykeep.png", .done), sidecars: true)
    #expect(visible == ["comfykeep.yaml", "done/cat.png", "done/cat.yaml", "done/comfykeep.png"])
  }

  /// Killed between the move and its record: the file lies where it belongs, and what gives values to it does not yet.
  @Test func afterAKillWhatGivesValuesFollows() async throws {
    try inbox.write(Array("set:".utf8), to: "cat.yaml")
    let killed = try await arrival("cat.png", .failed, "no memory")
    try FileManager.default.createDirectory(atPath: inbox("failed").string, withIntermediateDirectories: true)
    #expect(rename(inbox("cat.png").string, inbox("failed/cat.png").string) == 0)
    #expect(try await file(killed, sidecars: true).movedTo == "failed/cat.png")
    #expect(visible == ["failed/cat.png", "failed/cat.png.reason.txt", "failed/cat.yaml"])
  }

  @Test func aFileIsMovedAlsoWhereWhatGivesValuesCannotFollow() async throws {
    for name in ["cat.yaml", "done/cat.yaml"] { try inbox.write(Array(name.utf8), to: name) }
    let done = try await arrival("cat.png", .done)
    let told = Mutex<[String]>([])
    let filing = ArrivalFiling(filing: .move, ledger: ledger, usesSidecars: { _, _ in true })
    let filed = try await filing.filed(done) { news in
      if case .warning(let words, _) = news { told.withLock { $0.append(words) } }
    }
    #expect(filed.movedTo == "done/cat.png")
    #expect(told.withLock { $0 }.count == 1)
    #expect(told.withLock { $0.allSatisfy { $0.hasPrefix("was moved, but not all") } })
    #expect(visible == ["cat.yaml", "done/cat.png", "done/cat.yaml"])
    #expect(try inbox.read("done/cat.yaml") == Array("done/cat.yaml".utf8))
  }

  @Test func whatGivesValuesToAnotherFileStays() async throws {
    try inbox.write(Array("set:".utf8), to: "cat.yaml")
    let first = try await arrival("cat.png", .done)
    let second = try await arrival("cat.jpg", .done)
    #expect(try await file(first, sidecars: false).movedTo == "done/cat.png")
    #expect(visible.contains("cat.yaml"), "no recipe takes it for a sidecar")
    #expect(try await file(second, sidecars: true).movedTo == "done/cat.jpg")
    let third = try await arrival("cat.png", .done)
    _ = try await arrival("cat.webp", .waiting)
    try inbox.write(Array("set:".utf8), to: "cat.yaml")
    #expect(try await file(third, sidecars: true).movedTo == "done/cat-2.png")
    #expect(
      visible == ["cat.webp", "cat.yaml", "done/cat-2.png", "done/cat.jpg", "done/cat.png", "done/cat.yaml"])
  }

  @Test func whatFailsAgainStaysWhereItIsWithTheNewReason() async throws {
    let parked = try await file(arrival("a/cat.png", .failed, "no memory"))
    let again = try #require(try await ledger.repeatArrivals([parked.id]).first)
    let failed = try #require(try await ledger.endArrival(again.id, .failed, reason: "no disk"))
    #expect(try await file(failed).movedTo == "failed/a/cat.png")
    #expect(visible == ["failed/a/cat.png", "failed/a/cat.png.reason.txt"])
    #expect(
      String(decoding: try inbox.read("failed/a/cat.png.reason.txt"), as: UTF8.self).contains("no disk"))
  }

  @Test func aNameThatIsTakenIsPassedOver() async throws {
    for expected in ["done/cat.png", "done/cat-2.png", "done/cat-3.png"] {
      #expect(try await file(arrival("cat.png", .done)).movedTo == FilePath(expected))
    }
  }

  @Test func aFileThatWasReplacedStaysWhereItIs() async throws {
    let done = try await arrival("cat.png", .done)
    try inbox.write(Array("another picture".utf8), to: "cat.png")
    #expect(try await file(done).movedTo == nil)
    #expect(visible == ["cat.png"])
  }

  @Test func nothingIsMovedWhereItIsToStay() async throws {
    #expect(try await file(arrival("cat.png", .done), .leave).movedTo == nil)
    #expect(visible == ["cat.png"])
  }

  @Test func whatIsInTheWayIsAnErrorAndTheFileStays() async throws {
    try inbox.write([1], to: "done")
    let done = try await arrival("cat.png", .done)
    await #expect(throws: KeepError.self) { try await file(done) }
    #expect(visible == ["cat.png", "done"])
  }

  @Test func namesThatAreNotTextAreMovedToo() async throws {
    let name = FilePath(platformString: [0x61, -1, 0x2E, 0x70, 0x6E, 0x67, 0])
    let place = inbox.path.pushing(name)
    try inbox.write([1], to: "plain.png")
    #expect(try Folder.moveFile(inbox("plain.png"), to: place))
    let mark = ArrivalMark(path: name, stamp: try #require(FileState(ofFileAt: place)).mark)
    let arrival = try #require(
      try await ledger.recordArrival(
        mark, in: inbox.path, size: 1, checksum: Checksum(of: [1]), isUrgent: false))
    let failed = try #require(try await ledger.endArrival(arrival.id, .failed, reason: "no"))
    #expect(try await file(failed).movedTo == FilePath("failed").pushing(name))
  }
}
