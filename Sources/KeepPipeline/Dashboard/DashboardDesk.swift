import KeepModel
import Synchronization

/// Decides what is answered to each request. It knows nothing of connections; ``DashboardServer`` brings the bytes.
final class DashboardDesk: Sendable {
  /// The bytes and type of a picture.
  typealias Picture = (bytes: [UInt8], mediaType: MediaType)

  /// What a path is.
  enum Route: Equatable {
    case page
    case icon
    case state
    case events
    case metrics
    case health
    case thumbnail(RequestID)
    case action

    /// What stands at a path; `nil` for nothing.
    init?(path: String) {
      switch path {
      case "/": self = .page
      case "/icon.svg": self = .icon
      case "/state": self = .state
      case "/events": self = .events
      case "/metrics": self = .metrics
      case "/healthz": self = .health
      case _ where DashboardAction.paths.contains(path): self = .action
      case _ where path.hasPrefix("/thumbnail/"):
        let request = RequestID(String(path.dropFirst("/thumbnail/".count)))
        guard request.isPathSafe else { return nil }
        self = .thumbnail(request)
      default: return nil
      }
    }
  }

  let limits: DashboardLimits
  let feed: DashboardFeed
  private let gate: DashboardGate
  private let now: @Sendable () -> Timestamp
  private let thumbnail: @Sendable (RequestID) async -> Picture?
  private let act: @Sendable (DashboardAction) async throws(KeepError) -> Void
  private let streams = Mutex(0)

  init(
    gate: DashboardGate, limits: DashboardLimits, now: @escaping @Sendable () -> Timestamp,
    feed: DashboardFeed, thumbnail: @escaping @Sendable (RequestID) async -> Picture?,
    act: @escaping @Sendable (DashboardAction) async throws(KeepError) -> Void
  ) {
    self.gate = gate
    self.limits = limits
    self.now = now
    self.feed = feed
    self.thumbnail = thumbnail
    self.act = act
  }

  /// What is said to a head at once; `nil` where it is to be answered.
  func refusal(of head: DashboardHead) -> DashboardReply? {
    if let objection = gate.objection(to: head) { return objection }
    guard let route = Route(path: head.path) else { return .notFound }
    guard route == .action else {
      return head.method == "GET" || head.method == "HEAD" ? nil : .notAllowed("GET, HEAD")
    }
    return head.method == "POST" ? gate.objection(toAction: head) : .notAllowed("POST")
  }

  /// Whether a page wants to be told live.
  func isStream(_ head: DashboardHead) -> Bool {
    head.method == "GET" && Route(path: head.path) == .events
  }

  // MARK: - Answers

  /// The answer to a request that was not refused.
  func reply(to head: DashboardHead, body: [UInt8]) async -> DashboardReply {
    switch Route(path: head.path) {
    case .page:
      return DashboardPage(await feed.snapshot().state).reply
    case .icon: return DashboardPage.icon
    case .state: return DashboardReply(type: "application/json", await feed.snapshot().json)
    case .events: return DashboardReply(type: Self.eventStream, [])
    case .metrics:
      return DashboardReply(
        type: DashboardMetrics.type, Array(DashboardMetrics(await feed.snapshot().state).text.utf8))
    case .health: return DashboardHealth(await feed.snapshot().state, now: now()).reply
    case .thumbnail(let request): return picture(await thumbnail(request), head)
    case .action: return await perform(head.path, body)
    case nil: return .notFound
    }
  }

  static let eventStream = "text/event-stream; charset=utf-8"

  private func perform(_ path: String, _ body: [UInt8]) async -> DashboardReply {
    let action: DashboardAction
    do { action = try DashboardAction(path: path, body: body) } catch { return .badRequest(error.reason) }
    defer { feed.expire() }
    do { try await act(action) } catch { return .refused(error) }
    return .done
  }

  /// What browsers show as a picture and never run.
  private static let pictures: Set<MediaType> = [
    "image/png", "image/jpeg", "image/webp", "image/gif", "image/avif",
  ]

  private func picture(_ picture: Picture?, _ head: DashboardHead) -> DashboardReply {
    guard let picture, Self.pictures.contains(picture.mediaType) else { return .notFound }
    let tag = "\"\(Checksum(of: picture.bytes).hexadecimal.prefix(32))\""
    let headers = ["Cache-Control": "private, max-age=86400", "ETag": tag]
    let isKnown = head.etags.contains { tags in
      tags == "*" || tags.split(separator: ",").contains { String($0).trimmed.hasSuffix(tag) }
    }
    return DashboardReply(
      isKnown ? 304 : 200, type: picture.mediaType.rawValue, isKnown ? [] : picture.bytes, headers: headers)
  }

  // MARK: - Streams

  /// Takes a place among those that are told live; `false` when all are taken. It is given back with ``endStream()``.
  func beginStream() -> Bool {
    streams.withLock { count in
      guard count < limits.streams else { return false }
      count += 1
      return true
    }
  }

  /// Gives a place back.
  func endStream() { streams.withLock { $0 -= 1 } }
}
