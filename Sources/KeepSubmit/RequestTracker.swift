package import KeepModel

/// Follows a run to its end: asks, waits as the machine says, asks again.
package struct RequestTracker: Sendable {
  private let client: DeploymentClient
  private let policy: PollPolicy
  private let clock: any Clock<Duration>
  private let limiter: PollLimiter?
  private let jitter: @Sendable () -> Double

  /// - Parameter limiter: shared by all trackers of a program, so that together they ask no faster than
  ///   the service bears.
  package init(
    client: DeploymentClient, policy: PollPolicy = .standard, clock: any Clock<Duration>,
    limiter: PollLimiter? = nil,
    jitter: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
  ) {
    self.client = client
    self.policy = policy
    self.clock = clock
    self.limiter = limiter
    self.jitter = jitter
  }

  /// How a run ended, once it has.
  ///
  /// - Parameters:
  ///   - age: how long ago the run was made; results are deleted after seven days.
  ///   - maxWait: how long to wait at most; the run itself goes on. With `.zero` the service is asked once.
  ///   - deadline: when the service deletes the run; the first look at the run with the nearest one comes first.
  ///   - nudge: cuts a wait short, as when a webhook says that there is news, but never one that follows
  ///     a failure; the service is asked all the same.
  ///   - onStatus: told of every status that came.
  ///   - onTrouble: told of every call that failed and is made again.
  /// - Throws: ``KeepError`` with code `unfinished` after `maxWait`, `expired` or `failure` (`httpStatus`
  ///   404) for a run that the service does not know, `unavailable` when patience is over, `token_refused`
  ///   and the like at once, `interrupted` when cancelled.
  package func outcome(
    of request: Request, age: Duration = .zero, maxWait: Duration? = nil, deadline: Timestamp? = nil,
    nudge: PollNudge? = nil,
    onStatus: @Sendable (RequestStatus) async -> Void = { _ in },
    onTrouble: @Sendable (KeepError) async -> Void = { _ in }
  ) async throws -> RunResult {
    let stopwatch = Stopwatch(clock)
    var machine = RequestMachine(request: request.id, policy: policy, age: age)
    // What may be deleted by now says so only where its result is asked for.
    var action: RequestMachine.Action =
      age > client.retention ? .askResult(after: .zero) : .askStatus(after: .zero)
    var asked = 0
    var isHeard = false
    while true {
      switch action {
      case .finish(let result): return result
      case .fail(let error): throw error
      case .askStatus(let delay), .askResult(let delay):
        let rest = maxWait.map { $0 - stopwatch.elapsed() }
        if let rest, asked > 0, rest <= .zero, delay > .zero {
          throw Self.unfinished(request, after: stopwatch.elapsed())
        }
        try await wait(
          rest.map { min($0, delay) } ?? delay, for: request, isHeard ? nudge : nil,
          asked == 0 ? deadline : nil)
      }
      asked += 1
      let event = try await event(after: action, request, age: age + stopwatch.elapsed())
      isHeard = event.isAnswer
      action = machine.receive(event, at: stopwatch.elapsed(), jitter: jitter())
      await report(event, then: action, onStatus, onTrouble)
    }
  }

  private func event(
    after action: RequestMachine.Action, _ request: Request, age: Duration
  ) async throws -> RequestMachine.Event {
    let asksResult = if case .askResult = action { true } else { false }
    do {
      let event: RequestMachine.Event =
        asksResult
        ? .result(try await client.result(of: request, age: age))
        : .status(try await client.status(of: request))
      limiter?.succeeded()
      return event
    } catch let error as KeepError {
      if error.code == .interrupted { throw Self.interrupted(request) }
      if error.httpStatus == 429 { limiter?.slowDown(error.retry) }
      return asksResult ? .resultFailed(error) : .statusFailed(error)
    } catch is CancellationError {
      throw Self.interrupted(request)
    }
  }

  private func report(
    _ event: RequestMachine.Event, then action: RequestMachine.Action,
    _ onStatus: @Sendable (RequestStatus) async -> Void,
    _ onTrouble: @Sendable (KeepError) async -> Void
  ) async {
    switch (event, action) {
    case (.status(let status), _): await onStatus(status)
    case (.statusFailed, .fail), (.resultFailed, .fail): break
    case (.statusFailed(let error), _), (.resultFailed(let error), _): await onTrouble(error)
    case (.result, _): break
    }
  }

  /// Waits as long as told, then for a turn among all trackers.
  private func wait(
    _ delay: Duration, for request: Request, _ nudge: PollNudge?, _ deadline: Timestamp?
  ) async throws(KeepError) {
    do {
      try Task.checkCancellation()
      let isHinted = delay > .zero ? try await sleep(delay, nudge) : false
      try await limiter?.turn(isHinted: isHinted, deadline: deadline)
    } catch {
      throw Self.interrupted(request)
    }
  }

  /// Sleeps; whether a nudge woke it.
  private func sleep(_ delay: Duration, _ nudge: PollNudge?) async throws -> Bool {
    let unheard = nudge == nil ? delay : min(delay, policy.nudgeFloor)
    if unheard > .zero { try await clock.sleep(for: unheard) }
    guard let nudge, delay > unheard else { return false }
    let clock = clock
    let rest = delay - unheard
    let isHinted = try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask {
        try await clock.sleep(for: rest)
        return false
      }
      group.addTask {
        await nudge.next()
        return true
      }
      defer { group.cancelAll() }
      return try await group.next() ?? false
    }
    try Task.checkCancellation()
    return isHinted
  }

  private static func interrupted(_ request: Request) -> KeepError {
    KeepError(
      .interrupted, .request(request.id), "stopped waiting; the run goes on",
      hint: "comfykeep sweep keeps what is finished by then, as does the same command again")
  }

  private static func unfinished(_ request: Request, after elapsed: Duration) -> KeepError {
    KeepError(
      .unfinished, .request(request.id), "not finished after \(elapsed.components.seconds) s",
      hint: "comfykeep sweep keeps what is finished by then, as does the same command again", retry: .backOff)
  }
}
