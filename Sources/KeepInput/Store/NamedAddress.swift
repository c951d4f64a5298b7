internal import KeepModel
internal import SystemPackage

/// A checked template of URLs: where an asset is put, or where it is fetched.
struct NamedAddress: Sendable {
  private let template: UploadTemplate
  private let option: String
  /// Scheme, host and port, the same for every asset.
  let origin: HTTPURL.Origin
  /// The query, the same for every asset. It may hold a secret.
  let query: String?

  /// Reads a template and tries it out.
  ///
  /// - Throws: ``KeepError`` with code `usage` when it makes no URL, could give two assets one name, or names a host
  ///   that is not allowed.
  init(
    _ text: String, option: String, allowing fields: Set<UploadTemplate.Field>,
    unique: Set<UploadTemplate.Field> = [.sha256], allowsLocal: Bool
  ) throws(KeepError) {
    self.option = option
    self.template = try UploadTemplate(text, allowing: fields, option: option)
    guard unique.contains(where: template.holds) else {
      throw KeepError(
        .usage, .option(option), "could give two assets one name",
        hint: "let {\(unique.map(\.rawValue).sorted().joined(separator: "} or {"))} stand in it")
    }
    let sample = Asset(
      path: "a.png", size: 1, checksum: Checksum(of: [0]), mediaType: "image/png")
    var values = AssetFields(sample, at: Timestamp(milliseconds: 0))
    values.key = "a.png"
    var other = AssetFields(
      Asset(path: "b.jpg", size: 1, checksum: Checksum(of: [1]), mediaType: "image/jpeg"),
      at: Timestamp(milliseconds: 86_400_000))
    other.key = "b.jpg"
    guard let url = HTTPURL(template.filled(values)), let second = HTTPURL(template.filled(other)),
      !text.contains("#"), !Self.hasDots(url)
    else {
      throw KeepError(
        .usage, .option(option), "makes no URL",
        hint: "it looks like https://media.example.org/{sha256}.{ext}")
    }
    guard url.origin == second.origin, url.query == second.query else {
      throw KeepError(.usage, .option(option), "has a placeholder in its host or its query")
    }
    try Self.check(url, option: option, allowsLocal: allowsLocal)
    self.origin = url.origin
    self.query = url.query
  }

  private static func hasDots(_ url: HTTPURL) -> Bool {
    url.path.split(separator: "/").contains { [".", "..", "%2e", "%2e%2e"].contains($0.lowercased()) }
  }

  /// - Throws: ``KeepError`` with code `usage` for plain http and for hosts that the service cannot reach.
  static func check(_ url: HTTPURL, option: String, allowsLocal: Bool) throws(KeepError) {
    guard !allowsLocal else { return }
    guard url.origin.scheme == "https" else {
      throw KeepError(
        .usage, .option(option), "is plain http, where anybody on the way can read and change the file",
        hint: "use https, or allow it with --allow-http")
    }
    guard !url.isLoopback, IPAddress(url.origin.host)?.isPublic != false else {
      throw KeepError(
        .usage, .option(option), "names \(url.origin.host), which the service cannot reach",
        hint: "name a public host, or allow it with --allow-http")
    }
  }

  /// The URL for an asset's fields, each percent-encoded.
  ///
  /// - Throws: ``KeepError`` with code `uploadFailed` when it is too long for a URL.
  func url(_ fields: AssetFields) throws(KeepError) -> HTTPURL {
    guard let url = HTTPURL(template.filled(fields, encode: Self.encoded)), url.origin == origin else {
      throw KeepError(.uploadFailed, .option(option), "makes no URL for \(fields.stem)")
    }
    return url
  }

  /// A key keeps its slashes.
  private static func encoded(_ text: String) -> String {
    text.split(separator: "/", omittingEmptySubsequences: false).map { HTTPURL.encoded(String($0)) }
      .joined(separator: "/")
  }
}
