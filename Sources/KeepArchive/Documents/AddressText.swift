import KeepModel

/// A text that is one address, however badly spelled: the parts that may hold secrets.
struct AddressText {
  /// Blanks in front, scheme and slashes.
  private let scheme: String
  /// What stands before an `@`, without it.
  private let userInfo: String?
  /// Host, port and path.
  private let place: String
  /// The text after `?`, without a fragment.
  private let query: String?
  /// The text after `#`.
  private let fragment: String?

  /// Takes a text apart; `nil` if it does not start, after blanks, with a scheme and `://`.
  init?(_ text: String) { self.init(Array(text.utf8), isReference: false) }

  /// Takes any reference apart, also a relative one and one without slashes; `nil` for inline data.
  init?(reference text: String) { self.init(Array(text.utf8), isReference: true) }

  private init?(_ bytes: [UInt8], isReference: Bool) {
    let start = bytes.firstIndex { $0 > 0x20 } ?? bytes.count
    let end = Self.endOfScheme(bytes, from: start)
    var body = end ?? start
    if bytes[start..<body].map({ $0 | 0x20 }) == Array("data:".utf8) { return nil }
    while body < bytes.count, body - (end ?? start) < 2, bytes[body] == UInt8(ascii: "/") { body += 1 }
    let hasSlashes = body - (end ?? start) == 2
    guard isReference || end != nil && hasSlashes && body < bytes.count else { return nil }
    let hash = bytes[body...].firstIndex(of: UInt8(ascii: "#")) ?? bytes.count
    let mark = bytes[body..<hash].firstIndex(of: UInt8(ascii: "?"))
    let content = bytes[body..<(mark ?? hash)]
    let authority: ArraySlice<UInt8> =
      end == nil && !hasSlashes ? [] : content.prefix { $0 != UInt8(ascii: "/") }
    let at = authority.lastIndex(of: UInt8(ascii: "@"))
    self.scheme = Self.text(bytes[..<body])
    self.userInfo = at.map { Self.text(content[..<$0]) }
    self.place = Self.text(content[(at.map { $0 + 1 } ?? content.startIndex)...])
    self.query = mark.map { Self.text(bytes[($0 + 1)..<hash]) }
    self.fragment = hash == bytes.count ? nil : Self.text(bytes[(hash + 1)...])
  }

  /// The place after the colon of a scheme; `nil` where there is none.
  private static func endOfScheme(_ bytes: [UInt8], from start: Int) -> Int? {
    guard start < bytes.count, isLetter(bytes[start]),
      let end = bytes[start...].firstIndex(where: { !isSchemeByte($0) }), bytes[end] == UInt8(ascii: ":")
    else { return nil }
    return end + 1
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }

  private static func isSchemeByte(_ byte: UInt8) -> Bool {
    isLetter(byte) || (0x30...0x39).contains(byte) || "+-.".utf8.contains(byte)
  }

  private static func text(_ bytes: some Sequence<UInt8>) -> String {
    String(decoding: Array(bytes), as: UTF8.self)
  }

  /// Whether there is a query or a fragment.
  var hasQuery: Bool { query != nil || fragment != nil }

  /// The address without user info, query and fragment.
  var bare: String { scheme + place }

  /// The address without query and fragment; user info is replaced.
  var withoutQuery: String { scheme + userMark + place }

  /// Whether there is user info.
  var hasUserInfo: Bool { userInfo != nil }

  private var userMark: String { userInfo == nil ? "" : "\(CredentialName.redacted)@" }

  /// Whether a parameter of the query, or of the fragment, gives access.
  var isSigned: Bool {
    [query, fragment].contains { Self.parameters($0).contains { CredentialName.isParameter($0.name) } }
  }

  /// The address with values of such parameters and user info replaced; `nil` if there are none.
  var redacted: String? {
    guard isSigned || userInfo != nil else { return nil }
    return withoutQuery + Self.redacted(query, after: "?") + Self.redacted(fragment, after: "#")
  }

