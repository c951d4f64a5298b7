internal import Glibc
internal import KeepModel

/// One POST of JSON to an `http` address on this machine, over a socket of its own.
///
/// Other addresses are never called: a simulator has no business on the network.
struct LoopbackPost: Sendable {
  let url: HTTPURL
  let body: [UInt8]

  /// The status of the answer; `nil` when there was none within ten seconds.
  func send() async -> Int? {
    guard url.origin.scheme == "http", url.isLoopback else { return nil }
    return await withCheckedContinuation { continuation in
      let work = Work { continuation.resume(returning: exchange()) }
      var thread = pthread_t()
      let started = pthread_create(
        &thread, nil,
        { context in
          guard let context else { return nil }
          Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body()
          return nil
        }, Unmanaged.passRetained(work).toOpaque())
      if started == 0 { pthread_detach(thread) } else { work.body() }
    }
  }

  /// What the thread does; it blocks, so it has a thread of its own.
  private final class Work: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  private func exchange() -> Int? {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var limit = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    guard connect(descriptor), write(descriptor) else { return nil }
    return status(descriptor)
  }

  private func connect(_ descriptor: Int32) -> Bool {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = url.origin.port.bigEndian
    let host = url.origin.host == "localhost" ? "127.0.0.1" : url.origin.host
    guard inet_pton(AF_INET, host, &address.sin_addr) == 1 else { return false }
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }

  private func write(_ descriptor: Int32) -> Bool {
    let target = url.path + (url.query.map { "?\($0)" } ?? "")
    let head =
      "POST \(target) HTTP/1.1\r\nHost: \(url.origin.host):\(url.origin.port)\r\nContent-Type: application/json\r\n"
      + "User-Agent: comfykeep-simulator\r\nContent-Length: \(body.count)\r\nConnection: close\r\n\r\n"
    let message = Array(head.utf8) + body
    var sent = 0
    while sent < message.count {
      let count = message.withUnsafeBytes { bytes in
        Glibc.send(
          descriptor, bytes.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  /// The status in the first line of the answer.
  private func status(_ descriptor: Int32) -> Int? {
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1024)
    while answer.count < 16 {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count > 0 else { return nil }
      answer += buffer[..<count]
    }
    let words = String(decoding: answer.prefix(16), as: UTF8.self).split(separator: " ")
    return words.count > 1 && words[0].hasPrefix("HTTP/1.") ? Int(words[1].prefix(3)) : nil
  }
}
