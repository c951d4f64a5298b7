import Glibc
import KeepTestKit
import SystemPackage
import Testing

/// The socket on which a service manager hears of its services (`sd_notify(3)`).
final class NotifySocket {
  private let folder: TemporaryFolder
  private let descriptor: Int32
  private var heard: [String] = []

  /// What stands in `NOTIFY_SOCKET`.
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder("n").string
    descriptor = socket(
      AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let room = MemoryLayout.size(ofValue: address.sun_path)
    try #require(path.utf8.count < room, "\(path) is too long for a socket")
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let (descriptor, length) = (descriptor, socklen_t(MemoryLayout<sockaddr_un>.size))
    let status = withUnsafeBytes(of: &address) { bytes in
      bytes.withMemoryRebound(to: sockaddr.self) { bind(descriptor, $0.baseAddress, length) }
    }
    try #require(descriptor >= 0 && status == 0, "no socket: \(errno)")
  }

  deinit { close(descriptor) }

  /// Every assignment that came, such as `READY=1`, in order.
  var messages: [String] {
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count > 0 else { return heard }
      heard += String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\n").map(String.init)
    }
  }

  /// How often an assignment came.
  func count(of message: String) -> Int { messages.count { $0 == message } }
}
