import Foundation
import Glibc
import KeepModel
import Testing

/// A client of bare sockets, so that the service is not tested with the code that it tests.
struct RawClient: Sendable {
  struct Answer: Sendable {
    let status: Int
    /// Names in lower case.
    let headers: [String: String]
    let body: [UInt8]
    /// Everything that came, down to the bytes.
    let raw: [UInt8]

    var json: JSONValue { (try? JSONDocument(parsing: body).value) ?? .null }
  }

  let port: UInt16

  /// The port of an origin such as `http://127.0.0.1:4000`.
  init(_ origin: String) throws { self.port = try #require(HTTPURL(origin)).origin.port }

  /// Sends one request and reads until the service closes, or `limit` bytes have come.
  func send(
    _ method: String, _ target: String, headers: [String] = [], body: [UInt8] = [], limit: Int = .max
  ) async -> Answer {
    let lines =
      [
        "\(method) \(target) HTTP/1.1", "Host: 127.0.0.1", "Connection: close",
        "Content-Length: \(body.count)",
      ]
      + headers
    return await exchange(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body, limit: limit)
  }

  func send(_ method: String, _ target: String, json: JSONValue) async -> Answer {
    await send(
      method, target, headers: ["Authorization: Bearer simulator-token"],
      body: CanonicalJSON.compact(json))
  }

  /// Sends bytes as they are.
  func exchange(_ message: [UInt8], limit: Int = .max) async -> Answer {
    let port = port
    let raw = await Blocking.run { Self.talk(port, message, limit: limit) }
    return Self.parse(raw)
  }

  private static func talk(_ port: UInt16, _ message: [UInt8], limit: Int) -> [UInt8] {
    let descriptor = Sockets.make()
    defer { close(descriptor) }
    guard Sockets.connect(descriptor, port), Sockets.write(descriptor, message) else { return [] }
    return Sockets.read(descriptor) { $0.count >= limit }
  }

  private static func parse(_ raw: [UInt8]) -> Answer {
    let mark = Array("\r\n\r\n".utf8)
    guard let end = raw.indices.first(where: { raw[$0...].starts(with: mark) }) else {
      return Answer(status: 0, headers: [:], body: [], raw: raw)
    }
    let lines = String(decoding: raw[..<end], as: UTF8.self).components(separatedBy: "\r\n")
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
      if parts.count == 2 { headers[parts[0].lowercased()] = parts[1] }
    }
    let status = lines[0].split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return Answer(status: status, headers: headers, body: Array(raw[(end + 4)...]), raw: raw)
  }
}

/// A listener that answers each call with the next of some statuses, and keeps what it was told.
struct RawListener: Sendable {
  let port: UInt16
  private let descriptor: Int32

  init() throws {
    self.descriptor = Sockets.make()
    self.port = try #require(Sockets.listen(descriptor))
  }

  /// Takes as many calls as there are statuses; gives their bodies in order.
  func receive(_ statuses: [Int]) async -> [JSONValue] {
    let descriptor = descriptor
    return await Blocking.run {
      defer { close(descriptor) }
      return statuses.map { status in
        let connection = accept(descriptor, nil, nil)
        defer { close(connection) }
        let message = Sockets.read(connection) { Self.isWhole($0) }
        _ = Sockets.write(connection, Array("HTTP/1.1 \(status) X\r\nContent-Length: 0\r\n\r\n".utf8))
        return (try? JSONDocument(parsing: Self.body(message)).value) ?? .null
      }
    }
  }

  private static func body(_ message: [UInt8]) -> [UInt8] {
    let mark = Array("\r\n\r\n".utf8)
    return message.indices.first { message[$0...].starts(with: mark) }.map { Array(message[($0 + 4)...]) }
      ?? []
  }

  private static func isWhole(_ message: [UInt8]) -> Bool {
    let text = String(decoding: message, as: UTF8.self)
    guard let length = text.firstMatch(of: #/Content-Length: (\d+)/#).flatMap({ Int($0.1) }) else {
      return false
    }
    return body(message).count >= length
  }
}

/// Runs what blocks on a thread of its own, away from the threads that the service needs.
enum Blocking {
  static func run<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread { continuation.resume(returning: work()) }
    }
  }
}

private enum Sockets {
  static func make() -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var limit = timeval(tv_sec: 120, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    return descriptor
  }

  private static func loopback(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
  }

  static func connect(_ descriptor: Int32, _ port: UInt16) -> Bool {
    withSocketAddress(port) { Glibc.connect(descriptor, $0, $1) == 0 }
  }

  /// Listens on a free port and gives it.
  static func listen(_ descriptor: Int32) -> UInt16? {
    guard withSocketAddress(0, { bind(descriptor, $0, $1) == 0 }), Glibc.listen(descriptor, 16) == 0 else {
      return nil
    }
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isKnown = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) == 0 }
    }
    return isKnown ? UInt16(bigEndian: address.sin_port) : nil
  }

  private static func withSocketAddress<Value>(
    _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Value
  ) -> Value {
    var address = loopback(port)
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }

  static func write(_ descriptor: Int32, _ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        send(descriptor, buffer.baseAddress?.advanced(by: sent), buffer.count - sent, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  /// Reads until the other side closes or enough has come.
  static func read(_ descriptor: Int32, until isEnough: ([UInt8]) -> Bool) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while !isEnough(bytes) {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count > 0 else { break }
      bytes += buffer[..<count]
    }
    return bytes
  }
}
