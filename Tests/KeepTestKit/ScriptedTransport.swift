public import KeepModel
public import KeepTransport
import Synchronization

/// A transport that answers from a closure and remembers what it was asked.
public final class ScriptedTransport: Transport {
  /// What to answer: a response, or a failure.
  public enum Answer: Sendable {
    case response(BufferedResponse)
    case failure(KeepError)
    /// A body that comes in these pieces and then breaks off.
    case broken(status: Int, headers: HTTPHeaders, pieces: [[UInt8]], KeepError)
  }

  /// What was asked, with the whole request body.
  public struct Exchange: Sendable {
    /// The request.
    public let request: HTTPRequest
    /// Its whole body.
    public let body: [UInt8]
  }

  private let answer: @Sendable (Exchange, Int) throws -> Answer
  private let log = Mutex<[Exchange]>([])

  /// Answers from a closure, which is given the exchange and its number from 0.
  public init(_ answer: @escaping @Sendable (Exchange, Int) throws -> Answer) {
    self.answer = answer
  }

  /// Everything asked so far.
  public var exchanges: [Exchange] { log.withLock { $0 } }

  /// Answers from the closure.
  public func withResponse<Value: Sendable>(
    to request: HTTPRequest, _ consume: @Sendable (HTTPResponse) async throws -> Value
  ) async throws -> Value {
    let exchange = Exchange(request: request, body: try Self.drain(request.body))
    let number = log.withLock { log in
      log.append(exchange)
      return log.count - 1
    }
    switch try answer(exchange, number) {
    case .failure(let error): throw error
    case .response(let response):
      return try await consume(
        HTTPResponse(
          status: response.status, headers: response.headers,
          body: Self.body(response.body.isEmpty ? [] : [response.body], then: nil)))
    case .broken(let status, let headers, let pieces, let error):
      return try await consume(
        HTTPResponse(status: status, headers: headers, body: Self.body(pieces, then: error)))
    }
  }

  private static func body(_ pieces: [[UInt8]], then error: KeepError?) -> ResponseBody {
    let rest = PieceQueue(pieces)
    return ResponseBody {
      if let piece = rest.next() { return piece }
      if let error { throw error }
      return nil
    }
  }

  private static func drain(_ body: RequestBody?) throws -> [UInt8] {
    guard let body else { return [] }
    let reader = try body.open()
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = try buffer.withUnsafeMutableBytes { try reader.read(into: $0) }
      if count == 0 { return bytes }
      bytes += buffer[..<count]
    }
  }
}

private final class PieceQueue: Sendable {
  private let pieces: Mutex<ArraySlice<[UInt8]>>
  init(_ pieces: [[UInt8]]) { self.pieces = Mutex(pieces[...]) }
  func next() -> [UInt8]? { pieces.withLock { $0.popFirst() } }
}
