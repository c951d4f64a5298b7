import KeepModel
import KeepTestKit
import Synchronization
import Testing

@testable import KeepPipeline

/// A webhook listener on a free port, what it took and what it logged.
struct ListeningOffice: Sendable {
  static let key = String(repeating: "5a", count: 32)

  /// What came of a delivery.
  struct Answer: Sendable, Equatable {
    let status: Int
    let text: String
  }

  final class Book: Sendable {
    private let hints = Mutex<[WebhookHint]>([])
    private let lines = Mutex<[String]>([])
    var taken: [WebhookHint] { hints.withLock { $0 } }
    var log: [String] { lines.withLock { $0 } }
    func add(_ hint: WebhookHint) { hints.withLock { $0.append(hint) } }
    func add(_ line: String) { lines.withLock { $0.append(line) } }
  }

  let secret: WebhookSecret
  let port: UInt16
  let book: Book

  /// Deadlines that no busy machine comes near.
  static var patient: WebhookLimits {
    var limits = WebhookLimits()
    (limits.reading, limits.answering) = (.seconds(300), .seconds(300))
    return limits
  }

  /// Listens while `body` runs; everything that `answer` says is noted before.
  static func open<Value: Sendable>(
    secret: WebhookSecret = WebhookSecret(), limits: WebhookLimits = Self.patient,
    answer: @escaping @Sendable (WebhookHint) async -> WebhookAnswer = { _ in .taken },
    _ body: @escaping @Sendable (ListeningOffice) async throws -> Value
  ) async throws -> Value {
    let book = Book()
    let listener = try WebhookListener(
      port: 0, secret: secret, limits: limits, log: { book.add($0) },
      take: { hint in
        book.add(hint)
        return await answer(hint)
      })
    let (ready, sink) = AsyncStream.makeStream(of: UInt16.self)
    return try await withThrowingTaskGroup(of: Value?.self) { group in
      group.addTask {
        defer { sink.finish() }
        try await listener.run { sink.yield($0) }
        return nil
      }
      group.addTask {
        for await port in ready {
          return try await body(ListeningOffice(secret: secret, port: port, book: book))
        }
        return nil
      }
      defer { group.cancelAll() }
      while let value = try await group.next() { if let value { return value } }
      throw CancellationError()
    }
  }

  // MARK: - Deliveries

  /// A body as the service sends it.
  static func body(_ request: String, _ status: String = "succeeded") -> String {
    #"{"request_id":"\#(request)","deployment_id":"d-1","status":"\#(status)","outputs":{}}"#
  }

  /// The path and query that are given to the service.
  var target: String { "/comfykeep/\(secret.secret.reveal())?submission_key=\(Self.key)" }

  /// A whole delivery as bytes.
  func message(
    _ body: String, to target: String? = nil, method: String = "POST", type: String = "application/json"
  ) -> [UInt8] {
    let head = [
      "\(method) \(target ?? self.target) HTTP/1.1", "Host: 127.0.0.1", "Content-Type: \(type)",
      "Content-Length: \(body.utf8.count)",
    ]
    return Array((head.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8)
  }

  /// Sends bytes and gives the answer.
  func send(_ bytes: [UInt8]) async throws -> Answer {
    let raw = try #require(try await RawCaller.exchange(port: port, bytes), "the connection hangs")
    return Self.answer(raw)
  }

  /// Delivers a status of a run.
  func deliver(_ request: String, _ status: String = "succeeded") async throws -> Answer {
    try await send(message(Self.body(request, status)))
  }

  /// Delivers as the service does, again and again until it is taken: where the listener's deadlines are short for the
  /// test, a busy machine may miss one.
  func deliverPatiently(_ request: String) async throws -> Answer {
    for _ in 0..<50 {
      let answer = try await deliver(request)
      if answer.status == 200 { return answer }
    }
    return try await deliver(request)
  }

  static func answer(_ raw: [UInt8]) -> Answer {
    let text = String(decoding: raw, as: UTF8.self)
    let status = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return Answer(status: status, text: text)
  }
}
