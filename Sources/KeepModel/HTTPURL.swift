/// An absolute `http` or `https` URL that was checked strictly.
///
/// What libcurl, a proxy and we make of a URL must be one thing, so doubtful spellings are refused: user
/// info, backslashes, spaces, control and non-ASCII characters, odd ports, host names with other than
/// letters, digits, `-`, `.`, numeric hosts that are not four decimal parts.
public struct HTTPURL: Sendable, Hashable, CustomStringConvertible {
  /// Scheme, host and port: where credentials may go.
  public struct Origin: Sendable, Hashable, CustomStringConvertible {
    /// `http` or `https`.
    public let scheme: String
    /// Lower case; an IPv6 address without brackets.
    public let host: String
    /// The port, also where it is the scheme's own.
    public let port: UInt16

    /// `https://host`, with the port where it is not the scheme's own.
    public var description: String {
      let name = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
      return port == (scheme == "https" ? 443 : 80)
        ? "\(scheme)://\(name)" : "\(scheme)://\(name):\(port)"
    }
  }

  /// Scheme, host and port.
  public let origin: Origin
  /// The path, at least `/`, percent-encoded as given.
  public let path: String
  /// The text after `?`, percent-encoded as given; `nil` without a `?`.
  public let query: String?

  package init(origin: Origin, path: String, query: String?) {
    self.origin = origin
    self.path = path
    self.query = query
  }

  /// Reads and checks a URL; a fragment is dropped.
  public init?(_ text: String) {
    guard text.utf8.count <= 16_384, let schemeEnd = text.firstRange(of: "://") else { return nil }
    let scheme = text[..<schemeEnd.lowerBound].lowercased()
    guard scheme == "http" || scheme == "https",
      text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !Self.refused.contains($0) })
    else { return nil }
    let rest = text[schemeEnd.upperBound...].prefix { $0 != "#" }
    let authority = rest.prefix { $0 != "/" && $0 != "?" }
    guard let origin = Self.origin(scheme: scheme, authority: authority) else { return nil }
    let target = rest[authority.endIndex...]
    let path = target.prefix { $0 != "?" }
    self.origin = origin
    self.path = path.isEmpty ? "/" : String(path)
    self.query = path.endIndex == target.endIndex ? nil : String(target[path.endIndex...].dropFirst())
  }

  /// `"`, `<`, `>`, `\`, `^`, `` ` ``, `{`, `|`, `}` are not URL characters.
  private static let refused = Set("\"<>\\^`{|}".utf8)

  private static func origin(scheme: String, authority: Substring) -> Origin? {
    var host = authority
    var port: UInt16 = scheme == "https" ? 443 : 80
    if let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") {
      // `UInt16` alone would take a sign.
      let digits = authority[authority.index(after: colon)...]
      guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let given = UInt16(digits), given > 0
      else { return nil }
      port = given
      host = authority[..<colon]
    }
    guard let name = checkedHost(String(host).lowercased()) else { return nil }
    return Origin(scheme: scheme, host: name, port: port)
  }

  private static func checkedHost(_ host: String) -> String? {
    if host.hasPrefix("[") {
      guard host.hasSuffix("]") else { return nil }
      let inner = String(host.dropFirst().dropLast())
      return IPAddress(inner)?.isVersion6 == true ? inner : nil
    }
    let labels = host.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...253).contains(host.utf8.count), labels.allSatisfy(isLabel) else { return nil }
    let isNumeric =
      labels.last?.allSatisfy(\.isNumber) == true || labels.last?.hasPrefix("0x") == true
    return !isNumeric || IPAddress(host) != nil ? host : nil
  }

  private static func isLabel(_ label: Substring) -> Bool {
    (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
      && label.utf8.allSatisfy { byte in
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-")
          || byte == UInt8(ascii: "_")
      }
  }

  /// The whole URL.
  public var description: String { "\(origin)\(path)\(query.map { "?\($0)" } ?? "")" }

  /// The URL without its query, which may hold a signature.
  public var withoutQuery: HTTPURL { HTTPURL(origin: origin, path: path, query: nil) }

  /// This URL with path components added, each percent-encoded, and no query.
  public func appending(_ components: String...) -> HTTPURL {
    let base = path.hasSuffix("/") ? String(path.dropLast()) : path
    return HTTPURL(
      origin: origin, path: components.reduce(base) { $0 + "/" + Self.encoded($1) }, query: nil)
  }

  /// This URL with query parameters added, each percent-encoded.
  public func adding(query items: [(String, String)]) -> HTTPURL {
    let added = items.map { "\(Self.encoded($0.0))=\(Self.encoded($0.1))" }
    let all = (query.map { [$0] } ?? []) + added
    return HTTPURL(
      origin: origin, path: path, query: all.isEmpty ? nil : all.joined(separator: "&"))
  }

  /// Percent-encodes all but the unreserved characters of RFC 3986.
  package static func encoded(_ text: String) -> String {
    text.utf8.reduce(into: "") { result, byte in
      switch byte {
      case 0x61...0x7A, 0x41...0x5A, 0x30...0x39, 0x2D, 0x2E, 0x5F, 0x7E:
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default: result += "%" + Hexadecimal.encode(CollectionOfOne(byte)).uppercased()
      }
    }
  }

  /// Whether the host is this machine by its name or address.
  public var isLoopback: Bool {
    origin.host == "localhost" || IPAddress(origin.host)?.isLoopback == true
  }
}
