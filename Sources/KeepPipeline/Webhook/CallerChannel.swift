internal import Glibc
internal import HummingbirdCore
internal import KeepModel
internal import Logging
internal import NIOCore
internal import SystemPackage

/// A connection that was made, and of which nothing is read yet.
struct Caller: ServerChildChannelValue {
  let channel: any Channel
}

/// One connection of somebody unknown: HTTP/1.1 with small heads, a deadline, and a place among the others.
///
/// What reads and writes is put in only when there is a task for it. NIO ends the program where a connection has its
/// writer and nobody takes it over, as happens to one that is made just when the listener ends.
struct CallerChannel: ServerChildChannel {
  private let connections: WebhookConnections
  private let reading: Duration
  private let whole: Duration?
  private let http: HTTP1Channel

  /// - Parameters:
  ///   - reading: How long a connection may take until it is being answered.
  ///   - whole: How long it may last at all; `nil` where its end is looked after elsewhere.
  ///   - head: How many bytes all header lines may have together.
  init(
    connections: WebhookConnections, reading: Duration, whole: Duration?, head: Int,
    responder: @escaping HTTP1Channel.Responder
  ) {
    self.connections = connections
    self.reading = reading
    self.whole = whole
    let head = HTTP1Channel.Configuration.DecoderConfiguration(
      maxHeaderFieldSize: head / 2, maxHeaderListSize: head, maxHeaderFieldCount: 64)
    self.http = HTTP1Channel(
      responder: responder, configuration: HTTP1Channel.Configuration(httpDecoderConfiguration: head))
  }

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Caller> {
    let id = ObjectIdentifier(channel)
    connections.admit(id) { channel.close(promise: nil) }
    let late = channel.eventLoop.scheduleTask(in: TimeAmount(reading)) { [connections] in
      connections.closeUnlessAnswering(id)
    }
    let over = whole.map { whole in
      channel.eventLoop.scheduleTask(in: TimeAmount(whole)) { channel.close(promise: nil) }
    }
    channel.closeFuture.whenComplete { [connections] _ in
      late.cancel()
      over?.cancel()
      connections.forget(id)
    }
    return channel.setOption(.autoRead, value: false).map { Caller(channel: channel) }
  }

  func handle(value: Caller, logger: Logger) async {
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

  /// Why an address cannot be listened on.
  ///
  /// - Parameter error: What the listener ended with.
  static func failure(_ error: any Error, host: String, port: UInt16) -> KeepError {
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
