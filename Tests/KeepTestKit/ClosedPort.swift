import Glibc

/// A port of the loopback where nobody answers: it is bound, so that nobody else can take it, and never listens.
public final class ClosedPort {
  /// The port.
  public let number: UInt16
  private let socket: Int32

  /// Takes a free port.
  public init() throws {
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    let socket = socket
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutableBytes(of: &address) { bytes -> Int32 in
      guard let start = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return -1 }
      return bind(socket, start, length) | getsockname(socket, start, &length)
    }
    number = UInt16(bigEndian: address.sin_port)
    guard status == 0 else { throw ChildProcess.Failure(reason: "no port can be taken: \(errno)") }
  }

  /// `127.0.0.1:PORT`.
  public var address: String { "127.0.0.1:\(number)" }

  /// Gives it back.
  deinit { close(socket) }
}
