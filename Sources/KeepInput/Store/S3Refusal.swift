internal import KeepModel
internal import KeepTransport

/// What an S3 store's refusal says, and what it means for the caller.
struct S3Refusal {
  /// The store's own name for it, such as `NoSuchBucket`; empty where it gave none.
  let code: String
  private let answer: BufferedResponse
  private let document: XMLElement?

  init(_ answer: BufferedResponse) {
    self.answer = answer
    let document = XMLElement.parse(answer.body).flatMap { $0.name == "Error" ? $0 : nil }
    self.document = document
    self.code = Self.plain(document?["Code"]?.text ?? "", limit: 64)
  }

  /// Whether another write came between, and the store asks to try again.
  var isConflict: Bool { code == "ConditionalRequestConflict" || code == "OperationAborted" }

  /// Whether it says that trying again may help, where its status does not.
  var isTemporary: Bool {
    isConflict || ["SlowDown", "InternalError", "ServiceUnavailable", "RequestTimeout"].contains(code)
  }

  /// The error to throw.
  ///
  /// - Parameter now: our clock, to say how far it is off.
  func error(_ url: HTTPURL, now: Timestamp, _ deed: String = "the upload") -> KeepError {
    let isPassing = RetryPolicy.isTemporary(answer.status) || isTemporary
    if let (reason, hint) = region ?? clock(now) ?? Self.byCode[code] {
      return KeepError(
        .uploadFailed, .address(url.withoutQuery.description), reason, hint: hint, httpStatus: answer.status)
    }
    var error = StoreRefusal.error(answer, url, deed)
    if !code.isEmpty {
      error = KeepError(
        isPassing ? .unavailable : error.code, error.subject, "\(error.reason): \(code)", hint: error.hint,
        retry: isPassing ? .backOff : .never, httpStatus: answer.status)
    }
    return error
  }

  /// The wrong region, which is answered with a redirect that would take the request's signature along.
  private var region: (String, String?)? {
    let isRegion = [
      "PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed",
      "IllegalLocationConstraintException",
    ].contains(code)
    let named = answer.headers["x-amz-bucket-region"] ?? document?["Region"]?.text ?? ""
    guard (301...308).contains(answer.status) || isRegion else { return nil }
    guard !named.isEmpty else { return isRegion ? ("the bucket is in another region", nil) : nil }
    let name = Self.plain(named, limit: 40)
    return ("the bucket is in the region \(name)", "set the upload target's region to \(name)")
  }

  private func clock(_ now: Timestamp) -> (String, String?)? {
    guard code == "RequestTimeTooSkewed" || ([400, 403].contains(answer.status) && isFarOff(now)) else {
      return nil
    }
    let hint = "set the clock, or let the machine keep it by NTP"
    guard let minutes = minutesAhead(now), minutes != 0 else {
      return ("the store refuses the request's time: the clock here and the store's differ too much", hint)
    }
    return (
      "the clock here is \(abs(minutes)) minutes \(minutes > 0 ? "ahead of" : "behind") the store's", hint
    )
  }

  /// Some stores refuse a skewed clock as they refuse a wrong key.
  private func isFarOff(_ now: Timestamp) -> Bool { abs(minutesAhead(now) ?? 0) >= 15 }

  private func minutesAhead(_ now: Timestamp) -> Int? {
    let theirs =
      document?["ServerTime"].flatMap { Timestamp(parsing: $0.text) }
      ?? answer.headers["Date"].flatMap { HTTPDate($0)?.moment }
    return theirs.map { Int((now.milliseconds - $0.milliseconds) / 60_000) }
  }

  private static let byCode: [String: (String, String?)] = [
    "SignatureDoesNotMatch": (
      "the signature does not match: the secret key is not the access key's", "look at the secret key"
    ),
    "InvalidAccessKeyId": ("the store does not know the access key", "look at the access key"),
    "AccessDenied": (
      "access is denied to these keys", "look at the rights of the keys and the bucket's policy"
    ),
    "NoSuchBucket": ("there is no such bucket", "make it, or look at its name, endpoint and region"),
    "ExpiredToken": ("the session token has expired", "get new temporary credentials"),
    "InvalidToken": ("the session token is not valid", "get new temporary credentials"),
    "QuotaExceeded": ("the store's quota is used up", "free space or raise the quota"),
    "XMinioStorageFull": ("the store is full", "free space on the server"),
    "EntityTooLarge": ("the file is too large for the store", nil),
    "BadDigest": ("the bytes arrived changed: their checksum is not the one that was sent", "run again"),
    "XAmzContentSHA256Mismatch": (
      "the bytes arrived changed: their checksum is not the one that was sent", "run again"
    ),
    "RequestExpired": ("the request took too long to reach the store", "run again"),
  ]

  /// What a server wrote, of bounded length and with nothing in it that a terminal might act on.
  private static func plain(_ text: String, limit: Int) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.prefix(limit).map { (0x21...0x7E).contains($0.value) ? $0 : "?" }))
  }
}
