import KeepModel
import KeepTestKit
import KeepTransport
import Synchronization

/// A service of a few lines: takes submissions, says that they run, then that they are done, and gives a
/// picture for each. Each kind of call can be answered differently.
final class FakeService: Sendable {
  typealias Answer = ScriptedTransport.Answer
  /// An answer in place of the usual one, by the call's number from 0 among its kind; `nil` for the usual one.
  typealias Script = @Sendable (Int) throws -> Answer?

  static let base = "https://api.example.net"
  static let workflow = """
    {"189":{"inputs":{"image":"a.png"},"class_type":"LoadImage"},
     "190":{"inputs":{"image":"b.png"},"class_type":"LoadImage"},
     "6":{"inputs":{"text":"a lighthouse"},"class_type":"CLIPTextEncode"},
     "25":{"inputs":{"noise_seed":7},"class_type":"RandomNoise"},
     "136":{"inputs":{"images":["189",0]},"class_type":"SaveImage"}}
    """

  private let counts = Mutex<[Kind: Int]>([:])
  private let scripts: [Kind: Script]

  enum Kind: Hashable { case submit, status, result, cancel, deployment, list, output }

  init(_ scripts: [Kind: Script] = [:]) { self.scripts = scripts }

  /// How often something was asked.
  func count(_ kind: Kind) -> Int { counts.withLock { $0[kind] ?? 0 } }

  func answer(_ exchange: ScriptedTransport.Exchange) throws -> Answer {
    let kind = kind(exchange.request)
    let number = counts.withLock { counts in
      counts[kind, default: 0] += 1
      return (counts[kind] ?? 0) - 1
    }
    if let answer = try scripts[kind]?(number) { return answer }
    switch kind {
    case .submit: return Self.json(#"{"request_id":"req-\#(number + 1)"}"#)
    case .status: return Self.json(#"{"status":"\#(number == 0 ? "in_progress" : "completed")"}"#)
    case .result: return Self.result(of: Self.id(exchange.request))
    case .cancel: return Self.json(#"{"status":"cancellation_requested"}"#)
    case .deployment:
      return Self.json(
        #"{"id":"d-1","name":"n","is_enabled":true,"payload":{"workflow_api_json":\#(Self.workflow)}}"#)
    case .list:
      let all = (1...9).map { #"{"id":"d-\#($0)","name":"n\#($0)"}"# }
      return Self.json("[\(all.joined(separator: ","))]")
    case .output:
      let bytes = Pictures.png(
        UInt8(truncatingIfNeeded: exchange.request.url.description.utf8.reduce(0) { $0 &+ Int($1) }))
      return .response(BufferedResponse(status: 200, headers: ["Content-Type": "image/png"], body: bytes))
    }
  }

  private func kind(_ request: HTTPRequest) -> Kind {
    guard request.url.description.hasPrefix(Self.base) else { return .output }
    let path = request.url.path
    if path.hasSuffix("/inference") { return .submit }
    if path.hasSuffix("/status") { return .status }
    if path.hasSuffix("/result") { return .result }
    if path.hasSuffix("/deployments") { return .list }
    return path.hasSuffix("/cancel") ? .cancel : .deployment
  }

  private static func id(_ request: HTTPRequest) -> String {
    request.url.path.split(separator: "/").dropLast().last.map(String.init) ?? ""
  }

  static func json(_ text: String, status: Int = 200) -> Answer {
    .response(
      BufferedResponse(status: status, headers: ["Content-Type": "application/json"], body: Array(text.utf8)))
  }

  /// A result with so many pictures.
  static func result(of id: String, pictures: Int = 1) -> Answer {
    let images = (0..<pictures).map {
      #"{"url":"https://files.example.net/\#(id)/\#($0).png","filename":"\#($0).png","subfolder":"","type":"output"}"#
    }
    return json(
      """
      {"status":"succeeded","request_id":"\(id)","created_at":"2026-09-21T11:00:00Z",
       "finished_at":"2026-09-21T11:00:09Z",
       "outputs":{"136":{"images":[\(images.joined(separator: ","))]}}}
      """)
  }

  static let unreachable = Answer.failure(
    KeepError(
      .unavailable, .address("api.example.net"), "connection refused", retry: .backOff,
      delivery: .notDelivered))
  static let silence = Answer.failure(
    KeepError(
      .unavailable, .address("api.example.net"), "the connection broke", retry: .backOff, delivery: .unknown))
}
