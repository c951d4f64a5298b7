import Foundation

/// A client of one bare TCP connection to this machine, for sending what no HTTP client would.
public final class RawCaller: Sendable {
  private let descriptor: Int32
  /// A call that lasts longer than this hangs, and is ended so that the test can say so.
  private static let patience = timeval(tv_sec: 60, tv_usec: 0)

  /// Connects.
  public init(port: UInt16) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var limit = Self.patience
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let descriptor = descriptor
    let status = withUnsafeBytes(of: &address) { bytes -> Int32 in
      guard let start = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return -1 }
      return connect(descriptor, start, socklen_t(bytes.count))
    }
    guard status == 0 else { throw RawServerError("cannot connect to port \(port): \(errno)") }
  }

  deinit { close(descriptor) }

  /// Sends bytes; `false` when the other side takes no more.
  @discardableResult
  public func write(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  /// Sends text.
  @discardableResult
  public func write(_ text: String) -> Bool { write(Array(text.utf8)) }

  /// Says that nothing more will be sent.
  public func endWriting() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Everything that comes until the other side closes or resets; `nil` when it does neither.
  public func readToEnd() -> [UInt8]? {
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      if count > 0 {
        answer += buffer[..<count]
      } else {
        return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? nil : answer
      }
    }
  }

  /// What comes until it is enough, or until the other side closes, resets or hangs.
  public func read(until isEnough: ([UInt8]) -> Bool) -> [UInt8] {
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while !isEnough(answer) {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count > 0 else { break }
      answer += buffer[..<count]
    }
    return answer
  }

  /// Connects, sends, and reads until the other side closes, on a thread of its own.
  ///
  /// - Returns: What came; `nil` when the other side did not close.
  public static func exchange(
    port: UInt16, _ bytes: [UInt8], endsWriting: Bool = false
  ) async throws -> [UInt8]? {
    try await onThread {
      let caller = try RawCaller(port: port)
      caller.write(bytes)
      if endsWriting { caller.endWriting() }
      return caller.readToEnd()
    }
  }

  /// Runs what blocks on a thread of its own.
  public static func onThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws
    -> Value
  {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread { continuation.resume(with: Result { try work() }) }
    }
  }
}
