/// Hosts that a person names: one by its name or address, or all that lie under a domain.
public struct HostPattern: Sendable, Hashable, CustomStringConvertible {
  private let host: String
  private let isDomain: Bool

  /// Reads `cdn.example.com`, `203.0.113.7`, `[2001:db8::1]`, or `*.example.com` for every host under a domain,
  /// though not the domain itself; `nil` for anything else, such as one with a scheme, a port or a path.
  public init?(_ text: String) {
    let isDomain = text.hasPrefix("*.")
    let name = isDomain ? String(text.dropFirst(2)) : text
    guard !name.utf8.contains(where: { "/?#@*".utf8.contains($0) }),
      name.hasPrefix("[") ? name.hasSuffix("]") : !name.utf8.contains(UInt8(ascii: ":")),
      let url = HTTPURL("https://\(name)/")
    else { return nil }
    guard !isDomain || IPAddress(url.origin.host) == nil else { return nil }
    self.host = url.origin.host
    self.isDomain = isDomain
  }

  /// Whether a host, as in ``HTTPURL/Origin/host``, is one of them.
  public func matches(_ other: String) -> Bool {
    if isDomain { return other.utf8.count > host.utf8.count + 1 && other.hasSuffix("." + host) }
    if let address = IPAddress(host) { return IPAddress(other) == address }
    return other == host
  }

  /// As it is written.
  public var description: String {
    isDomain ? "*.\(host)" : host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
  }
}
