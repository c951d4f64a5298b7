package import KeepModel
import KeepTransport

/// What downloads may do.
package struct DownloadPolicy: Sendable {
  /// Whether output URLs may be plain `http`: only where the API itself is.
  package var allowsHTTP = false
  /// Whether output URLs may name private hosts and this machine: only where the API itself does.
  package var allowsPrivateHosts = false
  /// The only hosts that output URLs and redirects may lead to; `nil` for any that is public.
  package var hosts: [HostPattern]?
  /// The largest file that is taken; a service that sends without end must not fill the disk.
  package var maximumOutputSize = ByteCount(1 << 36)
  /// The most files that one run may list.
  package var maximumOutputs = 100_000
  /// The most bytes that the files of one run may have together.
  package var maximumRunSize = ByteCount(1 << 40)
  /// How many redirects in a row are followed.
  package var maximumRedirects = 5
  /// How often in a row an attempt may fail without a byte of progress.
  package var maximumFailures = 5
  /// How often an attempt may fail in all.
  package var maximumAttempts = 100
  /// The wait after the first failure; it doubles with each further one.
  package var firstWait: Duration = .milliseconds(500)
  /// The longest wait, also where the service asks for more.
  package var longestWait: Duration = .seconds(60)

  package init() {}

  /// For the API at an address: what its scheme and host permit, output URLs are permitted too.
  package init(api: HTTPURL) {
    allowsHTTP = api.origin.scheme == "http"
    allowsPrivateHosts = !Self.isPublic(api)
  }

  /// The URL of a service's address, if it may be asked. Spaces and characters beyond ASCII are encoded.
  func url(_ address: String) -> HTTPURL? {
    guard let url = acceptable(address) else { return nil }
    return isListed(url) ? url : nil
  }

  /// The host of an address that could be asked, but for the list of hosts; `nil` where that is not why.
  func unlistedHost(of address: String) -> String? {
    guard let url = acceptable(address), !isListed(url) else { return nil }
    return url.origin.host
  }

  private func acceptable(_ address: String) -> HTTPURL? {
    guard let url = HTTPURL(address) ?? HTTPURL(Self.escaped(address)) else { return nil }
    let isSchemeFine = url.origin.scheme == "https" || allowsHTTP
    return isSchemeFine && (allowsPrivateHosts || Self.isPublic(url)) ? url : nil
  }

  private func isListed(_ url: HTTPURL) -> Bool {
    hosts.map { $0.contains { $0.matches(url.origin.host) } } ?? true
  }

  /// Where a redirect leads, if it may be followed: to public https hosts, and on the very origin or machine
  /// where the download began.
  func redirect(to location: String, from url: HTTPURL, start: HTTPURL) -> HTTPURL? {
    guard let target = self.url(Self.resolve(location, from: url)) else { return nil }
    let isAtHome =
      target.origin == start.origin || allowsPrivateHosts && start.isLoopback && target.isLoopback
    return isAtHome || target.origin.scheme == "https" && Self.isPublic(target) ? target : nil
  }

  /// Why a redirect is not followed.
  func refusal(of location: String, from url: HTTPURL) -> DownloadNote {
    unlistedHost(of: Self.resolve(location, from: url)).map { .unlistedHost($0) } ?? .refusedRedirect
  }

  /// Which addresses a URL's host may resolve to.
  func reach(of url: HTTPURL, start: HTTPURL) -> HTTPRequest.Reach {
    allowsPrivateHosts && (url.origin == start.origin || url.isLoopback) ? .anywhere : .publicOnly
  }

  /// Whether nothing in the spelling of the host says that it is private; its addresses are another matter.
  private static func isPublic(_ url: HTTPURL) -> Bool {
    let host = url.origin.host
    return host != "localhost" && !host.hasSuffix(".localhost")
      && IPAddress(host).map(\.isPublic) ?? true
  }

  /// A `Location` made absolute (RFC 3986, section 5.2, without squeezing dots).
  private static func resolve(_ location: String, from url: HTTPURL) -> String {
    let scheme = location.utf8.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
    if scheme.contains(UInt8(ascii: ":")) { return location }
    if location.hasPrefix("//") { return "\(url.origin.scheme):\(location)" }
    if location.hasPrefix("/") { return "\(url.origin)\(location)" }
    if location.hasPrefix("?") { return "\(url.origin)\(url.path)\(location)" }
    let folder = url.path.utf8.lastIndex(of: UInt8(ascii: "/")).map { url.path[...$0] } ?? "/"
    return "\(url.origin)\(folder)\(location)"
  }

  private static func escaped(_ text: String) -> String {
    let doubtful = Set(" \"<>^`{|}".utf8)
    return text.utf8.reduce(into: "") { result, byte in
      if byte > 0x7E || doubtful.contains(byte) {
        result += "%" + Hexadecimal.encode(CollectionOfOne(byte)).uppercased()
      } else {
        result.unicodeScalars.append(Unicode.Scalar(byte))
      }
    }
  }
}
