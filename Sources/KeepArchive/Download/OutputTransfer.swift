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
  let limiter: DownloadLimiter
  let policy: DownloadPolicy
  let jitter: @Sendable () -> Double
  let report: @Sendable (DownloadProgress.Event) async -> Void
  let spool: Spool
  /// Its place in the spool.
  let name: SpoolName
  let filename: String

  /// Downloads until the file is whole, or the service says that it is gone, or the failures are too many.
  ///
  /// - Throws: ``KeepError`` with code `unavailable` when the service could not be reached or did not send
  ///   the whole file, `localIO` when it could not be written, `interrupted` when cancelled, `failure` when
  ///   it is too large.
  func run(_ url: HTTPURL, from partial: PartialFile) async throws -> Ending {
    let file = try SpoolFile(name, in: spool)
    defer { file.close() }
    var partial = partial.size == 0 ? spool.resumable(name, url) ?? partial : partial
    var patience = DownloadPatience(policy: policy, jitter: jitter)
    while true {
      let before = partial.size
      let attempt = DownloadAttempt(
        transport: transport, policy: policy, start: url, file: file, report: report)
      let (state, ending) = try await limiter.withPermit { [partial] in
        try await attempt.run(from: partial)
      }
      partial = state
      switch ending {
      case .gone(let reason): return .gone(reason, partial)
      case .whole:
        let type = PayloadType(filename: filename, head: partial.head, size: partial.size)
        guard let wait = patience.doubt(about: partial, type) else {
          return .kept(try await keep(partial, type, file, url))
        }
        partial = PartialFile()
        try await sleep(wait)
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
    _ partial: PartialFile, _ type: PayloadType, _ file: SpoolFile, _ url: HTTPURL
  ) async throws -> PayloadFile {
    let payload = partial.payload(at: spool.path(name, .data), mediaType: type.mediaType)
    try file.publish(payload, from: url)
    let notes: [DownloadNote?] = [
      payload.size == 0 ? .emptyFile : type.isDoubtful ? .unexpectedType(type.mediaType) : nil,
      partial.looksCut ? .cutOff : nil,
    ]
    for note in notes.compactMap(\.self) { await report(.note(note)) }
    await report(.kept(size: payload.size))
    return payload
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
  /// The last file that seemed cut off.
  private var seen: Checksum?

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

  /// How long to wait before a file that arrived in a doubtful state is asked for again; `nil` to take it.
  ///
  /// A small file may be an error page. One that seems cut off is taken once it came twice alike: then it is
  /// no accident of the way.
  mutating func doubt(about partial: PartialFile, _ type: PayloadType) -> Duration? {
    doubts += 1
    let isSmall = partial.size <= 1 << 20
    let checksum = partial.looksCut ? partial.checksum : nil
    let isAccident = checksum != nil && checksum != seen
    seen = checksum
    let asksAgain = doubts <= 2 && type.isDoubtful && isSmall || doubts < policy.maximumFailures && isAccident
    return asksAgain ? policy.firstWait * (0.5 + jitter() / 2) : nil
  }
}
