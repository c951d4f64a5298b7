public import KeepModel

/// A page for a browser that shows what a watch is doing, live, with buttons to pause it and to take failed files again;
/// and the same for other programs: `/state` (JSON), `/events` (server-sent events), `/metrics` (Prometheus) and
/// `/healthz`.
///
/// Whoever reaches the address may look. Doing something needs the token. It speaks plain HTTP: on another address than
/// the loopback, names of files and the token can be read by others on the way, so a proxy with a certificate, or a
/// tunnel, belongs before it.
public struct Dashboard: Sendable {
  /// The address that it listens on.
  public let host: String
  /// The port; 0 for any free one.
  public let port: UInt16
  private let desk: DashboardDesk
  private let clock: any Clock<Duration>

  /// Whether it listens on another address than the loopback, so that others can look.
  public var isOpenToOthers: Bool { DashboardGate.isOpenToOthers(host) }

  /// A dashboard; nothing listens yet.
  ///
  /// - Parameters:
  ///   - host: An address or a name of this machine. By the loopback, such as `127.0.0.1` or `localhost`, nobody else
  ///     reaches it.
  ///   - port: 0 for any free one.
  ///   - names: Names besides `host` by which browsers reach it, as through a proxy. Requests by other names are refused,
  ///     so that no page of somebody else gets here by a name that it made lead to this machine.
  ///   - token: What a person needs in order to do something; 16 to 512 visible ASCII characters.
  ///   - now: The time.
  ///   - state: What the watch is doing. It is asked at most once a second, and only while somebody looks.
  ///   - thumbnail: A small picture of what a run kept; `nil` for none. PNG, JPEG, WebP, GIF and AVIF are shown.
  ///   - act: Does what a person asks for, and returns when it is noted.
  /// - Throws: ``KeepError`` with code `usage` for a host or a name that is none, or a token that is too short to be one.
  public init(
    host: String = "127.0.0.1", port: UInt16, names: [String] = [], token: Secret,
    now: @escaping @Sendable () -> Timestamp,
    state: @escaping @Sendable () async -> DashboardState,
    thumbnail: @escaping @Sendable (RequestID) async -> (bytes: [UInt8], mediaType: MediaType)?,
    act: @escaping @Sendable (DashboardAction) async throws(KeepError) -> Void
  ) throws(KeepError) {
    try self.init(
      host: host, port: port, names: names, token: token, limits: DashboardLimits(),
      clock: ContinuousClock(),
      now: now, state: state, thumbnail: thumbnail, act: act)
  }

  init(
    host: String, port: UInt16, names: [String], token: Secret, limits: DashboardLimits,
    clock: any Clock<Duration>, now: @escaping @Sendable () -> Timestamp,
    state: @escaping @Sendable () async -> DashboardState,
    thumbnail: @escaping @Sendable (RequestID) async -> (bytes: [UInt8], mediaType: MediaType)?,
    act: @escaping @Sendable (DashboardAction) async throws(KeepError) -> Void
  ) throws(KeepError) {
    for name in [host] + names where IPAddress(name) == nil && !DashboardGate.isName(name) {
      throw KeepError(
        .usage, .address(name), "is no address and no name of a host",
        hint: "give a number such as 127.0.0.1, or a name, without a port")
    }
    let isToken = token.reveal().utf8.allSatisfy { (0x21...0x7E).contains($0) }
    guard isToken, DashboardGate.tokenLength.contains(token.reveal().utf8.count) else {
      throw KeepError(
        .usage, .none,
        "the dashboard's token is not 16 to 512 visible ASCII characters long, so it could be guessed",
        hint: "make one with: openssl rand -hex 24")
    }
    self.host = host.lowercased() == "localhost" ? "127.0.0.1" : host
    self.port = port
    self.clock = clock
    self.desk = DashboardDesk(
      gate: DashboardGate(host: host, names: names, token: token, longestBody: limits.body), limits: limits,
      now: now, feed: DashboardFeed(tick: limits.tick, ask: state), thumbnail: thumbnail, act: act)
  }

  /// Serves until the task is canceled, then ends every connection at once and returns; nothing goes on afterwards.
  ///
  /// - Parameter whenReady: Gets the port, once connections are taken.
  /// - Throws: ``KeepError`` with code `usage` when the address cannot be listened on.
  public func run(whenReady: @escaping @Sendable (UInt16) async -> Void = { _ in }) async throws {
    try await DashboardServer(host: host, port: port, desk: desk, clock: clock).run(whenReady: whenReady)
  }
}
