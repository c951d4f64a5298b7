import KeepModel

/// Which deliveries were taken lately, and which are being taken: the service delivers some twice, and in any order.
struct WebhookMemory: Sendable {
  /// What makes two deliveries the same: contract 4 names request and status.
  struct Key: Hashable {
    let submission: SubmissionKey?
    let request: RequestID
    let status: String?
    let outcome: String?

    init(_ hint: WebhookHint) {
      self.submission = hint.submission
      self.request = hint.request
      self.status = hint.status
      self.outcome = hint.outcome
    }
  }

  /// What is to be done with a delivery.
  enum Verdict: Equatable {
    /// It is the first: take it, then say what came of it by ``end(_:_:)``.
    case take
    /// The same one is being taken: wait for what comes of it.
    case wait
    /// It was taken already.
    case taken
    /// Too many are being taken.
    case busy
  }

  private let capacity: Int
  private let parallel: Int
  private var underWay: [Key: [CheckedContinuation<WebhookAnswer?, Never>]] = [:]
  private var taken: Set<Key> = []
  /// The keys of `taken` in a ring, oldest at `oldest`.
  private var ring: [Key] = []
  private var oldest = 0

  init(capacity: Int, parallel: Int) {
    self.capacity = max(1, capacity)
    self.parallel = parallel
  }

  /// Says what is to be done with a delivery.
  mutating func begin(_ key: Key) -> Verdict {
    if taken.contains(key) { return .taken }
    if underWay[key] != nil { return .wait }
    guard underWay.count < parallel else { return .busy }
    underWay[key] = []
    return .take
  }

  /// Adds one that waits; `false` where nothing is under way any more.
  mutating func wait(_ key: Key, _ waiter: CheckedContinuation<WebhookAnswer?, Never>) -> Bool {
    underWay[key]?.append(waiter) != nil
  }

  /// Notes what came of a delivery; returns those that wait for it. Only what was taken is remembered.
  mutating func end(_ key: Key, _ answer: WebhookAnswer) -> [CheckedContinuation<WebhookAnswer?, Never>] {
    if answer == .taken, taken.insert(key).inserted {
      if ring.count < capacity {
        ring.append(key)
      } else {
        taken.remove(ring[oldest])
        ring[oldest] = key
        oldest = (oldest + 1) % capacity
      }
    }
    return underWay.removeValue(forKey: key) ?? []
  }
}

/// What is said to a delivery.
package enum WebhookAnswer: Sendable, Equatable {
  /// It was noted; the service need not deliver it again (200).
  case taken
  /// No run of ours; nothing was noted (404).
  case unknown
  /// It could not be noted now; the service is to deliver it again (503).
  case busy
}
