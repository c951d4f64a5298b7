import KeepFiles
import KeepModel
import KeepTransport
import SystemPackage

/// The download of one file into the spool, from the first request to its name there.
struct OutputTransfer: Sendable {
  /// How it ended, short of a failure.
  enum Ending: Sendable {
    case kept(PayloadFile)
    /// The service says that it is not there; what came before may be of use with a fresh URL.
    case gone(Manifest.Reason, PartialFile)
  }

  let transport: any Transport
  let clock: any Clock<Duration>
  let permits: DownloadLimiter.Lane
  let policy: DownloadPolicy
  let jitter: @Sendable () -> Double
  let report: @Sendable (DownloadProgress.Event) async -> Void
  let spool: Spool
  let volume: SpoolVolume
  /// Its place in the spool.
  let name: SpoolName
  let filename: String

  /// Downloads until the file is whole, or the service says that it is gone, or the failures are too many.
  ///
  /// - Throws: ``KeepError`` with code `unavailable` when the service could not be reached or did not send
  ///   the whole file, `localIO` when it could not be written or there is no room for it, `interrupted` when
  ///   cancelled, `failure` when it is too large.
  func run(_ url: HTTPURL, from partial: PartialFile) async throws -> Ending {
    do {
      return try await transfer(url, from: partial)
    } catch let error as KeepError where error.code == .localIO {
      // What no later process can go on with would only take room, which may be what is missing.
      if !spool.isResumable(name) { spool.remove(name, .part) }
      throw error
    }
  }

  private func transfer(_ url: HTTPURL, from partial: PartialFile) async throws -> Ending {
    let file = try SpoolFile(name, in: spool)
    defer { file.close() }
    var partial = partial.size == 0 ? spool.resumable(name, url) ?? partial : partial
    var patience = DownloadPatience(policy: policy, jitter: jitter)
    while true {
      let before = partial.size
      let attempt = DownloadAttempt(
        transport: transport, policy: policy, start: url, file: file, name: name, volume: volume,
        report: report)
      // All of it may be there since a process was stopped before it could say so.
      let (state, ending) =
        partial.isWhole
        ? (partial, .whole)
        : try await permits.withPermit { [partial] in try await attempt.run(from: partial) }
      partial = state
      switch ending {
      case .gone(let reason): return .gone(reason, partial)
      case .whole:
        let type = PayloadType(
          filename: filename, head: partial.head, size: partial.size, isEncoded: partial.encoding != nil)
        let end = try PayloadEnd(of: partial, in: file)
        switch patience.doubt(about: partial, type, end) {
        case .none: return .kept(try await keep(partial, type, end, file, url))
        case .asksAgain(let wait):
          partial = PartialFile()
          try await sleep(wait)
        case .refuses: throw differing(url)
        }
      case .failed(let error):
        guard let wait = patience.wait(after: error, hasProgress: partial.size > before) else {
          throw error
        }
        await report(.waiting(wait, error))
        try await sleep(wait)
      }
    }
  }

  private func keep(
    _ partial: PartialFile, _ type: PayloadType, _ end: PayloadEnd, _ file: SpoolFile, _ url: HTTPURL
  ) async throws -> PayloadFile {
    let payload = partial.payload(at: spool.path(name, .data), mediaType: type.mediaType)
    try file.publish(payload, from: url, isReusable: partial.encoding == nil)
    let notes: [DownloadNote?] = [
      payload.size == 0 ? .emptyFile : type.isDoubtful ? .unexpectedType(type.mediaType) : nil,
      partial.encoding.map { .encoded($0, type.mediaType) }, end == .missing ? .cutOff : nil,
    ]
    for note in notes.compactMap(\.self) { await report(.note(note)) }
    await report(.kept(size: payload.size))
    return payload
  }

  private func differing(_ url: HTTPURL) -> KeepError {
    KeepError(
      .unavailable, .address(url.withoutQuery.description),
      "the service sent other bytes each time, and nothing says where they should end",
      hint: "run the same command again", retry: .backOff)
  }

  private func sleep(_ wait: Duration) async throws {
    do { try await clock.sleep(for: wait) } catch { throw KeepError.stopped }
  }
}

/// How long to go on with a download that fails. Decides, and touches nothing.
struct DownloadPatience {
  let policy: DownloadPolicy
  /// From 0 to 1.
  let jitter: @Sendable () -> Double
  private var failures = 0
  private var attempts = 0
  private var doubts = 0
  /// The last file of which nothing said that it is whole.
  private var seen: Checksum?

  /// What to do about a file that arrived in a doubtful state.
  enum Doubt: Equatable {
    case none
    case asksAgain(Duration)
    case refuses
  }

  init(policy: DownloadPolicy, jitter: @escaping @Sendable () -> Double) {
    self.policy = policy
    self.jitter = jitter
  }

  /// How long to wait before the next attempt; `nil` to give up.
  mutating func wait(after error: KeepError, hasProgress: Bool) -> Duration? {
    failures = hasProgress ? 1 : failures + 1
    attempts += 1
    guard error.code == .unavailable, error.retry != .never, failures < policy.maximumFailures,
      attempts < policy.maximumAttempts
    else { return nil }
    let own = min(policy.longestWait, policy.firstWait * (1 << min(failures - 1, 16)))
    let jittered = own * (0.5 + jitter() / 2)
    guard case .after(let asked) = error.retry else { return jittered }
    return max(jittered, min(asked, policy.longestWait))
  }

  /// Whether to take a file that arrived, to ask for it again, or to give up.
  ///
  /// A small file may be an error page, and one that was encoded unasked may come as it is the next time. One
  /// that may be cut off is taken once it came twice alike: then it is no accident of the way.
  mutating func doubt(about partial: PartialFile, _ type: PayloadType, _ end: PayloadEnd) -> Doubt {
    doubts += 1
    let isOdd = partial.encoding != nil || type.isDoubtful && partial.size <= 1 << 20
    let checksum = end == .marked ? nil : partial.checksum
    let isAccident = checksum != nil && checksum != seen
    seen = checksum
    guard doubts <= 2 && isOdd || isAccident else { return .none }
    guard doubts < policy.maximumFailures else { return .refuses }
    return .asksAgain(policy.firstWait * (0.5 + jitter() / 2))
  }
}
