import KeepModel
import KeepTransport

/// What an answer to a download request is good for. Decides, and touches nothing.
enum DownloadAnswer: Sendable, Equatable {
  /// The whole file.
  case whole(DownloadBody)
  /// Exactly the bytes that are missing.
  case rest(length: UInt64)
  /// It is elsewhere.
  case elsewhere(String)
  /// It is not there or not for us.
  case gone(Manifest.Reason)
  /// What we have is of no use with this answer: ask for the whole.
  case startAgain(String)
  /// Not now; perhaps later.
  case later(KeepError.Retry)

  /// Judges an answer.
  ///
  /// - Parameter partial: What was there when the request was made; with a validator, the rest was asked for.
  init(status: Int, headers: HTTPHeaders, partial: PartialFile) {
    switch status {
    case 200: self = Self.whole(headers)
    case 206: self = Self.rest(headers, partial)
    case 301, 302, 303, 307, 308:
      self = headers["Location"].map { .elsewhere($0) } ?? .later(.backOff)
    case 401, 403: self = .gone(.http403)
    case 404: self = .gone(.http404)
    case 410: self = .gone(.http410)
    case 416: self = .startAgain("the service says that the rest of the file is not where it was")
    case 408, 425, 429, 500...599: self = .later(Self.retry(headers))
    case 400..<500: self = .gone(.unreachable)
    default: self = .later(.backOff)
    }
  }

  private static func whole(_ headers: HTTPHeaders) -> DownloadAnswer {
    let length = headers["Content-Length"].flatMap { UInt64($0) }
    if let text = headers["Content-Range"] {
      guard let range = ContentRange(text), range.first == 0, range.last + 1 == range.total else {
        return .startAgain("a part came where the whole was due")
      }
    }
    var body = DownloadBody(length: length, encoding: encoding(headers))
    body.isChunked = headers["Transfer-Encoding"]?.lowercased().contains("chunked") ?? false
    if body.encoding == nil, headers["Accept-Ranges"]?.lowercased() != "none", let length,
      let tag = strongTag(headers)
    {
      body.validator = RangeValidator(condition: tag, total: length)
    }
    return .whole(body)
  }

  private static func rest(_ headers: HTTPHeaders, _ partial: PartialFile) -> DownloadAnswer {
    guard partial.size > 0, let validator = partial.validator else {
      return .startAgain("a part came that was not asked for")
    }
    guard let range = headers["Content-Range"].flatMap(ContentRange.init), encoding(headers) == nil,
      range.first == partial.size, range.total == validator.total, range.last + 1 == range.total,
      strongTag(headers) == validator.condition
    else { return .startAgain("another part came than the one asked for") }
    return .rest(length: range.total - range.first)
  }

  /// Only a strong entity tag promises the same bytes: not a weak one (RFC 9110, section 8.8.1), and not a
  /// date, since a file may change twice within its second (section 8.8.2.2).
  private static func strongTag(_ headers: HTTPHeaders) -> String? {
    headers["ETag"].flatMap { RangeValidator.isStrong($0) ? $0 : nil }
  }

  private static func encoding(_ headers: HTTPHeaders) -> String? {
    headers["Content-Encoding"].flatMap { $0.isEmpty || $0.lowercased() == "identity" ? nil : $0 }
  }

  private static func retry(_ headers: HTTPHeaders) -> KeepError.Retry {
    guard let text = headers["Retry-After"] else { return .backOff }
    // A date is meant by the service's clock, which its own `Date` tells.
    let now = headers["Date"].flatMap(HTTPDate.init)?.moment
    guard now != nil || text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return .backOff }
    return RetryAfter.wait(text, now: now ?? Timestamp(milliseconds: 0)).map { .after($0) } ?? .backOff
  }
}

/// What the head of an answer says of the body that follows.
struct DownloadBody: Sendable, Equatable {
  /// How many bytes are sent, if the service said.
  var length: UInt64?
  /// How they are encoded, which was not asked for.
  var encoding: String?
  /// Whether the body marks its own end.
  var isChunked = false
  /// What may serve to ask for a rest.
  var validator: RangeValidator?

  /// What tells where the body ends.
  var framing: PartialFile.Framing {
    length != nil ? .announced : isChunked ? .chunked : .closed
  }
}

/// `bytes 100-199/200`.
private struct ContentRange {
  let first: UInt64
  let last: UInt64
  let total: UInt64

  init?(_ text: String) {
    let parts = text.split(separator: " ")
    guard parts.count == 2, parts[0].lowercased() == "bytes" else { return nil }
    let sizes = parts[1].split(separator: "/", omittingEmptySubsequences: false)
    let ends = sizes[0].split(separator: "-", omittingEmptySubsequences: false)
    guard sizes.count == 2, ends.count == 2, let first = UInt64(ends[0]), let last = UInt64(ends[1]),
      let total = UInt64(sizes[1]), first <= last, last < total
    else { return nil }
    self.first = first
    self.last = last
    self.total = total
  }
}
