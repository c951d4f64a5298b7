import KeepModel

/// The start of a request to the dashboard.
struct DashboardHead: Sendable {
  var method: String
  /// What stands behind the method: path and query.
  var target: String
  /// Each `Host`.
  var hosts: [String] = []
  /// Each `Origin`.
  var origins: [String] = []
  /// Each `Authorization`.
  var authorizations: [String] = []
  /// Each `Content-Type`.
  var types: [String] = []
  /// Each `If-None-Match`.
  var etags: [String] = []
  /// `Content-Length`, where it is a number.
  var length: Int?

  /// The target without its query.
  var path: String { String(target.prefix { $0 != "?" }) }
}

/// Decides who may look at the dashboard, and who may ask for something.
///
/// A page of somebody else, open in the same browser, can send requests here: by a name of its own that it makes lead to
/// this machine (DNS rebinding), or with our address. The first has another `Host`, the second another `Origin` and not
/// the token, which no browser sends by itself.
struct DashboardGate: Sendable {
  /// How a token may be long, in bytes.
  static let tokenLength = 16...512

  private let names: Set<String>
  /// Whether any number is a good `Host`: a number is no name that could be led elsewhere.
  private let takesAnyNumber: Bool
  /// Of the token, for comparisons that take the same time whatever is compared.
  private let digest: [UInt8]
  private let longestBody: Int

  /// - Parameters:
  ///   - host: The address that is listened on.
  ///   - names: Names besides, in small letters.
  init(host: String, names: [String], token: Secret, longestBody: Int) {
    self.names = Set((names + [host, "localhost"]).map { $0.lowercased() })
    self.takesAnyNumber = Self.isOpenToOthers(host)
    self.digest = Self.digest(token.reveal().utf8)
    self.longestBody = longestBody
  }

  /// Whether an address to listen on is another than the loopback.
  static func isOpenToOthers(_ host: String) -> Bool {
    host.lowercased() != "localhost" && IPAddress(host)?.isLoopback != true
  }

  // MARK: - Everybody

  /// Why a request is not looked into; `nil` if it is.
  func objection(to head: DashboardHead) -> DashboardReply? {
    guard head.hosts.count == 1, let host = head.hosts.first, knows(host) else { return .misdirected }
    let isOurs = head.origins.allSatisfy { origin in
      ["http://", "https://"].contains { origin.lowercased() == $0 + host.lowercased() }
    }
    return isOurs ? nil : .foreign
  }

  private func knows(_ authority: String) -> Bool {
    guard let host = Self.host(of: authority) else { return false }
    if names.contains(host) { return true }
    guard let number = IPAddress(host) else { return false }
    return takesAnyNumber || number.isLoopback
  }

  /// The host of a `Host` in small letters, brackets taken off; `nil` where it is none. Any port will do: a tunnel has
  /// its own.
  static func host(of authority: String) -> String? {
    let bytes = Array(authority.utf8)
    let isBracketed = bytes.first == UInt8(ascii: "[")
    guard
      let end = isBracketed
        ? bytes.firstIndex(of: UInt8(ascii: "]")) : bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.count
    else { return nil }
    let host = bytes[(isBracketed ? 1 : 0)..<end]
    let rest = bytes[(isBracketed ? end + 1 : end)...]
    let isPort = rest.isEmpty || rest.first == UInt8(ascii: ":") && isNumber(rest.dropFirst())
    let text = String(decoding: host, as: UTF8.self).lowercased()
    guard !host.isEmpty, host.count <= 255, isPort, isBracketed == text.utf8.contains(UInt8(ascii: ":"))
    else { return nil }
    return text
  }

  private static func isNumber(_ bytes: ArraySlice<UInt8>) -> Bool {
    (1...5).contains(bytes.count) && bytes.allSatisfy { (0x30...0x39).contains($0) }
  }

  /// Whether a text may be a name that leads here: letters, digits, `-`, `_` and dots.
  static func isName(_ text: String) -> Bool {
    (1...255).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
          true
        default: false
        }
      }
  }

  // MARK: - Who asks for something

  /// Why what somebody asks for is not done; `nil` if it is. The token comes first: who does not know it learns nothing.
  func objection(toAction head: DashboardHead) -> DashboardReply? {
    guard opens(head.authorizations) else { return .unauthorized }
    guard isJSON(head.types) else { return .notJSON }
    if let length = head.length, length > longestBody { return .tooLarge }
    return nil
  }

  private func opens(_ authorizations: [String]) -> Bool {
    let scheme = "bearer "
    guard authorizations.count == 1, let bytes = authorizations.first.map({ Array($0.utf8) }) else {
      return false
    }
    let isBearer = String(decoding: bytes.prefix(scheme.utf8.count), as: UTF8.self).lowercased() == scheme
    return isEqual(Self.digest(bytes.dropFirst(scheme.utf8.count))) && isBearer
  }

  /// All bytes of the checksums are compared, whatever is found.
  private func isEqual(_ other: [UInt8]) -> Bool {
    zip(digest, other).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }

  private static func digest(_ bytes: some Collection<UInt8>) -> [UInt8] {
    Array(Checksum(of: Array(bytes)).hexadecimal.utf8)
  }

  private func isJSON(_ types: [String]) -> Bool {
    guard types.count == 1, let type = types.first?.prefix(while: { $0 != ";" }) else { return false }
    return String(type).trimmed.lowercased() == "application/json"
  }
}
