internal import Glibc
internal import Hummingbird
internal import HummingbirdCore
package import KeepModel
internal import Logging
internal import NIOCore
internal import SystemPackage

/// Listens for what the service tells of our runs (contract 4), and hands it to a taker as ``WebhookHint``s. The one file
/// here that knows which library serves HTTP.
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
      childChannelSetup: WebhookChannel(desk: desk, connections: connections),
      configuration: ServerConfiguration(address: .hostname(host, port: Int(port))),
      onServerRunning: { channel in await whenReady(UInt16(clamping: channel.localAddress?.port ?? 0)) },
      eventLoopGroup: EventLoopGroupProvider.singleton.eventLoopGroup, logger: logger)
    do {
      try await server.run()
    } catch {
      if Task.isCancelled { return }
      throw failure(error)
    }
  }

  private func failure(_ error: any Error) -> KeepError {
    let place = KeepError.Subject.address(host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)")
    switch (error as? IOError)?.errnoCode {
    case EADDRINUSE?:
      return KeepError(
        .usage, place, "is taken: another program listens there",
        hint: "choose another port, or 0 for any free one")
    case EADDRNOTAVAIL?:
      return KeepError(.usage, place, "is not an address of this machine", hint: "listen on 127.0.0.1")
    case EACCES?:
      return KeepError(
        .usage, place, "may not be listened on: low ports are for the administrator",
        hint: "choose a port above 1023")
    case let number?:
      return KeepError(
        .usage, place, "cannot be listened on: \(Errno(rawValue: number).description.lowercased())")
    case nil: return KeepError(.usage, place, "cannot be listened on", hint: "listen on 127.0.0.1")
    }
  }
}

/// A connection that was made, and of which nothing is read yet.
private struct WebhookCaller: ServerChildChannelValue {
  let channel: any Channel
}

/// One connection: HTTP/1.1 with small heads, a deadline, and a place among the others.
///
/// What reads and writes is put in only when there is a task for it. NIO ends the program where a connection has its
/// writer and nobody takes it over, as happens to one that is made just when the listener ends.
private struct WebhookChannel: ServerChildChannel {
  private let connections: WebhookConnections
  private let limits: WebhookLimits
  private let http: HTTP1Channel

  init(desk: WebhookDesk, connections: WebhookConnections) {
    self.connections = connections
    self.limits = desk.limits
    let head = HTTP1Channel.Configuration.DecoderConfiguration(
      maxHeaderFieldSize: limits.head / 2, maxHeaderListSize: limits.head, maxHeaderFieldCount: 64)
    self.http = HTTP1Channel(
      responder: { request, writer, channel in
        try await WebhookExchange(desk: desk, connections: connections, id: ObjectIdentifier(channel))
          .serve(request, writer)
      }, configuration: HTTP1Channel.Configuration(httpDecoderConfiguration: head))
  }

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<WebhookCaller> {
    let id = ObjectIdentifier(channel)
    connections.admit(id) { channel.close(promise: nil) }
    let reading = TimeAmount(limits.reading)
    let whole = reading + TimeAmount(limits.answering) + .seconds(2)
    let deadlines = [
      channel.eventLoop.scheduleTask(in: reading) { connections.closeUnlessAnswering(id) },
      channel.eventLoop.scheduleTask(in: whole) { channel.close(promise: nil) },
    ]
    channel.closeFuture.whenComplete { _ in
      for deadline in deadlines { deadline.cancel() }
      connections.forget(id)
    }
    return channel.setOption(.autoRead, value: false).map { WebhookCaller(channel: channel) }
  }

  func handle(value: WebhookCaller, logger: Logger) async {
    let channel = value.channel
    let stream = try? await channel.eventLoop.flatSubmit {
      http.setup(channel: channel, logger: logger).flatMap { stream in
        channel.setOption(.autoRead, value: true).map { stream }.recover { _ in stream }
      }
    }.get()
    // Without one, the connection was closed meanwhile.
    guard let stream else { return channel.close(promise: nil) }
    await http.handle(value: stream, logger: logger)
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
