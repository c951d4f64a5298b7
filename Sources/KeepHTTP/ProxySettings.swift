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
  /// Hosts to reach directly: names with everything below them, addresses, or `*`, parted by commas.
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
  package func proxy(for url: HTTPURL) -> String? {
    guard let proxy = url.origin.scheme == "https" ? https : http, !isDirect(url.origin.host) else {
      return nil
    }
    return proxy
  }

  private func isDirect(_ host: String) -> Bool {
    direct.lowercased().split { $0 == "," || $0 == " " }.contains { entry in
      let name = entry.drop { $0 == "." }
      return entry == "*" || name == host || (IPAddress(host) == nil && host.hasSuffix(".\(name)"))
    }
  }
}
