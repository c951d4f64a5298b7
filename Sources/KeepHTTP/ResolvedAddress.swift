import CCurl
import KeepModel

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension IPAddress {
  /// The address that libcurl is about to connect to; `nil` for anything but IPv4 and IPv6.
  init?(_ address: UnsafeMutablePointer<curl_sockaddr>) {
    let family = address.pointee.family
    let length = Int(address.pointee.addrlen)
    // libcurl declares room for a plain `sockaddr`, and lays the longer kinds out behind it.
    let start = UnsafeRawPointer(address) + (MemoryLayout<curl_sockaddr>.offset(of: \.addr) ?? 0)
    switch family {
    case AF_INET where length >= MemoryLayout<sockaddr_in>.size:
      let inner = start.loadUnaligned(as: sockaddr_in.self).sin_addr
      self.init(bytes: withUnsafeBytes(of: inner) { Array($0) })
    case AF_INET6 where length >= MemoryLayout<sockaddr_in6>.size:
      let inner = start.loadUnaligned(as: sockaddr_in6.self).sin6_addr
      self.init(bytes: withUnsafeBytes(of: inner) { Array($0) })
    default: return nil
    }
  }

  /// Opens a socket for the address, closed in child processes.
  static func openSocket(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
    let descriptor = socket(
      address.pointee.family, address.pointee.socktype, address.pointee.protocol)
    if descriptor >= 0 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    return descriptor
  }
}
