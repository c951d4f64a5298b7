internal import KeepModel
internal import KeepTransport

/// Whether the service could use what a GET of a URL brought.
struct ProbeVerdict {
  let url: HTTPURL
  let asset: Asset?

  /// Why not; `nil` if it could.
  func error(_ found: PublicProbe.Fetched) -> KeepError? {
    guard let (reason, hint) = objection(found) else { return nil }
    let isPassing = RetryPolicy.isTemporary(found.status)
    let code: KeepError.Code = isPassing ? .unavailable : asset == nil ? .inputRejected : .uploadFailed
    return KeepError(
      code, .address(url.withoutQuery.description), reason, hint: hint,
      httpStatus: found.status)
  }

  private func objection(_ found: PublicProbe.Fetched) -> (String, String?)? {
    if let objection = byStatus(found) { return objection }
    if isPage(found) {
      return (
        "the URL serves a web page and not the file, perhaps a login page",
        "let it be fetched without logging in"
      )
    }
    return asset.map { against($0, found) } ?? media(found)
  }

  private func byStatus(_ found: PublicProbe.Fetched) -> (String, String?)? {
    switch found.status {
    case 200: return nil
    case 300...399:
      let target = found.headers["Location"].flatMap { HTTPURL($0)?.origin.host } ?? url.origin.host
      return (
        "the URL redirects to \(target) (\(found.status)); it is not certain that the service follows",
        "give the URL that it leads to, if that is public"
      )
    case 401:
      return ("the URL asks for a login (401), which the service has not", "make it public, or presign it")
    case 400, 403:
      if saysExpired(found) { return ("the URL has expired (\(found.status))", "make a new one") }
      return ("the URL may not be fetched by everybody (\(found.status))", "make it public, or presign it")
    case 404:
      return (
        "nothing is at the URL (404)",
        asset == nil ? nil : "look at the public address of the upload target"
      )
    case 410: return ("what was at the URL is gone (410)", nil)
    default: return ("the URL answers \(found.status)", nil)
    }
  }

  /// S3 stores say so in their document, and the URL tells when it was to end.
  private func saysExpired(_ found: PublicProbe.Fetched) -> Bool {
    let text = String(decoding: found.start, as: UTF8.self)
    return ["Request has expired", "ExpiredToken", "RequestExpired", "request has expired"].contains {
      text.contains($0)
    }
      || hasEnded(found)
  }

  private func hasEnded(_ found: PublicProbe.Fetched) -> Bool {
    var items: [String: String] = [:]
    for item in (url.query ?? "").split(separator: "&") {
      let parts = item.split(separator: "=", maxSplits: 1)
      if parts.count == 2 { items[String(parts[0])] = String(parts[1]) }
    }
    guard let time = items["X-Amz-Date"], time.utf8.count == 16,
      let seconds = items["X-Amz-Expires"].flatMap({ Int64($0) }), seconds >= 0, seconds <= 604_800,
      let date = found.headers["Date"].flatMap({ HTTPDate($0)?.moment })
    else { return false }
    let digits = Array(time)
    let text =
      "\(String(digits[0..<4]))-\(String(digits[4..<6]))-\(String(digits[6..<8]))T"
      + "\(String(digits[9..<11])):\(String(digits[11..<13])):\(String(digits[13..<15]))Z"
    guard let start = Timestamp(parsing: text) else { return false }
    return start.advanced(by: .seconds(seconds)) < date
  }

  private func isPage(_ found: PublicProbe.Fetched) -> Bool {
    let type = found.headers["Content-Type"]?.lowercased() ?? ""
    if type.hasPrefix("text/html") || type.hasPrefix("application/xhtml") { return true }
    let text = String(decoding: found.start.prefix(512), as: UTF8.self).lowercased()
    let start = text.drop { $0.isWhitespace || $0 == "\u{FEFF}" }
    return ["<!doctype html", "<html", "<head", "<body"].contains { start.hasPrefix($0) }
  }

  private func against(_ asset: Asset, _ found: PublicProbe.Fetched) -> (String, String?)? {
    if found.headers["Content-Encoding"].map({ $0.lowercased() != "identity" }) == true {
      return ("the URL serves the file compressed, as which its length cannot be checked", nil)
    }
    if let length = found.announced ?? (found.checksum == nil ? nil : found.count), length != asset.size.bytes
    {
      return ("the URL serves \(length) bytes where the file has \(asset.size.bytes)", nil)
    }
    if found.announced == nil, found.checksum == nil {
      return ("the URL serves more than the file's \(asset.size.bytes) bytes", nil)
    }
    if let type = MediaType(magic: found.start), type != asset.mediaType {
      return ("the URL serves \(type) where the file is \(asset.mediaType)", nil)
    }
    if let served = found.headers["Content-Type"], Self.isText(served) {
      return (
        "the URL serves \(asset.mediaType) as \(Self.plain(MediaType(served))), by which a service may refuse it",
        "let the server send the right Content-Type"
      )
    }
    if let checksum = found.checksum, checksum != asset.checksum {
      return ("the URL serves other bytes than the file's", nil)
    }
    return nil
  }

  /// A URL that a person gave has to lead to media, by its bytes or else by what the server calls them.
  private func media(_ found: PublicProbe.Fetched) -> (String, String?)? {
    guard found.announced ?? found.count > 0 else { return ("the URL serves an empty file", nil) }
    let named = found.headers["Content-Type"].map { MediaType($0.lowercased()) }
    guard let type = MediaType(magic: found.start) ?? named else {
      return ("what the URL serves is no image, video, audio or 3D file of a known type", nil)
    }
    guard [.image, .video, .audio, .model3D].contains(type.kind) else {
      return ("the URL serves \(Self.plain(type)), which is no image, video, audio or 3D file", nil)
    }
    return nil
  }

  /// Whether a server calls media a text or a document.
  private static func isText(_ type: String) -> Bool {
    let type = type.lowercased()
    return ["text/", "application/json", "application/xml"].contains { type.hasPrefix($0) }
  }

  /// A type that a server named, of bounded length and with nothing in it that a terminal might act on.
  private static func plain(_ type: MediaType) -> String {
    String(
      String.UnicodeScalarView(
        type.rawValue.unicodeScalars.prefix(60).map { (0x20...0x7E).contains($0.value) ? $0 : "?" }))
  }
}
