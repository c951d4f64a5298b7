import KeepModel
import Synchronization

/// Decides what becomes of each delivery. It knows nothing of connections; ``WebhookListener`` brings the bytes.
final class WebhookDesk: Sendable {
  /// The start of a delivery.
  struct Head: Sendable {
    let method: String
    /// What stands behind the method: path and query.
    let target: String
    /// Each value of `Content-Type`.
    let types: [String]
    /// `Content-Length`, where it is a number.
    let length: Int?
  }

  private struct State {
    var memory: WebhookMemory
    var deliveries: TokenBucket
    /// Refusals are told by few lines, however many there are.
    var lines = TokenBucket(rate: 2, burst: 50)
    var untold = 0
  }

  let limits: WebhookLimits
  private let secret: WebhookSecret
  private let log: @Sendable (String) -> Void
  private let take: @Sendable (WebhookHint) async -> WebhookAnswer
  private let elapsed: @Sendable () -> Duration
  private let clock: any Clock<Duration>
  private let state: Mutex<State>

  /// - Parameters:
  ///   - elapsed: The time since some fixed moment, for the limits on how often.
  ///   - clock: Bounds how long `take` may last.
  init(
    secret: WebhookSecret, limits: WebhookLimits, log: @escaping @Sendable (String) -> Void,
    take: @escaping @Sendable (WebhookHint) async -> WebhookAnswer,
    elapsed: @escaping @Sendable () -> Duration = WebhookDesk.sinceStart(),
    clock: any Clock<Duration> = ContinuousClock()
  ) {
    self.secret = secret
    self.limits = limits
    self.log = log
    self.take = take
    self.elapsed = elapsed
    self.clock = clock
    self.state = Mutex(
      State(
        memory: WebhookMemory(capacity: limits.remembered, parallel: limits.taking),
        deliveries: TokenBucket(rate: limits.rate, burst: limits.burst)))
  }

  /// The time since this call.
  static func sinceStart() -> @Sendable () -> Duration {
    let start = ContinuousClock.now
    return { start.duration(to: .now) }
  }

  // MARK: - The head

  /// What is said to a head at once; `nil` where the body is to be read. The secret comes first: who does not know it
  /// gets the same bytes for whatever else is wrong, and does not use up what the service may deliver.
  func refusal(of head: Head) -> WebhookReply? {
    let reply = verdict(on: head)
    if let reply { tell(reply, nil) }
    return reply
  }

  private func verdict(on head: Head) -> WebhookReply? {
    guard secret.opens(path: String(head.target.prefix { $0 != "?" })) else { return .notFound }
    guard head.method == "POST" else { return .notPOST }
    guard Self.isJSON(head.types) else { return .notJSON }
    if let length = head.length, length > limits.body.bytes { return .tooLarge }
    let moment = elapsed()
    return state.withLock { $0.deliveries.take(at: moment) } ? nil : .tooMany
  }

  private static func isJSON(_ types: [String]) -> Bool {
    guard types.count == 1, let type = types.first?.prefix(while: { $0 != ";" }).lowercased() else {
      return false
    }
    return type.utf8.filter { $0 != 0x20 && $0 != 0x09 }.elementsEqual("application/json".utf8)
  }

  // MARK: - The body

  /// What is said to a delivery whose body could not be read whole.
  func refuse(_ reply: WebhookReply) -> WebhookReply {
    tell(reply, nil)
    return reply
  }

  /// What is said to a whole delivery, after it was taken if it is to be.
  func reply(to head: Head, body: [UInt8]) async -> WebhookReply {
    let hint: WebhookHint
    do {
      let query = head.target.firstIndex(of: "?").map { String(head.target[$0...].dropFirst()) }
      hint = try WebhookHint(query: query, body: body)
    } catch {
      return refuse(.refused(error))
    }
    let reply = WebhookReply(await answer(to: hint))
    tell(reply, hint)
    return reply
  }

  private func answer(to hint: WebhookHint) async -> WebhookAnswer {
    let key = WebhookMemory.Key(hint)
    while true {
      switch state.withLock({ $0.memory.begin(key) }) {
      case .taken: return .taken
      case .busy: return .busy
      case .take:
        let answer = await timely(hint)
        for waiter in state.withLock({ $0.memory.end(key, answer) }) { waiter.resume(returning: answer) }
        return answer
      case .wait:
        let answer = await withCheckedContinuation { waiter in
          if !state.withLock({ $0.memory.wait(key, waiter) }) { waiter.resume(returning: nil) }
        }
        if let answer { return answer }
      }
    }
  }

  /// What the taker says, which is told to stop when its time is over.
  private func timely(_ hint: WebhookHint) async -> WebhookAnswer {
    await withTaskGroup(of: WebhookAnswer.self) { [take, clock, limits] group in
      group.addTask { await take(hint) }
      group.addTask {
        try? await clock.sleep(for: limits.answering)  // cut short where the taker was in time
        return .busy
      }
      defer { group.cancelAll() }
      return await group.next() ?? .busy
    }
  }

  // MARK: - Telling

  /// One line for each delivery. Nothing of the sender's is in it but ids and words that were checked and escaped; of
  /// refusals no more than a few a second are told.
  private func tell(_ reply: WebhookReply, _ hint: WebhookHint?) {
    let moment = elapsed()
    let untold = state.withLock { state -> Int? in
      guard reply == .taken || state.lines.take(at: moment) else {
        state.untold += 1
        return nil
      }
      defer { state.untold = 0 }
      return state.untold
    }
    guard let untold else { return }
    let more = untold > 0 ? " (and \(untold) more that were refused)" : ""
    log(secret.redacting("webhook: \(reply.status) \(reply.text.dropLast())\(hint?.told ?? "")\(more)"))
  }
}

extension WebhookHint {
  /// Which run it is of and how that goes, for a line of the log.
  fileprivate var told: String {
    ": request \(request)\(word.map { ", \($0)" } ?? "")\(submission.map { ", submission \($0)" } ?? "")"
  }
}
