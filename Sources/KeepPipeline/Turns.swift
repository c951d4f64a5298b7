import KeepFiles
import KeepModel
import KeepTransport
import Synchronization

/// Lets one at a time do something with a name; who comes later waits.
///
/// It keeps apart two runs of one submission, two copies of one asset, and the like: within the process by a queue,
/// and among all processes that work in the archive by a lease, which ends when its holder does.
final class Turns: Sendable {
  /// Who waits for each name that someone here has.
  private let queues = Mutex<[String: [CheckedContinuation<Void, Never>]]>([:])
  private let leases: Leases?

  /// Turns among the callers of this value, and with leases among all processes.
  init(_ leases: Leases? = nil) { self.leases = leases }

  /// The value of `body`, which has the name for itself.
  func alone<Value, Failure: Error>(
    _ name: String, _ body: () async throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    await take(name)
    defer { give(name) }
    var pause = Duration.milliseconds(5)
    while leases?.take(name) == false {
      // A cancelled task waits all the same: what others do with such a name is over soon.
      await PatientSleep.sleep(for: pause)
      pause = min(pause * 2, .milliseconds(250))
    }
    defer { leases?.give(name) }
    return try await body()
  }

  /// The value of `body`, which has the name for itself; `nil` where another process has it and `patience` is over;
  /// without any patience also where somebody here has it.
  func alone<Value, Failure: Error>(
    _ name: String, patience: Patience, _ body: () async throws(Failure) -> Value
  ) async throws(Failure) -> Value? {
    if patience.limit == .zero {
      guard takeIfFree(name) else { return nil }
    } else {
      await take(name)
    }
    defer { give(name) }
    var wait = patience.begin()
    while leases?.take(name) == false {
      guard await wait.goesOn() else { return nil }
    }
    defer { leases?.give(name) }
    return try await body()
  }

  private func take(_ name: String) async {
    await withCheckedContinuation { continuation in
      let isFree = queues.withLock { queues in
        guard queues[name] != nil else {
          queues[name] = []
          return true
        }
        queues[name]?.append(continuation)
        return false
      }
      if isFree { continuation.resume() }
    }
  }

  private func takeIfFree(_ name: String) -> Bool {
    queues.withLock { queues in
      guard queues[name] == nil else { return false }
      queues[name] = []
      return true
    }
  }

  private func give(_ name: String) {
    let next = queues.withLock { queues -> CheckedContinuation<Void, Never>? in
      guard var queue = queues[name], !queue.isEmpty else {
        queues[name] = nil
        return nil
      }
      defer { queues[name] = queue }
      return queue.removeFirst()
    }
    next?.resume()
  }
}

/// How long another process that has a name is waited for.
struct Patience: Sendable {
  /// None at all.
  static let none = Patience(limit: .zero)

  /// How long at most; `nil` for as long as it takes.
  var limit: Duration?
  /// Ends the wait.
  var interruption = Interruption()
  /// For waiting.
  var clock: any Clock<Duration> = ContinuousClock()
  /// Told once, when it turns out that there is something to wait for.
  var onWait: @Sendable () async -> Void = {}

  fileprivate func begin() -> Wait { Wait(patience: self, pause: .milliseconds(20)) }

  fileprivate struct Wait {
    let patience: Patience
    var pause: Duration
    var waited = Duration.zero

    /// Waits for a while; whether it is worth while to look again.
    mutating func goesOn() async -> Bool {
      if let limit = patience.limit, waited >= limit { return false }
      guard !patience.interruption.isRaised, !Task.isCancelled else { return false }
      if waited == .zero { await patience.onWait() }
      let (clock, pause) = (patience.clock, pause)
      let isOver = try? await patience.interruption.orValue {
        try await clock.sleep(for: pause)
        return true
      }
      waited += pause
      self.pause = min(pause * 2, .milliseconds(500))
      return isOver == .some(true)
    }
  }
}
