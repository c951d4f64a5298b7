package import KeepModel

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Which proxy a URL is fetched through, in the words that libcurl and others use.
///
/// libcurl would read the environment by itself, but then nobody could tell beforehand whether a name is
/// resolved here or by the proxy, and ``HTTPRequest/Reach/publicOnly`` hangs on that.
public struct ProxySettings: Sendable, Hashable {
  /// The proxy for `http` URLs.
  public var http: String?
  /// The proxy for `https` URLs.
  public var https: String?
  /// Hosts to reach directly: names with everything below them, addresses, networks such as `10.0.0.0/8`, or
  /// `*`, parted by commas.
  public var direct: String

  /// Proxies by scheme and the hosts that need none.
  public init(http: String? = nil, https: String? = nil, direct: String = "") {
    self.http = http
    self.https = https
    self.direct = direct
  }

  /// No proxy.
  public static let none = ProxySettings()

  /// `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`.
  ///
  /// All but `http_proxy` may be in capitals: `HTTP_PROXY` is what a web server hands on from a `Proxy:` header.
  public static var environment: ProxySettings { ProxySettings { getenv($0).map { String(cString: $0) } } }

  /// As ``environment``, with variables from a closure.
  package init(variables: (String) -> String?) {
    func first(_ names: String...) -> String? {
      names.lazy.compactMap(variables).first.flatMap { $0.isEmpty ? nil : $0 }
    }
    let all = first("all_proxy", "ALL_PROXY")
    self.http = first("http_proxy") ?? all
    self.https = first("https_proxy", "HTTPS_PROXY") ?? all
    self.direct = first("no_proxy", "NO_PROXY") ?? ""
  }

  /// The proxy to fetch a URL through; `nil` to go directly.
  ///
  /// This machine itself is always reached directly: plain HTTP is let through to it because nothing leaves
  /// the machine then, and a proxy would not find it.
  package func proxy(for url: HTTPURL) -> String? {
    guard !url.isLoopback, let proxy = url.origin.scheme == "https" ? https : http, !isDirect(url.origin.host)
    else {
      return nil
    }
    return proxy
  }

  private func isDirect(_ host: String) -> Bool {
    let address = IPAddress(host)
    return direct.lowercased().split { $0 == "," || $0 == " " }.contains { entry in
      if entry == "*" { return true }
      if let address { return Self.covers(entry, address) }
      var name = entry.drop { $0 == "." }
      if name.hasSuffix(".") { name.removeLast() }
      return !name.isEmpty && (name == host || host.hasSuffix(".\(name)"))
    }
  }

  /// Whether an entry is an address, bare or in brackets, or the network that it lies in.
  private static func covers(_ entry: Substring, _ address: IPAddress) -> Bool {
    let parts = entry.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    let text = parts[0].hasPrefix("[") && parts[0].hasSuffix("]") ? parts[0].dropFirst().dropLast() : parts[0]
    guard let network = IPAddress(String(text)), network.isVersion6 == address.isVersion6 else {
      return false
    }
    guard parts.count == 2 else { return network == address }
    guard let bits = Int(parts[1]), (0...network.bytes.count * 8).contains(bits) else { return false }
    let (whole, rest) = bits.quotientAndRemainder(dividingBy: 8)
    guard network.bytes.prefix(whole) == address.bytes.prefix(whole) else { return false }
    guard rest > 0 else { return true }
    return (network.bytes[whole] ^ address.bytes[whole]) >> UInt8(8 - rest) == 0
  }
}
