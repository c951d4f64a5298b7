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

  enum Kind: Hashable { case submit, status, result, cancel, deployment, output }

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

/// Small true pictures, each value with bytes of its own.
enum Pictures {
  /// A valid PNG of one pixel.
  static func png(_ value: UInt8) -> [UInt8] {
    chunked([
      ("IHDR", [0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]), ("IDAT", zlibStored([0, value])), ("IEND", []),
    ])
  }

  private static func chunked(_ chunks: [(String, [UInt8])]) -> [UInt8] {
    [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
      + chunks.flatMap { name, data in
        let body = Array(name.utf8) + data
        return bigEndian(UInt32(data.count)) + body + bigEndian(crc(body))
      }
  }

  private static func zlibStored(_ data: [UInt8]) -> [UInt8] {
    let count = UInt16(data.count)
    var first: UInt32 = 1
    var second: UInt32 = 0
    for byte in data {
      first = (first + UInt32(byte)) % 65_521
      second = (second + first) % 65_521
    }
    var stream: [UInt8] = [0x78, 0x01, 0x01]
    for half in [count, ~count] { stream += [UInt8(half & 0xFF), UInt8(half >> 8)] }
    return stream + data + bigEndian(second << 16 | first)
  }

  private static func bigEndian(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  private static func crc(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(0xFFFF_FFFF as UInt32) { crc, byte in
      (0..<8).reduce(crc ^ UInt32(byte)) { crc, _ in crc & 1 == 1 ? (crc >> 1) ^ 0xEDB8_8320 : crc >> 1 }
    }
  }
}
