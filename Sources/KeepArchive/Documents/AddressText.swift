import KeepModel

/// A text that is one `http` or `https` address, however badly spelled: the parts that may hold secrets.
struct AddressText {
  /// Scheme and `://`.
  private let scheme: String
  /// What stands before an `@`, without it.
  private let userInfo: String?
  /// Host, port and path.
  private let place: String
  /// The text after `?`, without a fragment.
  private let query: String?
  /// The fragment with its `#`, or empty.
  private let fragment: String

  /// Takes a text apart; `nil` if it does not start like an address.
  init?(_ text: String) {
    let bytes = Array(text.utf8)
    let lowered = bytes.prefix(8).map { $0 | 0x20 }
    let start = lowered.starts(with: "https://".utf8) ? 8 : lowered.starts(with: "http://".utf8) ? 7 : 0
    guard start > 0, bytes.count > start else { return nil }
    let end = bytes.firstIndex(of: UInt8(ascii: "#")) ?? bytes.count
    let mark = bytes[..<end].firstIndex(of: UInt8(ascii: "?"))
    let body = bytes[start..<(mark ?? end)]
    let authority = body.prefix { $0 != UInt8(ascii: "/") }
    let at = authority.lastIndex(of: UInt8(ascii: "@"))
    self.scheme = Self.text(bytes[..<start])
    self.userInfo = at.map { Self.text(body[..<$0]) }
    self.place = Self.text(body[(at.map { $0 + 1 } ?? body.startIndex)...])
    self.query = mark.map { Self.text(bytes[($0 + 1)..<end]) }
    self.fragment = Self.text(bytes[end...])
  }

  private static func text(_ bytes: some Sequence<UInt8>) -> String {
    String(decoding: Array(bytes), as: UTF8.self)
  }

  /// Whether there is a query.
  var hasQuery: Bool { query != nil }

  /// The address without user info, query and fragment.
  var bare: String { scheme + place }

  /// The address without its query and what follows; user info is replaced.
  var withoutQuery: String {
    scheme + (hasUserInfo ? "\(CredentialName.redacted)@" : "") + place
      + (query == nil ? fragment : "")
  }

  /// Whether there is user info.
  var hasUserInfo: Bool { userInfo != nil }

  /// Whether a parameter of the query gives access.
  var isSigned: Bool { parameters.contains { CredentialName.isParameter($0.name) } }

  /// The address with values of such parameters and user info replaced; `nil` if there are none.
  var redacted: String? {
    guard isSigned || userInfo != nil else { return nil }
    let user = userInfo == nil ? "" : "\(CredentialName.redacted)@"
    let kept = parameters.map { parameter in
      CredentialName.isParameter(parameter.name)
        ? "\(parameter.name)=\(CredentialName.redacted)" : parameter.text
    }
    return scheme + user + place + (query == nil ? "" : "?" + kept.joined(separator: "&")) + fragment
  }

  private var parameters: [(name: String, text: String)] {
    guard let query else { return [] }
    return query.utf8.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false).map { part in
      let name = part.prefix { $0 != UInt8(ascii: "=") }
      let hasValue = name.endIndex != part.endIndex
      return (name: hasValue ? Self.text(name) : "", text: Self.text(part))
    }
  }

  /// A text output as it is archived: a whole signed address loses its query, which is a secret and differs
  /// on each call; any other text stays as it is.
  static func withoutSignature(_ text: String) -> String {
    let isOneWord = text.utf8.allSatisfy { $0 > 0x20 }
    guard isOneWord, let address = AddressText(text), address.isSigned else { return text }
    return address.withoutQuery
  }
}

/// Names under which secrets travel.
enum CredentialName {
  /// What stands in the place of a secret.
  static let redacted = "REDACTED"

  /// Whether a field of this name holds a secret. Case, `_` and `-` play no part.
  static func isField(_ name: String) -> Bool {
    let plain = normalized(name)
    return fields.contains(plain) || endings.contains { plain.hasSuffix($0) }
  }

  /// Whether a URL parameter of this name gives access; the name may be percent-encoded.
  static func isParameter(_ name: String) -> Bool {
    let decoded = String(decoding: PercentEncoding.decode(Array(name.utf8)), as: UTF8.self)
    return parameters.contains(normalized(decoded)) || isField(decoded)
  }

  private static func normalized(_ name: String) -> String {
    let bytes = name.utf8.filter { $0 != UInt8(ascii: "_") && $0 != UInt8(ascii: "-") }
    return String(decoding: bytes.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
  }

  private static let fields: Set<String> = [
    "auth", "authorization", "bearer", "cookie", "credential", "credentials", "hftoken",
    "civitaitoken", "huggingfacetoken", "passphrase", "passwd", "password", "privatekey", "pwd",
    "secret", "token", "apikeycomfyorg", "authtokencomfyorg",
  ]
  private static let endings = [
    "accesskey", "accesskeyid", "accesstoken", "apikey", "apisecret", "apitoken", "authtoken",
    "bearertoken", "clientsecret", "password", "refreshtoken", "secretkey",
  ]
  private static let parameters: Set<String> = [
    "key", "sig", "signature", "xamzcredential", "xamzsecuritytoken", "xamzsignature",
    "xgoogcredential", "xgoogsignature", "sharetoken", "securitytoken",
  ]
}
