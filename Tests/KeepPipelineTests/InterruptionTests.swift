import KeepModel
import KeepTestKit
import KeepTransport
import Synchronization
import Testing

@testable import KeepLedger
@testable import KeepPipeline

/// A person's wish to stop.
@Suite struct InterruptionTests {
  @Test func allWhoWaitGoOnAndLaterOnesDoNotWait() async {
    let interruption = Interruption()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<100 { group.addTask { await interruption.wait() } }
      group.addTask { interruption.raise() }
    }
    #expect(interruption.isRaised)
    await interruption.wait()
    interruption.raise()
  }

  @Test func aCancelledTaskDoesNotWait() async {
    let interruption = Interruption()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<100 { group.addTask { await interruption.wait() } }
      group.cancelAll()
    }
    #expect(!interruption.isRaised)
  }

  /// Returns once the interruption was heard, which cancels what it interrupts.
  private static func untilCancelled() async {
    let cancelled = Signal()
    await withTaskCancellationHandler {
      await cancelled.wait()
    } onCancel: {
      cancelled.fire()
    }
  }

  @Test func aValueThatIsThereAllTheSameIsNotLost() async throws {
    let interruption = Interruption()
    let value = try await interruption.orValue {
      interruption.raise()
      await Self.untilCancelled()
      return 7
    }
    #expect(value == 7)
  }

  @Test func aFailureThatIsNoCancellingIsNotSwallowed() async {
    let interruption = Interruption()
    await #expect(throws: KeepError(.ledgerUnusable, .none, "")) {
      try await interruption.orValue { () async throws -> Int in
        interruption.raise()
        await Self.untilCancelled()
        throw KeepError(.ledgerUnusable, .none, "is damaged")
      }
    }
  }

  @Test func beforeASubmitNothingIsClaimed() async throws {
    let bench = try Bench()
    bench.interruption.raise()
    let outcome = try await bench.run(try bench.submission())
    #expect(outcome.state == .unfinished)
    #expect(outcome.exitStatus == 130)
    #expect(bench.transport.exchanges.isEmpty)
    #expect(try await bench.entry() == nil)
    #expect(bench.left == [])
  }

  @Test func whileASubmitWaitsToBeTriedAgainItIsNotSentAgain() async throws {
    let interruption = Interruption()
    let bench = try Bench(
      [.submit: { _ in FakeService.unreachable }], interruption: interruption,
      onSleep: { _ in interruption.raise() })
    let outcome = try await bench.run(try bench.submission())
    #expect(outcome.state == .unfinished)
    #expect(outcome.exitStatus == 130)
    #expect(bench.posts == 1)
    #expect(try await bench.state() == .claimed)
  }

  @Test func duringASubmitItIsSentAndItsRequestRecorded() async throws {
    let interruption = Interruption()
    let bench = try Bench(
      [
        .submit: { _ in
          interruption.raise()
          return nil
        }
      ], interruption: interruption)
    let outcome = try await bench.run(try bench.submission())
    #expect(outcome.state == .unfinished)
    #expect(outcome.exitStatus == 130)
    #expect(outcome.request == "req-1")
    #expect(try await bench.state() == .submitted)
    #expect(bench.service.count(.cancel) == 0)
  }

  @Test func whilePollingTheRunIsLeftAndKeptByTheNextCommand() async throws {
    let interruption = Interruption()
    let isLeft = Flag()
    let bench = try Bench(
      [
        .status: { number in
          if number == 1 { interruption.raise() }
          return isLeft.isSet ? nil : FakeService.json(#"{"status":"in_queue"}"#)
        }
      ], interruption: interruption)
    let submission = try bench.submission()
    let outcome = try await bench.run(submission)
    #expect(outcome.exitStatus == 130)
    #expect(outcome.error?.hint?.contains("comfykeep archive") == true)
    #expect(try await bench.state() == .submitted)
    isLeft.set()
    let archive = try await bench.archive()
    let next = Pipeline(
      Pipeline.Configuration(api: try Bench.api()), archive: archive, transport: bench.transport,
      clock: bench.clock, now: { Bench.noon })
    #expect(await next.run(submission, label: "cat.png").state == .archived)
    #expect(bench.posts == 1)
    #expect(bench.service.count(.cancel) == 0)
  }

  @Test(arguments: [
    (#"{"status":"cancellation_requested"}"#, 200, "accepted"),
    (#"{"outcome":"not_cancellable"}"#, 200, "no longer"), ("oops", 500, "failed"),
  ])
  func aCancelIsAskedForWhereWantedAndToldHonestly(body: String, status: Int, words: String) async throws {
    let bench = try Bench.stopped(cancel: FakeService.json(body, status: status))
    let outcome = try await bench.run(try bench.submission()) { $0.cancelsOnInterrupt = true }
    #expect(outcome.exitStatus == 130)
    #expect(outcome.error?.reason.contains(words) == true, "\(outcome.error?.reason ?? "")")
    #expect(bench.service.count(.cancel) == 1)
    #expect(try await bench.state() == .submitted)
  }

  @Test func aBatchSubmitsNothingNew() async throws {
    let interruption = Interruption()
    let bench = try Bench(
      [
        .submit: { number in
          if number == 1 { interruption.raise() }
          return nil
        }
      ], interruption: interruption)
    let items = try (0..<10).map { bench.item(try bench.submission(UInt8($0), name: "p\($0).png")) }
    let outcomes = try await bench.pipeline(try await bench.archive()) { $0.concurrency = 1 }.run(items)
    #expect(outcomes.count == 10)
    #expect(outcomes.exitStatus == 130)
    #expect(bench.posts == 2)
  }
}

/// Something that a test says once to a script.
private final class Flag: Sendable {
  private let state = Mutex(false)
  var isSet: Bool { state.withLock { $0 } }
  func set() { state.withLock { $0 = true } }
}
