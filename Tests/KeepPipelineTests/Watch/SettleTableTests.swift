import KeepFiles
import SystemPackage
import Testing

@testable import KeepPipeline

/// When a file is settled, told by histories that are made up.
@Suite struct SettleTableTests {
  @Test func aFileThatStaysAsItIsIsSettledAfterItsQuietTime() throws {
    var script = SettleScript()
    script.happens(stamp(), at: 1)
    #expect(script.table.count == 1)
    #expect(script.table.next == .seconds(3))
    #expect(script.table.due(at: .seconds(2.9), limit: 10) == [])
    let end = try script.end(until: 100)
    #expect(end.verdict == .settled(stamp()))
    #expect(end.at == .seconds(3))
    #expect(script.table.count == 0)
    #expect(script.table.next == nil)
  }

  @Test(arguments: [.min, -86_400 * 3, 0, 4_000_000_000, .max] as [Int64])
  func whatStandsInAFilesTimesDoesNotMatter(seconds: Int64) throws {
    var script = SettleScript()
    script.happens(stamp(at: Int(seconds)), at: 0)
    try script.ends(at: .seconds(2))
  }

  @Test func aCopyThatIsToldTwiceAtOnceNeedsNoMoreTime() throws {
    var script = SettleScript()
    script.happens(stamp(0), at: 0)
    script.happens(stamp(500), at: 0.02)
    try script.ends(at: moment(2.02))
  }

  @Test func seeingTheSameStateAgainPutsNothingOff() throws {
    var script = SettleScript()
    for second in [0, 0.5, 1, 1.5, 1.9] { script.happens(stamp(), at: second) }
    try script.ends(at: .seconds(2))
  }

  /// As a network share that is polled, where nobody tells who writes.
  @Test(arguments: [Bool?.none, false], [true, false])
  func aPauseInASlowCopyIsNoEnd(hasWriter: Bool?, isSeen: Bool) throws {
    var script = SettleScript()
    script.hasWriter = hasWriter
    script.happens(stamp(0), at: 0)
    for step in 1...60 {
      let second = Double(step) * 1.9
      #expect(script.run(until: second) == nil, "\(second)")
      script.happens(stamp(step), at: second, isSeen: isSeen)
    }
    let end = try script.end(until: 1000)
    #expect(end.verdict == .settled(stamp(60)))
    #expect(end.at >= .seconds(60 * 1.9 + 2))
    #expect(end.at <= .seconds(60 * 1.9 + 62))
  }

  @Test func aPauseMayBeNearlyTwiceAsLongAsTheOneBefore() throws {
    var script = SettleScript()
    script.happens(stamp(0), at: 0)
    var second = 0.0
    for (step, pause) in [1.9, 3.7, 7.3, 14.5, 28.9, 29, 29.9].enumerated() {
      second += pause
      #expect(script.run(until: second) == nil)
      script.happens(stamp(step + 1), at: second)
    }
    try script.ends(at: moment(second + 30))
  }

  @Test func theQuietTimeIsAsItWasOnceAFileIsSettled() throws {
    var script = SettleScript()
    script.happens(stamp(0), at: 0)
    script.happens(stamp(1), at: 1.9)
    try script.ends(at: moment(5.7))
    script.happens(stamp(2), at: 100)
    try script.ends(at: .seconds(102))
  }

  @Test func aQuietTimeOfAMinuteStaysOne() throws {
    var script = SettleScript(quiet: .seconds(60))
    script.happens(stamp(0), at: 0)
    script.happens(stamp(1), at: 50)
    try script.ends(at: .seconds(110))
  }

  @Test func noQuietTimeAtAllIsALookAtOnce() throws {
    var script = SettleScript(quiet: .zero)
    script.happens(stamp(), at: 1)
    try script.ends(at: .seconds(1))
    script.hasWriter = true
    script.happens(stamp(2), at: 2)
    #expect(script.run(until: 60) == nil)
    #expect(script.looks.count < 30)
  }

  @Test func aLargeFileWaitsLongerWhereNobodyTellsWhoWrites() throws {
    for (size, seconds) in [(0, 2), (1 << 20, 2), (320 << 20, 5), (2 << 30, 30), (1 << 40, 30)] {
      var script = SettleScript()
      script.happens(stamp(size), at: 0)
      try script.ends(at: .seconds(2))
      script.hasWriter = nil
      script.happens(stamp(size, at: 1), at: 100)
      try script.ends(at: .seconds(100 + seconds))
    }
  }

  // MARK: Files that are open for writing

  @Test func whoHasItOpenIsWaitedForAndThenTheQuietTimeBegins() throws {
    var script = SettleScript()
    script.hasWriter = true
    script.happens(stamp(), at: 0)
    #expect(script.run(until: 60) == nil)
    #expect(script.looks.prefix(4) == [.seconds(2), .seconds(4), .seconds(8), .seconds(13)])
    #expect(script.table.postponed.map(\.reason) == ["is still open for writing"])
    script.hasWriter = false
    let end = try script.end(until: 1000)
    // Found out at 63, the next look.
    #expect(end.at == .seconds(65))
    #expect(script.table.postponed.isEmpty)
  }

  @Test func aSightingOfAnOpenFileIsFollowedByALookSoon() throws {
    var script = SettleScript()
    script.hasWriter = true
    script.happens(stamp(1), at: 0)
    #expect(script.run(until: 60) == nil)
    script.hasWriter = false
    script.happens(stamp(2), at: 60)
    try script.ends(at: .seconds(62.25))
  }

