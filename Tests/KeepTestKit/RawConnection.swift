import Foundation
import Synchronization

/// A request's head as it came over the wire.
public struct RawRequestHead: Sendable {
  /// The request line, such as `GET /a?b HTTP/1.1`.
  public let requestLine: String
  /// The header lines.
  public let lines: [String]

  /// The value of the first header of a name.
  public subscript(name: String) -> String? {
    let start = name.lowercased() + ":"
    return lines.first { $0.lowercased().hasPrefix(start) }
      .map { $0.dropFirst(start.count).trimmingCharacters(in: .whitespaces) }
  }

  /// `Content-Length`, 0 without one.
  public var contentLength: Int { self["Content-Length"].flatMap { Int($0) } ?? 0 }
}

/// A connection that a ``RawServer`` has accepted. Its script reads and writes; one thread at a time.
public final class RawConnection: Sendable {
  private struct State {
    var descriptor: Int32
    var unread: [UInt8] = []
  }

  /// 0 for the first connection of the server.
  public let number: Int
  private let state: Mutex<State>

  init(_ descriptor: Int32, number: Int) {
    self.number = number
    self.state = Mutex(State(descriptor: descriptor))
    var yes: Int32 = 1
    let size = socklen_t(MemoryLayout<Int32>.size)
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, size)
  }

  private var descriptor: Int32 { state.withLock { $0.descriptor } }

  // MARK: Reading

  /// The next request's head; `nil` when the client has closed.
  public func readHead() throws -> RawRequestHead? {
    while true {
      if let head = takeHead() { return head }
      if try !fill() { return nil }
    }
  }

  private func takeHead() -> RawRequestHead? {
    let bytes: [UInt8]? = state.withLock { state in
      guard let end = state.unread.firstRange(of: [0x0D, 0x0A, 0x0D, 0x0A]) else { return nil }
      defer { state.unread.removeFirst(end.upperBound) }
      return Array(state.unread[..<end.lowerBound])
    }
    guard let bytes else { return nil }
    let lines = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n")
    return RawRequestHead(requestLine: lines.first ?? "", lines: Array(lines.dropFirst()))
  }

  /// Exactly so many bytes of a request's body.
  public func read(_ count: Int) throws -> [UInt8] {
    while state.withLock({ $0.unread.count }) < count {
      guard try fill() else { throw RawServerError("the client closed before its body's end") }
    }
    return state.withLock { state in
      defer { state.unread.removeFirst(count) }
      return Array(state.unread[..<count])
    }
  }

  /// Reads and drops until the client closes or resets.
  public func waitForClose() {
    while (try? fill()) == true { state.withLock { $0.unread = [] } }
  }

  /// Waits for more bytes; `false` at the end.
  private func fill() throws -> Bool {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    guard count >= 0 else { throw RawServerError("cannot read: \(errno)") }
    state.withLock { $0.unread += buffer[..<count] }
    return count > 0
  }

  // MARK: Writing

  /// Sends text.
  public func write(_ text: String) throws { try write(Array(text.utf8)) }

  /// Sends bytes.
  public func write(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { throw RawServerError("cannot write: \(errno)") }
      rest = rest.dropFirst(count)
    }
  }

  /// Sends bytes until the client has not made room for this many milliseconds; returns how many went.
  public func write(_ bytes: [UInt8], untilStalledFor milliseconds: Int32) throws -> Int {
    var sent = 0
    while sent < bytes.count {
      var room = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      guard poll(&room, 1, milliseconds) > 0 else { return sent }
      let count = bytes[sent...].withUnsafeBytes {
        send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
      }
      guard count > 0 else { throw RawServerError("cannot write: \(errno)") }
      sent += count
    }
    return sent
  }

  /// Answers with a body of known length.
  public func answer(_ status: String = "200 OK", headers: [String] = [], body: [UInt8] = []) throws {
    let lines = ["HTTP/1.1 \(status)", "Content-Length: \(body.count)"] + headers
    try write(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body)
  }

  // MARK: Ending

  /// Breaks the connection off with a reset.
  public func reset() {
    var linger = linger(l_onoff: 1, l_linger: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Foundation.linger>.size))
    close()
  }

  /// Closes the connection. Done by itself at the end of the script.
  public func close() {
    let descriptor = state.withLock { state in
      defer { state.descriptor = -1 }
      return state.descriptor
    }
    if descriptor >= 0 { Foundation.close(descriptor) }
  }

  /// Makes whatever the script waits for fail.
  func interrupt() {
    state.withLock { state in
      if state.descriptor >= 0 { _ = shutdown(state.descriptor, Int32(SHUT_RDWR)) }
    }
  }
}
