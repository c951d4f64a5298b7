import KeepModel
import KeepTransport
import Synchronization

/// Passes everything on and remembers the requests.
final class CountingTransport: Transport {
  private let base: any Transport
  private let log = Mutex<[HTTPRequest]>([])

  init(_ base: any Transport) { self.base = base }

  var requests: [HTTPRequest] { log.withLock { $0 } }

  /// The requests that carried a body of a file.
  var uploads: [HTTPRequest] { requests.filter { $0.method == .put && $0.body != nil } }

  func withResponse<Value: Sendable>(
    to request: HTTPRequest, _ consume: @Sendable (HTTPResponse) async throws -> Value
  ) async throws -> Value {
    log.withLock { $0.append(request) }
    return try await base.withResponse(to: request, consume)
  }
}

/// Changes requests on their way: adds headers, or makes bodies break.
struct MeddlingTransport: Transport {
  let base: any Transport
  let change: @Sendable (HTTPRequest) throws -> HTTPRequest

  func withResponse<Value: Sendable>(
    to request: HTTPRequest, _ consume: @Sendable (HTTPResponse) async throws -> Value
  ) async throws -> Value {
    try await base.withResponse(to: try change(request), consume)
  }
}

extension HTTPRequest {
  /// The same request whose body breaks off when half of it is sent, as a connection does.
  func breaking(_ onBreak: @escaping @Sendable () -> Void = {}) -> HTTPRequest {
    guard let body else { return self }
    var request = self
    request.body = RequestBody(length: body.length, contentType: body.contentType) { () throws(KeepError) in
      let reader = try body.open()
      var handed: UInt64 = 0
      return BodyReader { buffer throws(KeepError) in
        guard handed < body.length / 2 else {
          onBreak()
          throw KeepError(.unavailable, .address("the test"), "the connection broke", retry: .backOff)
        }
        let room = UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(65_536))
        let count = try reader.read(into: room)
        handed += UInt64(count)
        return count
      }
    }
    return request
  }
}

extension HTTPRequest {
  /// The same request, at half of whose body something happens on the transport's thread.
  func interrupted(_ atHalf: @escaping @Sendable () -> Void) -> HTTPRequest {
    guard let body else { return self }
    var request = self
    request.body = RequestBody(length: body.length, contentType: body.contentType) { () throws(KeepError) in
      let reader = try body.open()
      var handed: UInt64 = 0
      return BodyReader { buffer throws(KeepError) in
        let before = handed
        handed += UInt64(
          try reader.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(65_536))))
        if before < body.length / 2, handed >= body.length / 2 { atHalf() }
        return Int(handed - before)
      }
    }
    return request
  }
}

/// Lets a number of requests through a change, and the rest as they are.
final class Countdown: Sendable {
  private let rest: Mutex<Int>
  init(_ count: Int) { rest = Mutex(count) }
  /// Whether this one is still among them.
  func next() -> Bool {
    rest.withLock { rest in
      rest -= 1
      return rest >= 0
    }
  }
}
