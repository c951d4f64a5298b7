import Foundation
import KeepTestKit
import Synchronization
import Testing

/// A server between the command and the simulator: it passes every call on, but for those that it is told to spoil
/// in ways that no service would.
final class Relay: Sendable {
  /// What becomes of one call.
  enum Spoiling: Sendable {
    /// The body is read so far, then the connection is reset; the service hears of nothing.
    case reset(afterBytes: Int)
    /// The body is read whole, then the connection is reset; the service hears of it or not.
    case resetAfterBody(passedOn: Bool)
    /// This answer comes, before the body is read or after it; the service hears of nothing.
    case answer(String, headers: [String] = [], body: String = "", isEarly: Bool = false)
    /// These bytes come in place of the whole answer of the service, which hears of the call.
    case instead([UInt8])
    /// The service's answer breaks off behind so many bytes of its body.
    case cut(Int)
    /// The head of an answer comes, then these bytes over and over until the client has enough.
    case endless([UInt8])
    /// These bytes come in place of an answer, a few a second, then nothing.
    case drip([UInt8])
    /// These bytes come in place of an answer, then nothing.
    case stall([UInt8])
    /// The body is read whole, and nothing comes.
    case silence
    /// The service's answer comes once the signal is given.
    case held(Signal)
  }

  private struct State {
    var calls: [String] = []
    var isHealed = false
  }

  /// The state, which the server's script has too.
  private final class Memory: Sendable { let state = Mutex(State()) }

  private let memory: Memory
  private let server: RawServer

  /// Passes calls on to a service; `spoil` says what becomes of a call by its request line, and how often the same
  /// came before; `nil` for nothing special.
  init(to service: Service, _ spoil: @escaping @Sendable (String, Int) -> Spoiling?) throws {
    let port = try #require(UInt16(service.api.split(separator: ":").last ?? ""))
    let memory = Memory()
    self.memory = memory
    self.server = try RawServer { connection in
      guard let head = try connection.readHead() else { return }
      let (isHealed, number) = memory.state.withLock { state in
        defer { state.calls.append(head.requestLine) }
        return (state.isHealed, state.calls.count { $0 == head.requestLine })
      }
      try Self.serve(connection, head, isHealed ? nil : spoil(head.requestLine, number), port)
    }
  }

  /// Where it listens.
  var api: String { "http://127.0.0.1:\(server.port)" }

  /// The command with this address and the service's token in its environment.
  var program: Program {
    Program(environment: ["RUNCOMFY_API_URL": api, "RUNCOMFY_API_TOKEN": Service.token])
  }

  /// How many calls came whose request line holds a text.
  func count(_ text: String) -> Int {
    memory.state.withLock { state in state.calls.count { $0.contains(text) } }
  }

  /// Waits for such a call.
  func wait(for text: String) throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while count(text) == 0 {
      try #require(ContinuousClock.now < deadline, "no call of \(text)")
      usleep(5_000)
    }
  }

  /// Spoils nothing more.
  func heal() { memory.state.withLock { $0.isHealed = true } }

  /// Closes everything.
  func stop() { server.stop() }

  // MARK: Serving

  private static func serve(
    _ connection: RawConnection, _ head: RawRequestHead, _ spoiling: Spoiling?, _ port: UInt16
  ) throws {
    if case .answer(let status, let headers, let body, isEarly: true) = spoiling {
      try connection.answer(status, headers: ["Connection: close"] + headers, body: Array(body.utf8))
      // A close with unread bytes would be a reset, which may overtake the answer.
      return connection.waitForClose()
    }
    if case .reset(let count) = spoiling {
      _ = try connection.read(count)
      return connection.reset()
    }
    let body = try connection.read(head.contentLength)
    func passOn() throws -> [UInt8] { try Self.exchange(head, body, port) }
    switch spoiling {
    case .resetAfterBody(let isPassedOn):
      if isPassedOn { _ = try passOn() }
      connection.reset()
    case .answer(let status, let headers, let body, _):
      try connection.answer(status, headers: ["Connection: close"] + headers, body: Array(body.utf8))
    case .instead(let bytes):
      _ = try passOn()
      try connection.write(bytes)
    case .cut(let count):
      let answer = try passOn()
      let end = answer.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound ?? 0
      try connection.write(Array(answer.prefix(end + count)))
    case .endless(let bytes):
      try connection.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n")
      while true { try connection.write(bytes) }
    case .drip(let bytes):
      for byte in bytes {
        try connection.write([byte])
        usleep(250_000)
      }
      connection.waitForClose()
    case .stall(let bytes):
      try connection.write(bytes)
      connection.waitForClose()
    case .silence: connection.waitForClose()
    case .held(let signal):
      let answer = try passOn()
      signal.waitOnThread()
      try connection.write(answer)
    case nil, .reset: try connection.write(try passOn())
    }
  }

  /// Sends a call to the simulator and gives all that it answers.
  private static func exchange(_ head: RawRequestHead, _ body: [UInt8], _ port: UInt16) throws -> [UInt8] {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try #require(status == 0, "the simulator cannot be reached: \(errno)")
    let lines = head.lines.filter { !$0.lowercased().hasPrefix("connection:") } + ["Connection: close"]
    let request = ([head.requestLine] + lines).joined(separator: "\r\n") + "\r\n\r\n"
    var rest = (Array(request.utf8) + body)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { break }
      rest = rest.dropFirst(count)
    }
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count > 0 else { return answer }
      answer += buffer[..<count]
    }
  }
}

extension Relay.Spoiling {
  /// An answer with a JSON body, or what passes for one, in place of the service's.
  static func json(_ status: String, _ body: String, headers: [String] = []) -> Self {
    .answer(status, headers: ["Content-Type: application/json"] + headers, body: body)
  }
}
