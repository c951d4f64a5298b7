internal import Hummingbird
internal import HummingbirdCore
package import KeepModel
internal import Logging
internal import NIOCore

/// Listens for what the service tells of our runs (contract 4), and hands it to a taker as ``WebhookHint``s.
///
/// Who does not know the secret hears nothing but 404. One connection brings one delivery, has a few seconds for it, and
/// makes room for the next one when there are too many, so that slow or broken senders keep nobody out.
package struct WebhookListener: Sendable {
  /// The address to listen on, a number.
  package let host: String
  /// The port; 0 for any free one.
  package let port: UInt16
  private let desk: WebhookDesk

  /// A listener; nothing listens yet.
  ///
  /// - Parameters:
  ///   - port: 0 for any free one.
  ///   - host: An address of this machine, or `localhost` for 127.0.0.1. Another than the loopback is reached by strangers without TLS.
  ///   - isOpenToOthers: Whether the user asked for another address than the loopback.
  ///   - secret: What the path must end in, behind `/comfykeep/`.
  ///   - log: Gets a line for each delivery, without secrets and safe for terminals.
  ///   - take: Looks at a delivery and notes it. It is called once for each request and status while that is
  ///     remembered, with several calls at once for different ones; it is canceled after ``WebhookLimits/answering``,
  ///     when the sender is told to come again, and must then return.
  /// - Throws: ``KeepError`` with code `usage` for an address that is none, or that was not asked for.
  package init(
    port: UInt16, host: String = "127.0.0.1", isOpenToOthers: Bool = false, secret: WebhookSecret,
    limits: WebhookLimits = WebhookLimits(), log: @escaping @Sendable (String) -> Void = { _ in },
    take: @escaping @Sendable (WebhookHint) async -> WebhookAnswer
  ) throws(KeepError) {
    let address = IPAddress(host)
    guard host == "localhost" || address != nil else {
      throw KeepError(
        .usage, .address(host), "is no address to listen on", hint: "give its number, such as 127.0.0.1")
    }
    guard host == "localhost" || address?.isLoopback == true || isOpenToOthers else {
      throw KeepError(
        .usage, .address(host),
        "is not this machine's own loopback: whoever reaches it could call, without TLS",
        hint: "listen on 127.0.0.1 behind a proxy with a certificate, or ask for this address")
    }
    self.host = host == "localhost" ? "127.0.0.1" : host
    self.port = port
    self.desk = WebhookDesk(secret: secret, limits: limits, log: log, take: take)
  }

  /// Listens until the task is canceled, then returns; nothing goes on afterwards.
  ///
  /// - Parameter whenReady: Gets the port, once connections are taken.
  /// - Throws: ``KeepError`` with code `usage` when the address cannot be listened on.
  package func run(whenReady: @escaping @Sendable (UInt16) async -> Void = { _ in }) async throws {
    var logger = Logger(label: "webhook", factory: { _ in SwiftLogNoOpLogHandler() })
    logger.logLevel = .critical
    let connections = WebhookConnections(limit: desk.limits.connections)
    defer { connections.end() }
    let server = Server(
      childChannelSetup: channel(connections),
      configuration: ServerConfiguration(address: .hostname(host, port: Int(port))),
      onServerRunning: { channel in await whenReady(UInt16(clamping: channel.localAddress?.port ?? 0)) },
      eventLoopGroup: EventLoopGroupProvider.singleton.eventLoopGroup, logger: logger)
    do {
      try await server.run()
    } catch {
      if Task.isCancelled { return }
      throw CallerChannel.failure(error, host: host, port: port)
    }
  }

  private func channel(_ connections: WebhookConnections) -> CallerChannel {
    let limits = desk.limits
    return CallerChannel(
      connections: connections, reading: limits.reading,
      whole: limits.reading + limits.answering + .seconds(2), head: limits.head,
      responder: { [desk] request, writer, channel in
        try await WebhookExchange(desk: desk, connections: connections, id: ObjectIdentifier(channel))
          .serve(request, writer)
      })
  }
}

/// The one delivery of a connection.
private struct WebhookExchange {
  let desk: WebhookDesk
  let connections: WebhookConnections
  let id: ObjectIdentifier

  /// Answers, reads what is left of the request so that the answer is not lost, and ends the connection.
  ///
  /// - Throws: `CancellationError` always, which closes the connection: a second request on it is not looked at.
  @concurrent func serve(_ request: Request, _ writer: consuming ResponseWriter) async throws {
    var body = request.body.makeAsyncIterator()
    let head = WebhookDesk.Head(
      method: request.method.rawValue, target: request.head.path ?? "",
      types: request.headers[values: .contentType],
      length: request.headers[.contentLength].flatMap { Int($0) })
    var reply = desk.refusal(of: head)
    if reply == nil {
      if request.headers[.expect]?.lowercased() == "100-continue" {
        try await writer.writeInformationalHead(HTTPResponse(status: .continue))
      }
      reply = await self.reply(to: head, &body)
    }
    let (answer, text) = Self.response(reply ?? .busy)
    try await writer.write(response: answer, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    await drop(&body)
    throw CancellationError()
  }

  @concurrent private func reply(to head: WebhookDesk.Head, _ body: inout RequestBody.AsyncIterator) async
    -> WebhookReply
  {
    var bytes: [UInt8] = []
    do {
      while let piece = try await body.next() {
        guard bytes.count + piece.readableBytes <= desk.limits.body.bytes else {
          return desk.refuse(.tooLarge)
        }
        piece.withUnsafeReadableBytes { bytes.append(contentsOf: $0) }
      }
    } catch {
      return desk.refuse(.refused(WebhookRefusal(reason: "the body is cut short")))
    }
    connections.setAnswering(id, true)
    defer { connections.setAnswering(id, false) }
    return await desk.reply(to: head, body: bytes)
  }

  /// Reads no more than a body may have; a sender that is not done by then, or is slow, loses its connection.
  @concurrent private func drop(_ body: inout RequestBody.AsyncIterator) async {
    var count = 0
    // However the body breaks off, there is nobody left to tell.
    while count <= desk.limits.body.bytes, let piece = try? await body.next() { count += piece.readableBytes }
  }

  private static func response(_ reply: WebhookReply) -> (HTTPResponse, String) {
    var headers = HTTPFields()
    headers[.contentType] = "text/plain; charset=utf-8"
    headers[.contentLength] = String(reply.text.utf8.count)
    headers[.connection] = "close"
    if let seconds = reply.retryAfter { headers[.retryAfter] = String(seconds) }
    if reply == .notPOST { headers[.allow] = "POST" }
    return (HTTPResponse(status: .init(code: reply.status), headerFields: headers), reply.text)
  }
}
