import KeepModel
import Testing

@testable import KeepPipeline

/// Why nothing is submitted: for how long, and whether a person has to do something.
@Suite struct WatchHoldsTests {
  private let holds = WatchHolds(maximumSameFailures: 5)
  private let noon = Timestamp(milliseconds: 0)

  private func error(_ code: KeepError.Code) -> KeepError { KeepError(code, .none, "no") }

  @Test func aServiceThatIsDownIsTriedEverLessOften() {
    var now = Duration.zero
    var waits: [Duration] = []
    for _ in 0..<9 {
      #expect(holds.reason(for: "d", at: now) == nil)
      _ = holds.learn(error(.unavailable), from: "d", since: noon, at: now)
      let until = holds.reason(for: "d", at: now)?.until ?? .zero
      waits.append(until - now)
      now = until
    }
    #expect(waits.first == .seconds(5))
    #expect(waits.last == .seconds(300))
    #expect(waits == waits.sorted())
    holds.succeed("d")
    _ = holds.learn(error(.unavailable), from: "d", since: noon, at: now)
    #expect(holds.reason(for: "d", at: now)?.until == now + .seconds(5))
    #expect(holds.reason(for: "other", at: now) == nil)
  }

  /// A broken recipe in one folder does not hide that nothing at all is submitted.
  @Test func aHoldOfASingleRecipeHidesNoOther() {
    let early = Timestamp(milliseconds: -1000)
    #expect(holds.hold(recipe: "1", error(.usage), since: early, until: .seconds(100)))
    #expect(holds.shown(at: .zero)?.isPartial == true)
    _ = holds.learn(error(.tokenRefused), from: "d", since: noon, at: .zero)
    #expect(holds.shown(at: .zero)?.isPartial == false)
    #expect(holds.shown(at: .zero)?.error.code == .tokenRefused)
  }

  @Test func whatIsUnderWayTellsTheSameTroubleOnce() {
    #expect(holds.learn(error(.unavailable), from: "d", since: noon, at: .zero))
    #expect(!holds.learn(error(.unavailable), from: "d", since: noon, at: .seconds(1)))
    #expect(holds.reason(for: "d", at: .seconds(1))?.until == .seconds(5))
  }

  @Test func failuresAlikeWaitForAPersonAndATokenIsTriedAgain() {
    _ = holds.learn(error(.remoteFailed), from: "d", since: noon, at: .zero)
    #expect(holds.reason(for: "d", at: .seconds(1_000_000))?.needsPerson == true)
    _ = holds.learn(error(.tokenRefused), from: "e", since: noon, at: .zero)
    #expect(holds.reason(for: "e", at: .zero)?.needsPerson == true)
    #expect(holds.reason(for: "e", at: .seconds(301)) == nil)
    holds.forget()
    #expect(holds.reason(for: "d", at: .zero) == nil)
  }

  @Test func theOneThatNeedsAPersonIsShownAndWhatIsOverIsNot() {
    _ = holds.hold(error(.unfinished), since: noon, until: .seconds(60))
    #expect(holds.shown(at: .zero)?.error.code == .unfinished)
    _ = holds.learn(error(.tokenRefused), from: "d", since: noon, at: .zero)
    #expect(holds.shown(at: .zero)?.error.code == .tokenRefused)
    #expect(holds.shown(at: .seconds(400)) == nil)
  }
}
