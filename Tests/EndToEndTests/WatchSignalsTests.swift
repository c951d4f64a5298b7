import Glibc
import Testing

@testable import comfykeep

/// What the signals that come to a watch ask for.
@Suite struct WatchSignalsTests {
  private let start = ContinuousClock.now

  @Test func theFirstStopsAndAnotherQuits() {
    var tally = WatchTally(hasTerminal: true)
    #expect(tally.wish(SIGTERM, at: start, hasTerminal: true) == .stop)
    #expect(tally.wish(SIGTERM, at: start + .milliseconds(199), hasTerminal: true) == .none)
    #expect(tally.wish(SIGTERM, at: start + .milliseconds(200), hasTerminal: true) == .quit)
    #expect(tally.wish(SIGINT, at: start + .milliseconds(1), hasTerminal: true) == .quit)
  }

  @Test func hangingUpAsksForAReload() {
    var tally = WatchTally(hasTerminal: false)
    #expect(tally.wish(SIGHUP, at: start, hasTerminal: false) == .reload)
    #expect(tally.wish(SIGHUP, at: start + .milliseconds(100), hasTerminal: false) == .none)
    #expect(tally.wish(SIGHUP, at: start + .milliseconds(300), hasTerminal: false) == .reload)
    // It was no wish to stop, so the first of those is yet to come.
    #expect(tally.wish(SIGTERM, at: start + .seconds(1), hasTerminal: false) == .stop)
    #expect(tally.wish(SIGHUP, at: start + .seconds(2), hasTerminal: false) == .reload)
    #expect(tally.wish(SIGINT, at: start + .seconds(3), hasTerminal: false) == .quit)
  }

  @Test func aTerminalThatWasClosedAsksForTheStop() {
    var tally = WatchTally(hasTerminal: true)
    #expect(tally.wish(SIGHUP, at: start, hasTerminal: true) == .reload)
    #expect(tally.wish(SIGHUP, at: start + .seconds(1), hasTerminal: false) == .stop)
    #expect(tally.wish(SIGHUP, at: start + .seconds(1), hasTerminal: false) == .none)
  }
}