  /// A thousand `>>` a second to a file are not a thousand looks.
  @Test func sightingsOfAnOpenFileDoNotMakeALookEach() {
    var script = SettleScript()
    script.hasWriter = true
    script.happens(stamp(0), at: 0)
    for step in 2000...12_000 {
      _ = script.run(until: Double(step) / 1000)
      script.happens(stamp(step), at: Double(step) / 1000)
    }
    #expect((35...45).contains(script.looks.count), "\(script.looks.count)")
  }

  /// Pauses while the file is open say nothing of what comes after.
  @Test func aLongCopyByOneOpeningDoesNotMakeTheQuietTimeLonger() throws {
    var script = SettleScript()
    script.hasWriter = true
    script.happens(stamp(0), at: 0)
    for step in 1...60 {
      #expect(script.run(until: Double(step)) == nil)
      script.happens(stamp(step), at: Double(step), isSeen: false)
    }
    script.hasWriter = false
    script.happens(stamp(61), at: 60.5)
    try script.ends(at: .seconds(62.75))
  }

  @Test func anOpenFileIsNeverGivenUp() {
    var script = SettleScript(patience: .seconds(100))
    script.hasWriter = true
    script.happens(stamp(), at: 0)
    #expect(script.run(until: 1_000_000) == nil)
    #expect(script.table.count == 1)
  }

  // MARK: Files that take another's place, and files that go

  @Test func aFileThatTakesTheOthersPlaceHasAQuietTimeOfItsOwn() throws {
    var script = SettleScript()
    script.happens(stamp(at: 1, inode: 1), at: 0)
    script.happens(stamp(2, at: 1, inode: 1), at: 1.9)
    script.happens(stamp(2, at: 1, inode: 2), at: 3)
    let end = try script.end(until: 1000)
    #expect(end.verdict == .settled(stamp(2, at: 1, inode: 2)))
    #expect(end.at == .seconds(5))
  }

  @Test func aFileThatWasTruncatedAndWrittenAgainIsNotTheOneFromBefore() throws {
    var script = SettleScript()
    script.happens(stamp(10, at: 1), at: 0)
    script.happens(stamp(0, at: 2), at: 1, isSeen: false)
    script.happens(stamp(10, at: 3), at: 1.5, isSeen: false)
    let end = try script.end(until: 1000)
    #expect(end.verdict == .settled(stamp(10, at: 3)))
    // Seen at 2 for the first time, two seconds after what was there before.
    #expect(end.at == .seconds(6))
  }

  @Test func aFileThatIsGoneIsForgotten() {
    var script = SettleScript()
    script.happens(stamp(), at: 0)
    script.happens(nil, at: 1, isSeen: false)
    #expect(script.verdict() == .gone)
    script.happens(stamp(), at: 10)
    script.happens(nil, at: 11)
    #expect(script.table.count == 0)
    #expect(script.table.next == nil)
    script.happens(nil, at: 12)
    #expect(script.verdict() == nil)
  }

  // MARK: While a look is being taken

  @Test func aFileIsHandedOutOnceUntilTheLookIsTold() {
    var table = SettleTable()
    table.see("/a", stamp(), at: .zero)
    #expect(table.due(at: .seconds(2), limit: 10) == ["/a"])
    #expect(table.due(at: .seconds(200), limit: 10) == [])
    table.see("/a", stamp(2), at: .seconds(200))
    #expect(table.due(at: .seconds(300), limit: 10) == [])
    #expect(table.next == nil)
    #expect(table.count == 1)
    // What the look saw is older than the sighting, or newer; in no case is it settled.
    #expect(table.look("/a", stamp(), hasWriter: false, at: .seconds(300)) == .wait)
    #expect(table.next != nil)
  }

  @Test func aChangeThatIsSeenWhileTheLookIsTakenCounts() {
    var table = SettleTable()
    table.see("/a", stamp(), at: .zero)
    #expect(table.due(at: .seconds(2), limit: 1) == ["/a"])
    table.see("/a", stamp(2), at: .seconds(2.1))
    #expect(table.look("/a", stamp(2), hasWriter: false, at: .seconds(2.2)) == .wait)
    #expect(table.due(at: .seconds(4), limit: 1) == [])
  }

  @Test func whatGoesWhileTheLookIsTakenIsGone() {
    var table = SettleTable()
    table.see("/a", stamp(), at: .zero)
    #expect(table.due(at: .seconds(2), limit: 1) == ["/a"])
    table.see("/a", nil, at: .seconds(2.1))
    #expect(table.look("/a", stamp(), hasWriter: false, at: .seconds(2.2)) == .gone)
    #expect(table.count == 0)
  }

  @Test func whatComesBackWhileTheLookIsTakenIsAnother() {
    var table = SettleTable()
    table.see("/a", stamp(), at: .zero)
    #expect(table.due(at: .seconds(2), limit: 1) == ["/a"])
    table.see("/a", nil, at: .seconds(2.1))
    table.see("/a", stamp(inode: 2), at: .seconds(2.2))
    #expect(table.look("/a", stamp(), hasWriter: false, at: .seconds(2.3)) == .wait)
    #expect(table.due(at: .seconds(4.3), limit: 5) == ["/a"])
    #expect(table.due(at: .seconds(4.3), limit: 5) == [])
    #expect(table.look("/a", stamp(inode: 2), hasWriter: false, at: .seconds(4.3)) == .wait)
    #expect(table.due(at: .seconds(6.3), limit: 5) == ["/a"])
    #expect(
      table.look("/a", stamp(inode: 2), hasWriter: false, at: .seconds(6.3)) == .settled(stamp(inode: 2)))
  }
}
