import Foundation
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

/// What happens to the files, and to those whose runs fail.
@Suite(.timeLimit(.minutes(60))) struct WatchFileTests {
  @Test func filesAreMovedToWhereTheyBelong() throws {
    let place = try WatchPlace()
    let watch = try place.start("--after", "move").ready()
    try place.drop(1, as: "a.png")
    try place.drop(2, as: "below/b.png")
    try place.wait(for: 2, "done", watch)
    try place.drop(1, as: "below/copy.png")
    try place.wait(for: 1, "skipped", watch)
    #expect(watch.stop() == 0)
    #expect(place.files == ["done/a.png", "done/below/b.png", "skipped/below/copy.png"])
    let moved = try place.arrivals("done").compactMap { $0["moved_to"] as? String }.sorted()
    #expect(moved == ["done/a.png", "done/below/b.png"])
    try place.expectOnce([1, 2])
  }

  @Test(arguments: ["leave", "move"]) func whatFailsIsParkedWithItsReasonAndTakenAgainWhenAsked(after: String)
    throws
  {
    let place = try WatchPlace()
    try place.service.setFaults("run-fails=out of memory")
    let watch = try place.start("--after", after).ready()
    try place.drop(1, as: "below/a.png")
    try place.wait(for: 1, "failed", watch)
    let parked = after == "move" ? "failed/below/a.png" : "below/a.png"
    if after == "move" {
      #expect(place.files == [parked, "failed/below/a.png.reason.txt"])
      let reason = String(decoding: try place.read("failed/below/a.png.reason.txt"), as: UTF8.self)
      #expect(reason.contains("out of memory"), "\(reason)")
    }
    #expect((try place.arrivals("failed").first?["reason"] as? String)?.contains("out of memory") == true)
    try place.service.setFaults()
    let retried = try place.command("retry", place.folder.pushing(FilePath(parked)).string)
    #expect(retried.status == 0, "\(retried.errors)")
    try place.wait(for: 1, "done", watch)
    #expect(watch.stop() == 0)
    #expect(place.files == [after == "move" ? "done/below/a.png" : "below/a.png"])
    #expect(try place.submitted() == [Checksum(of: Pictures.png(1)).hexadecimal: 2])
    let (list, checked) = (try place.command("list", "--json"), try place.command("ledger", "check"))
    #expect(list.objects.compactMap { $0["state"] as? String }.contains("archived"))
    #expect(checked.status == 0, "\(checked.output)")
  }

  @Test func allThatIsParkedIsTakenAgainByAWordWhileNoWatchRuns() throws {
    let place = try WatchPlace()
    try place.service.setFaults("run-fails=out of memory")
    let first = try place.start("--after", "move").ready()
    for value in UInt8(0)..<3 { try place.drop(value, as: "\(value).png") }
    try place.wait(for: 3, "failed", first)
    #expect(first.stop() == 0)
    let again = try place.start("--after", "move").ready()
    #expect(again.stop() == 0)
    #expect(try place.service.submissions().count == 3, "what failed is not tried again by itself")
    try place.service.setFaults()
    #expect(try place.command("retry", "--parked").status == 0)
    let second = try place.start("--after", "move").ready()
    try place.wait(for: 3, "done", second)
    #expect(place.files == (0..<3).map { "done/\($0).png" })
    #expect(try place.service.submissions().count == 6)
  }

  @Test func whatIsNoMediaFailsOrIsSkippedAndIsNotSubmitted() throws {
    let place = try WatchPlace()
    let watch = try place.start("--after", "move").ready()
    try place.drop(Array("words".utf8), as: "notes.txt")
    try place.drop(Array("GIF89a, says the name, and is none".utf8), as: "liar.png")
    try watch.wait(for: "both") {
      try place.arrivals().count { ["failed", "skipped"].contains($0["state"] as? String) } >= 1
    }
    try place.drop(1, as: "a.png")
    try place.wait(for: 1, "done", watch)
    try place.expectOnce([1])
    #expect(try place.arrivals().allSatisfy { $0["state"] as? String == "done" || $0["reason"] is String })
  }

  @Test func aMoveThatFailsIsNoSecondRun() throws {
    let place = try WatchPlace()
    // A link that leads nowhere is in the place of the folder.
    try FileManager.default.createSymbolicLink(
      atPath: place("drop/done").string, withDestinationPath: "/nowhere")
    for round in 0..<3 {
      let watch = try place.start("--after", "move").ready()
      if round == 0 { try place.drop(1, as: "a.png") }
      try watch.wait(for: "the run") { try place.service.submissions().count == 1 }
      try place.wait(for: 1, "done", watch)
      #expect(watch.stop() == 0)
    }
    try place.expectOnce([1])
    #expect(try place.read("a.png") == Pictures.png(1))
  }

  @Test func nothingIsOverwrittenByAMove() throws {
    let place = try WatchPlace()
    let watch = try place.start("--after", "move").ready()
    for value in UInt8(1)...3 {
      try place.drop(value, as: "a.png")
      try place.wait(for: Int(value), "done", watch)
    }
    #expect(watch.stop() == 0)
    let kept = Set(try place.files.map { try place.read($0) })
    #expect(kept == Set((UInt8(1)...3).map { Pictures.png($0) }), "\(place.files)")
    try place.expectOnce(1...3)
  }

  @Test(.enabled(if: SmallDisk.canMount, "needs the right to mount"))
  func aMoveToAnotherFileSystemLosesNothing() throws {
    let disk = try SmallDisk("size=8m")
    let place = try WatchPlace()
    for round in 0..<2 {
      let watch = try place.start("--after", "move", folders: [disk.folder.path]).ready()
      if round == 0 {
        try Data(Pictures.png(1)).write(to: URL(fileURLWithPath: disk.path.appending("a.png").string))
      }
      try place.wait(for: 1, "done", watch)
      #expect(watch.stop() == 0)
    }
    try place.expectOnce([1])
    let found = try Judges.run("/usr/bin/find", [disk.folder.path.string, "-name", "*.png"])
    let names = found.output.split(separator: "\n")
    #expect(names.count == 1, "\(names)")
    let bytes = try Data(contentsOf: URL(fileURLWithPath: String(try #require(names.first))))
    #expect(Array(bytes) == Pictures.png(1))
  }

  @Test func aFileThatIsReplacedWhileItRunsIsNotMovedForTheOldOne() throws {
    let place = try WatchPlace("--run-time", "1h")
    let watch = try place.start("--after", "move").ready()
    try place.drop(1, as: "a.png")
    try watch.wait(for: "the first") { try place.service.submissions().count == 1 }
    try place.drop(2, as: "a.png")
    try watch.wait(for: "the second") { try place.service.submissions().count == 2 }
    try place.service.advance(seconds: 7200)
    try place.wait(for: 2, "done", watch)
    #expect(watch.stop() == 0)
    try place.expectOnce([1, 2])
    let kept = try place.files.map { try place.read($0) }
    #expect(kept.contains(Pictures.png(2)), "\(place.files)")
  }

  @Test func theSameFileAgainIsMovedAsACopy() throws {
    let place = try WatchPlace()
    let watch = try place.start("--after", "move").ready()
    try place.drop(1, as: "a.png")
    try place.wait(for: 1, "done", watch)
    try place.drop(1, as: "a.png")
    try place.wait(for: 1, "skipped", watch)
    #expect(watch.stop() == 0)
    #expect(place.files == ["done/a.png", "skipped/a.png"])
    try place.expectOnce([1])
  }
}
