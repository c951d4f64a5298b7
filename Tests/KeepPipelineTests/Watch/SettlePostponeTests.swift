import KeepFiles
import SystemPackage
import Testing

@testable import KeepPipeline

/// Files that were settled and turned out not to be whole.
@Suite struct SettlePostponeTests {
  private let reason = "is not a whole PNG file: it ends early"

  private func postponed(patience: Duration = .seconds(86_400)) throws -> SettleScript {
    var script = SettleScript(patience: patience)
    script.happens(stamp(), at: 0)
    #expect(script.verdict() == .settled(stamp()))
    script.table.postpone(script.path, stamp(), reason: reason, at: script.time)
    script.looks = []
    return script
  }

  @Test func itIsLookedAtEverLessOften() throws {
    var script = try postponed()
    #expect(script.run(until: 2000) == nil)
    let pauses: [Duration] = zip(script.looks, [.seconds(2)] + script.looks).map { $0 - $1 }
    #expect(Array(pauses.prefix(9)) == [2, 4, 8, 16, 32, 64, 128, 256, 300].map { Duration.seconds($0) })
    #expect(pauses.allSatisfy { $0 <= .seconds(300) })
    #expect(script.table.postponed.map(\.path) == [script.path])
    #expect(script.table.postponed.map(\.reason) == [reason])
    #expect(script.table.count == 1)
  }

  @Test(arguments: [true, false])
  func onceItChangesItIsAFileLikeAnyOther(isSeen: Bool) throws {
    var script = try postponed()
    #expect(script.run(until: 1000) == nil)
    script.happens(stamp(20), at: 1000, isSeen: isSeen)
    let change = isSeen ? .seconds(1000) : script.table.next
    let end = try script.end(until: 10_000)
    #expect(end.verdict == .settled(stamp(20)))
    #expect(try end.at == #require(change) + .seconds(2))
    #expect(script.table.postponed.isEmpty)
  }

  /// Where the state that it was settled in is not the one that it is in.
  @Test func whatChangedWhileItWasReadIsSettledAgain() throws {
    var script = try postponed()
    script.happens(stamp(20), at: 2.5, isSeen: false)
    #expect(script.verdict() == .settled(stamp(20)))
    #expect(script.time == .seconds(6))
  }

  /// A share that does not answer for a while has not lost the file.
  @Test func whatCannotBeLookedAtIsLookedAtLater() throws {
    var script = SettleScript()
    script.happens(stamp(), at: 0)
    for second in [2, 7, 12] {
      #expect(script.table.due(at: .seconds(second), limit: 10) == [script.path])
      #expect(script.table.due(at: .seconds(second), limit: 10).isEmpty)
      script.table.lookLater(script.path, at: .seconds(second))
      #expect(script.table.next == .seconds(second + 5))
    }
    try script.ends(at: .seconds(17))
    script.table.lookLater(script.path, at: .seconds(18))
    #expect(script.table.count == 0)
  }

  @Test func aNewerSightingIsNotPutOff() throws {
    var script = SettleScript()
    script.happens(stamp(), at: 0)
    #expect(script.verdict() == .settled(stamp()))
    script.happens(stamp(20), at: 2.5)
    script.table.postpone(script.path, stamp(), reason: reason, at: .seconds(3))
    #expect(script.table.postponed.isEmpty)
    try script.ends(at: .seconds(4.5))
  }

  @Test func theSameStateSeenAgainIsNoChange() throws {
    var script = SettleScript()
    script.happens(stamp(), at: 0)
    #expect(script.verdict() == .settled(stamp()))
    script.happens(stamp(), at: 2.5)
    script.table.postpone(script.path, stamp(), reason: reason, at: .seconds(3))
    script.happens(stamp(), at: 3.5)
    #expect(script.table.count == 1)
    #expect(script.run(until: 80_000) == nil)
    #expect(script.table.postponed.count == 1)
  }

  @Test func itIsGivenUpWhenPatienceIsOver() throws {
    var script = try postponed(patience: .seconds(1000))
    let end = try script.end(until: 100_000)
    #expect(end.verdict == .incomplete(stamp(), reason))
    #expect(end.at == .seconds(1002))
    #expect(script.table.count == 0)
    #expect(script.table.postponed.isEmpty)
    #expect(script.table.next == nil)
  }

  @Test func patienceBeginsAnewWithEachChange() throws {
    var script = try postponed(patience: .seconds(1000))
    #expect(script.run(until: 900) == nil)
    script.happens(stamp(20), at: 900)
    #expect(script.verdict() == .settled(stamp(20)))
    script.table.postpone(script.path, stamp(20), reason: reason, at: script.time)
    let end = try script.end(until: 100_000)
    #expect(end.verdict == .incomplete(stamp(20), reason))
    #expect(end.at == .seconds(1902))
  }

  @Test func noPatienceGivesUpAtTheNextLook() throws {
    var script = try postponed(patience: .zero)
    #expect(script.verdict() == .incomplete(stamp(), reason))
    #expect(script.time == .seconds(2))
  }

  /// As an empty file whose writer takes its time.
  @Test func whoHasItOpenIsWaitedForAllTheSame() throws {
    var script = try postponed(patience: .seconds(1000))
    script.hasWriter = true
    #expect(script.run(until: 5000) == nil)
    #expect(script.table.postponed.map(\.reason) == ["is still open for writing"])
    script.hasWriter = false
    #expect(script.verdict() == .settled(stamp()))
  }

  @Test func itMayGo() throws {
    var script = try postponed()
    script.happens(nil, at: 10)
    #expect(script.table.count == 0)
    #expect(script.table.postponed.isEmpty)
    #expect(script.verdict() == nil)
  }
}
