import KeepModel
import KeepTestKit
import KeepTransport
import Synchronization

/// A bucket of a few lines: keeps what is put, honours `If-None-Match`, and tells size and SHA-256.
final class FakeBucket: Sendable {
  typealias Answer = ScriptedTransport.Answer

  static let host = "objects.example.net"
  static let target = S3Target(
    endpoint: HTTPURL("https://\(host)"), bucket: "kept-runs", prefix: "runs/", accessKey: "AKIA",
    secretKey: Secret("secret-never-to-be-seen"))
  /// The store's name in the ledger.
  static let name = "s3://kept-runs/runs at https://objects.example.net"

  let objects = Mutex<[String: [UInt8]]>([:])
  /// Answers in place of the usual ones; `nil` for the usual one.
  let script = Mutex<(@Sendable (HTTPRequest) throws -> Answer?)?>(nil)
  private let log = Mutex<[HTTPRequest]>([])

  /// What was asked, without bodies.
  var requests: [HTTPRequest] { log.withLock { $0 } }
  var puts: [String] { requests.filter { $0.method == .put }.map(\.url.path) }
  /// The names of all objects, without the bucket.
  var names: [String] {
    objects.withLock { $0.keys.map { String($0.dropFirst("/kept-runs/".count)) }.sorted() }
  }

  func answer(_ exchange: ScriptedTransport.Exchange) throws -> Answer {
    let request = exchange.request
    log.withLock { $0.append(request) }
    if let answer = try script.withLock({ $0 })?(request) { return answer }
    return objects.withLock { objects in
      let path = request.url.path
      switch request.method {
      case .put:
        guard objects[path] == nil || request.headers["If-None-Match"] == nil else {
          return Self.refusal(412, "PreconditionFailed")
        }
        objects[path] = exchange.body
        return Self.answer(200)
      case .head, .get:
        guard let bytes = objects[path] else { return Self.answer(404) }
        let digest = Checksum(of: bytes).hexadecimal
        let raw = stride(from: 0, to: 64, by: 2).compactMap {
          UInt8(Array(digest)[$0...($0 + 1)].map(String.init).joined(), radix: 16)
        }
        return .response(
          BufferedResponse(
            status: 200,
            headers: ["Content-Length": "\(bytes.count)", "x-amz-checksum-sha256": Base64.encode(raw)],
            body: request.method == .get ? bytes : []))
      default: return Self.answer(405)
      }
    }
  }

  static func answer(_ status: Int) -> Answer { .response(BufferedResponse(status: status, body: [])) }

  static func refusal(_ status: Int, _ code: String) -> Answer {
    .response(BufferedResponse(status: status, body: Array("<Error><Code>\(code)</Code></Error>".utf8)))
  }
}
