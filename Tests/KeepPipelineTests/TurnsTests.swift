import KeepFiles
import KeepTestKit
import Testing

@testable import KeepPipeline

/// One at a time, in a process and among several.
@Suite(.timeLimit(.minutes(10))) struct TurnsTests {
  /// Two that work in one archive, as two processes do.
  private func pair() throws -> (one: Turns, two: Turns, folder: TemporaryFolder) {
    let folder = try TemporaryFolder()
    return (Turns(try Leases(folder("leases"))), Turns(try Leases(folder("leases"))), folder)
  }

  @Test func withoutPatienceNobodyWaits() async throws {
    let (one, two, _) = try pair()
    let seen = await one.alone("a", patience: .none) {
      [
        await one.alone("a", patience: .none) { 1 }, await two.alone("a", patience: .none) { 2 },
        await two.alone("b", patience: .none) { 3 },
      ]
    }
    #expect(seen == [nil, nil, 3])
    #expect(await two.alone("a", patience: .none) { 4 } == 4)
  }

  /// As Ctrl-C while another process uploads the same file.
  @Test func aPersonsWishToStopEndsTheWait() async throws {
    let (one, two, _) = try pair()
    let interruption = Interruption()
    let seen = await one.alone("upload x") {
      let patience = Patience(interruption: interruption, onWait: { interruption.raise() })
      return await two.alone("upload x", patience: patience) { 1 }
    }
    #expect(seen == nil)
  }

  @Test func patienceIsOverAfterItsTime() async throws {
    let (one, two, _) = try pair()
    let clock = ManualClock()
    let seen = await one.alone("a") {
      await two.alone("a", patience: Patience(limit: .seconds(60), clock: clock)) { 1 }
    }
    #expect(seen == nil)
    #expect(clock.now.offset >= .seconds(60))
  }

  @Test func whoWaitsComesWhenTheOtherIsDone() async throws {
    let (one, two, _) = try pair()
    async let second = two.alone("a", patience: Patience()) { 2 }
    // Either it is first, or it waits for this one; both get their turn.
    #expect(await one.alone("a") { 1 } == 1)
    #expect(await second == 2)
  }
}
