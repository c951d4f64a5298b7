import HTTPTypes
import Hummingbird
import HummingbirdCore
import KeepModel
import Logging
import NIOCore
import NIOHTTPTypes

/// Brings requests to the ``DashboardDesk`` and its answers back: one request a connection, with few seconds for it; those
/// that are told live stay open.
///
/// Everything is written to the connection itself and waited for until the system has taken it. So a browser that stops
/// reading costs one answer's memory, and its connection after a while; and nothing is lost when a connection is closed
/// after the last byte.
struct DashboardServer: Sendable {
  let host: String
  let port: UInt16
  let desk: DashboardDesk
  let clock: any Clock<Duration>

  /// Serves until the task is canceled.
  ///
  /// - Parameter whenReady: Gets the port, once connections are taken.
  /// - Throws: ``KeepError`` with code `usage` when the address cannot be listened on.
  func run(whenReady: @escaping @Sendable (UInt16) async -> Void) async throws {
    var logger = Logger(label: "dashboard", factory: { _ in SwiftLogNoOpLogHandler() })
    logger.logLevel = .critical
    let connections = WebhookConnections(limit: desk.limits.connections)
    defer { connections.end() }
    let server = Server(
      childChannelSetup: channel(connections),
      configuration: ServerConfiguration(address: .hostname(host, port: Int(port))),
      onServerRunning: { channel in await whenReady(UInt16(clamping: channel.localAddress?.port ?? 0)) },
      eventLoopGroup: EventLoopGroupProvider.singleton.eventLoopGroup, logger: logger)
    do {
      // What is being written is waited for whatever becomes of the task, so that connections have to be closed.
      try await withTaskCancellationHandler {
        try await server.run()
      } onCancel: {
        connections.end()
      }
    } catch {
      if Task.isCancelled { return }
      throw CallerChannel.failure(error, host: host, port: port)
    }
  }

  private func channel(_ connections: WebhookConnections) -> CallerChannel {
    CallerChannel(
      connections: connections, reading: desk.limits.reading, whole: nil, head: desk.limits.head,
      responder: { [desk, clock] request, _, channel in
        try await DashboardExchange(desk: desk, clock: clock, connections: connections, channel: channel)
          .serve(request)
      })
  }
}

/// The one request of a connection.
private struct DashboardExchange {
  let desk: DashboardDesk
  let clock: any Clock<Duration>
  let connections: WebhookConnections
  let channel: any Channel

  /// Answers and ends the connection.
  ///
  /// - Throws: `CancellationError` always, which closes the connection: a second request on it is not looked at.
  @concurrent func serve(_ request: Request) async throws {
    var body = request.body.makeAsyncIterator()
    let head = Self.head(of: request)
    if let refusal = desk.refusal(of: head) {
      try await answer(refusal, to: head)
      await drop(&body)
      throw CancellationError()
    }
    if request.headers[.expect]?.lowercased() == "100-continue" {
      try await write(.head(HTTPResponse(status: .continue)))
    }
    let bytes = try await read(&body)
    connections.setAnswering(ObjectIdentifier(channel), true)
    if let bytes, desk.isStream(head) {
      try await tell(head, bytes)
    } else {
      try await timely { [desk] in
        try await answer(bytes == nil ? .tooLarge : await desk.reply(to: head, body: bytes ?? []), to: head)
      }
    }
    throw CancellationError()
  }

  private static func head(of request: Request) -> DashboardHead {
    let fields = request.headers
    let more = HTTPField.Name("Host").map { fields[values: $0] } ?? []
    return DashboardHead(
      method: request.method.rawValue, target: request.head.path ?? "",
      hosts: [request.head.authority].compactMap { $0 } + more, origins: fields[values: .origin],
      authorizations: fields[values: .authorization], types: fields[values: .contentType],
      etags: fields[values: .ifNoneMatch], length: fields[.contentLength].flatMap { Int($0) })
  }

  // MARK: Reading

  /// The whole body; `nil` for one that is too large.
  @concurrent private func read(_ body: inout RequestBody.AsyncIterator) async throws -> [UInt8]? {
    var bytes: [UInt8] = []
    while let piece = try await body.next() {
      guard bytes.count + piece.readableBytes <= desk.limits.body else { return nil }
      piece.withUnsafeReadableBytes { bytes.append(contentsOf: $0) }
    }
    return bytes
  }

  /// Reads what is left of a request that was refused, so that the answer is not lost; not more than a little.
  @concurrent private func drop(_ body: inout RequestBody.AsyncIterator) async {
    var count = 0
    // However the body breaks off, there is nobody left to tell.
    while count <= 1 << 20, let piece = try? await body.next() { count += piece.readableBytes }
  }

  // MARK: Writing

  @concurrent private func answer(_ reply: DashboardReply, to head: DashboardHead) async throws {
    var fields = Self.fields(reply)
    if reply.status != 304 { fields[.contentLength] = String(reply.body.count) }
    try await write(.head(HTTPResponse(status: .init(code: reply.status), headerFields: fields)))
    if head.method != "HEAD", !reply.body.isEmpty { try await write(.body(ByteBuffer(bytes: reply.body))) }
    try await write(.end(nil))
  }

  private static func fields(_ reply: DashboardReply) -> HTTPFields {
    var fields = HTTPFields()
    for (name, value) in reply.fields.sorted(by: { $0.key < $1.key }) {
      if let name = HTTPField.Name(name) { fields[name] = value }
    }
    fields[.connection] = "close"
    return fields
  }

  /// Tells a page live, until it is closed.
  @concurrent private func tell(_ head: DashboardHead, _ body: [UInt8]) async throws {
    guard desk.beginStream() else { return try await answer(.busy, to: head) }
    defer { desk.endStream() }
    // Who closes its side has gone.
    try await channel.setOption(.allowRemoteHalfClosure, value: false).get()
    let fields = Self.fields(await desk.reply(to: head, body: body))
    try await write(.head(HTTPResponse(status: .ok, headerFields: fields)))
    var events = DashboardEvents(beat: desk.limits.beat)
    while channel.isActive {
      if let bytes = events.next(await desk.feed.snapshot()) {
        try await write(.body(ByteBuffer(bytes: bytes)))
      }
      try await clock.sleep(for: desk.limits.tick)
    }
  }

  /// Writes and waits until the system has taken it; a browser that lets it lie for too long loses its connection.
  @concurrent private func write(_ part: HTTPResponsePart) async throws {
    try await timely { [channel] in try await channel.writeAndFlush(part).get() }
  }

  /// Does something for as long as an answer may take; then the connection is closed, so that what waits for it ends.
  @concurrent private func timely(_ work: () async throws -> Void) async throws {
    let late = channel.eventLoop.scheduleTask(in: TimeAmount(desk.limits.writing)) { [channel] in
      channel.close(promise: nil)
    }
    defer { late.cancel() }
    try await work()
  }
}