  private static func redacted(_ text: String?, after mark: String) -> String {
    guard text != nil else { return "" }
    let kept = parameters(text).map { parameter in
      CredentialName.isParameter(parameter.name)
        ? "\(parameter.name)=\(CredentialName.redacted)" : parameter.text
    }
    return mark + kept.joined(separator: "&")
  }

  private static func parameters(_ text: String?) -> [(name: String, text: String)] {
    guard let text else { return [] }
    return text.utf8.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false).map { part in
      let name = part.prefix { $0 != UInt8(ascii: "=") }
      let hasValue = name.endIndex != part.endIndex
      return (name: hasValue ? Self.text(name) : "", text: Self.text(part))
    }
  }
}

// MARK: - Addresses in texts

extension AddressText {
  /// Every address in a text replaced by what `change` makes of it; `nil` leaves it.
  ///
  /// An address goes on to a blank, a quote or another byte that no address holds.
  static func replacing(in text: String, _ change: (AddressText) -> String?) -> String {
    guard !OutputWalk.isInline(text) else { return text }
    let bytes = Array(text.utf8)
    var result: [UInt8] = []
    var done = 0
    var place = 0
    while let colon = bytes[place...].firstIndex(of: UInt8(ascii: ":")) {
      place = colon + 1
      guard bytes[place...].starts(with: "//".utf8) else { continue }
      var start = colon
      while start > done, isSchemeByte(bytes[start - 1]) { start -= 1 }
      while start < colon, !isLetter(bytes[start]) { start += 1 }
      guard start < colon else { continue }
      let end = bytes[place...].firstIndex { $0 <= 0x20 || ends.contains($0) } ?? bytes.count
      place = end
      guard let address = AddressText(Array(bytes[start..<end]), isReference: false),
        let changed = change(address)
      else { continue }
      result += bytes[done..<start] + Array(changed.utf8)
      done = end
    }
    return done == 0 ? text : Self.text(result + bytes[done...])
  }

  private static let ends = Set("\"<>`\\\u{7F}".utf8)

  /// What stands in the place of an address from which nothing is left.
  private static func named(_ text: String, for original: String) -> String {
    text.isEmpty && !original.isEmpty ? CredentialName.redacted : text
  }

  /// An address as the manifest has it: without user info, query and fragment, whatever its scheme, and if
  /// it has none.
  static func bare(_ reference: String) -> String {
    guard let address = AddressText(reference: reference) else { return reference }
    return named(replacing(in: address.bare) { $0.bare }, for: reference)
  }

  /// An address as the archived answer has it: without query and fragment, user info replaced.
  static func inAddressField(_ reference: String) -> String {
    guard let address = AddressText(reference: reference) else { return reference }
    return named(replacing(in: address.withoutQuery) { $0.withoutQuery }, for: reference)
  }

  /// Another text of a file record: every address in it loses its query, whatever that says.
  static func inRecord(_ text: String) -> String {
    AddressText(text)?.withoutQuery ?? replacing(in: text) { $0.withoutQuery }
  }

  /// A text output as it is archived: signed addresses in it lose their queries, which are secrets and differ
  /// on each call, and user info is replaced; all else stays as it is.
  static func withoutSignature(_ text: String) -> String {
    replacing(in: text) { $0.isSigned ? $0.withoutQuery : $0.redacted }
  }

  /// A text of a request: parameters that give access and user info are replaced, all else stays.
  static func redacted(_ text: String) -> String {
    let struck = replacing(in: text) { $0.redacted }
    // An address with blanks in it is no address, but people write such.
    return AddressText(struck)?.redacted ?? struck
  }

  /// Whether a field of this name holds an address.
  static func isField(_ name: String) -> Bool {
    ["url", "uri", "href"].contains { CredentialName.normalized(name).hasSuffix($0) }
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

  /// A name without `_` and `-`, in lower case.
  static func normalized(_ name: String) -> String {
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
