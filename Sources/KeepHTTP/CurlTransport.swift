public import KeepModel
public import KeepTransport

/// The network door on libcurl: one thread carries all exchanges, at most one connection pool.
///
/// Beyond what ``Transport`` promises:
/// - Bodies stream both ways in pieces; a reader that does not read stops its sender after about 1 MiB.
/// - A `POST` is sent at most once: it never goes over a kept-alive connection, where libcurl would send it
///   again when that connection turns out dead.
/// - ``HTTPRequest/Reach/publicOnly`` is judged on the resolved address, before a packet is sent. Through a
///   proxy (see ``ProxySettings``) the proxy resolves names, so only addresses written in the URL are judged.
/// - ``HTTPRequest/signing`` is done by libcurl itself. The URL goes out as it is signed, in canonical spelling; what
///   libcurl 7.88 would sign wrongly is refused.
/// - `Host`, `Content-Length`, `Transfer-Encoding`, `User-Agent` and `Expect` in a request's headers are left
///   out, and `Content-Type` beside a body.
public final class CurlTransport: Transport {
  private let engine: Engine

  /// Starts the thread.
  ///
  /// - Throws: ``KeepError`` with code `failure` when libcurl or the thread cannot be started.
  public init(_ configuration: Configuration = Configuration()) throws(KeepError) {
    self.engine = try Engine(configuration)
  }

  deinit { engine.shutDown() }

  /// Aborts all exchanges, which throw `interrupted`, and ends the thread. Later exchanges throw the same.
  public func shutDown() { engine.shutDown() }

  /// Performs an exchange and hands the answer to `consume` as soon as its head is there.
  ///
  /// - Throws: as ``Transport/withResponse(to:_:)``; also `failure` for a request that cannot be expressed
  ///   in HTTP, such as one with a line break in a header.
  public func withResponse<Value: Sendable>(
    to request: HTTPRequest, _ consume: @Sendable (HTTPResponse) async throws -> Value
  ) async throws -> Value {
    let exchange = Exchange(request)
    return try await withTaskCancellationHandler {
      try await perform(exchange, consume)
    } onCancel: {
      abort(exchange)
    }
  }

  private func perform<Value: Sendable>(
    _ exchange: Exchange, _ consume: @Sendable (HTTPResponse) async throws -> Value
  ) async throws -> Value {
    guard !Task.isCancelled, engine.send(.start(exchange)) else {
      throw Self.interrupted(exchange, delivery: .notDelivered)
    }
    do {
      let head = try await exchange.head()
      let engine = engine
      let body = ResponseBody {
        try await exchange.next { engine.send(.resume(exchange)) }
      }
      let value = try await consume(
        HTTPResponse(status: head.status, headers: head.headers, body: body))
      await finish(exchange)
      return value
    } catch {
      await finish(exchange)
      throw error is CancellationError && Task.isCancelled ? Self.interrupted(exchange) : error
    }
  }

  /// Returns once nothing of the exchange goes on.
  private func finish(_ exchange: Exchange) async {
    guard abort(exchange) else { return }
    await exchange.removal()
  }

  /// Gives the exchange up; says whether libcurl still has to let go of it.
  @discardableResult
  private func abort(_ exchange: Exchange) -> Bool {
    guard exchange.abandon(Self.interrupted(exchange)) else { return false }
    engine.send(.remove(exchange))
    return true
  }

  private static func interrupted(
    _ exchange: Exchange, delivery: KeepError.Delivery = .unknown
  ) -> KeepError {
    KeepError(
      .interrupted, .address(exchange.request.url.withoutQuery.description),
      "the exchange was interrupted", delivery: delivery)
  }
}
