internal import Hummingbird
internal import HummingbirdCore
internal import KeepModel
internal import Logging

/// What Hummingbird tells of a connection.
struct SimulatorContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// Closes the connection at once.
  let drop: @Sendable () -> Void
  let isFromLoopback: Bool

  init(source: Source) {
    self.coreContext = CoreRequestContextStorage(source: source)
    let channel = source.channel
    self.drop = { channel.close(promise: nil) }
    self.isFromLoopback = channel.remoteAddress?.ipAddress.flatMap { IPAddress($0) }?.isLoopback == true
  }
}

/// Puts one service on one port. The one file that knows which library serves HTTP.
struct SimulatorServer: HTTPResponder {
  let maximumBody: Int
  let clock: SimulatorClock
  let answer: @Sendable (Call) async -> Reply

  /// Serves until the task is canceled; `onListening` gets the port.
  func run(host: String, port: Int, onListening: @escaping @Sendable (Int) -> Void) async throws {
    var application = Application(
      responder: self, server: Self.continuing,
      configuration: ApplicationConfiguration(address: .hostname(host, port: port), serverName: "simulator"),
      onServerRunning: { channel in onListening(channel.localAddress?.port ?? 0) })
    application.logger.logLevel = .critical
    try await application.run()
  }

  /// HTTP/1.1 that answers `Expect: 100-continue`, for which clients wait a second with a large body.
  private static var continuing: HTTPServerBuilder {
    HTTPServerBuilder { responder in
      HTTP1Channel(responder: { request, writer, channel in
        if request.headers[.expect]?.lowercased() == "100-continue" {
          try await writer.writeInformationalHead(HTTPResponse(status: .continue))
        }
        try await responder(request, writer, channel)
      })
    }
  }

  func respond(to request: Request, context: SimulatorContext) async throws -> Response {
    guard let body = try await body(of: request) else { return response(to: Self.tooLarge) }
    let call = Call(
      method: request.method.rawValue, rawPath: request.uri.path, query: request.uri.query ?? "",
      headers: request.headers.map { (name: $0.name.rawName, value: $0.value) }, body: body,
      isFromLoopback: context.isFromLoopback)
    let reply = await answer(call)
    if case .dropped = reply.body {
      context.drop()
      throw CancellationError()
    }
    return response(to: reply)
  }

  private static let tooLarge = Reply.json(413, ["message": "Request Entity Too Large"])

  /// The whole body, `nil` if it is larger than we take.
  private func body(of request: Request) async throws -> [UInt8]? {
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > maximumBody { return nil }
    var bytes: [UInt8] = []
    for try await piece in request.body {
      guard bytes.count + piece.readableBytes <= maximumBody else { return nil }
      piece.withUnsafeReadableBytes { bytes.append(contentsOf: $0) }
    }
    return bytes
  }

  private typealias Field = HTTPFields.Element

  private func response(to reply: Reply) -> Response {
    var headers = HTTPFields()
    for (name, value) in reply.headers {
      if let name = Field.Name(name) { headers.append(Field(name: name, value: value)) }
    }
    let status = HTTPResponse.Status(code: reply.status)
    switch reply.body {
    case .bytes(let bytes):
      return Response(
        status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    case .made(let file, let range, let rate, let sent):
      return Response(status: status, headers: headers, body: making(file, range, rate, sent))
    case .announced(let length):
      headers[.contentLength] = String(length)
      return Response(status: status, headers: headers)
    case .cut(let bytes, let announced):
      return Response(status: status, headers: headers, body: part(bytes, announced) {})
    case .stalled(let bytes, let announced):
      return Response(
        status: status, headers: headers,
        body: part(bytes, announced) { try await clock.pause(for: .seconds(600)) })
    case .dropped: return Response(status: status)
    }
  }

  /// A body that is made block by block.
  private func making(
    _ file: SyntheticFile, _ range: Range<Int>, _ rate: Int?, _ sent: @escaping @Sendable (Int) -> Void
  ) -> ResponseBody {
    ResponseBody(contentLength: range.count) { writer in
      var offset = range.lowerBound
      defer { sent(offset - range.lowerBound) }
      while offset < range.upperBound {
        let piece = SyntheticFile.piece(at: offset, of: range)
        offset = piece.upperBound
        try await writer.write(ByteBuffer(bytes: file.bytes(piece)))
        if let rate { try await clock.pause(for: .seconds(Double(piece.count) / Double(rate << 20))) }
      }
      try await writer.finish(nil)
    }
  }

  /// A body that stops short: after `before`, the connection closes.
  private func part(
    _ bytes: [UInt8], _ announced: Int, _ before: @escaping @Sendable () async throws -> Void
  ) -> ResponseBody {
    ResponseBody(contentLength: announced) { writer in
      try await writer.write(ByteBuffer(bytes: bytes))
      try await before()
      throw CancellationError()
    }
  }
}
