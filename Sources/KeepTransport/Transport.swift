public import KeepModel

/// The network door: one HTTP exchange at a time, seen by its caller; many at once underneath.
///
/// Every implementation keeps these promises, which `TransportContract` checks:
/// - the exchange lives exactly as long as the call: when it returns or throws, nothing goes on;
/// - cancelling the calling task aborts the transfer and throws `interrupted`;
/// - redirects are never followed;
/// - a body that breaks off throws, it never ends early as if it were whole, where HTTP can tell;
/// - a failure before any answer carries ``KeepError/delivery``.
public protocol Transport: Sendable {
  /// Performs an exchange and hands the answer to `consume` as soon as its head is there.
  ///
  /// - Throws: ``KeepError`` with code `unavailable` when no answer came or its body broke off,
  ///   `interrupted` when cancelled, `localIO` when the request body could not be read,
  ///   `inputRejected` when it changed while it was sent; and whatever `consume` throws.
  func withResponse<Value: Sendable>(
    to request: HTTPRequest, _ consume: @Sendable (HTTPResponse) async throws -> Value
  ) async throws -> Value
}

extension Transport {
  /// Performs an exchange and gathers the answer's body, which must not exceed `limit` bytes.
  ///
  /// - Throws: as ``withResponse(to:_:)``; also `unavailable` when the body is larger.
  public func response(to request: HTTPRequest, limit: ByteCount) async throws -> BufferedResponse {
    try await withResponse(to: request) { response in
      var bytes: [UInt8] = []
      while let chunk = try await response.body.next() {
        guard UInt64(bytes.count + chunk.count) <= limit.bytes else {
          throw KeepError(
            .unavailable, .address(request.url.withoutQuery.description),
            "the answer is larger than \(limit)", delivery: .unknown, httpStatus: response.status)
        }
        bytes += chunk
      }
      return BufferedResponse(status: response.status, headers: response.headers, body: bytes)
    }
  }
}
