internal import KeepModel
internal import KeepTransport

/// A bucket of an S3-compatible store: its addresses, and requests to it.
struct S3Bucket: Sendable {
  let origin: HTTPURL.Origin
  let bucket: String
  private let basePath: String
  private let signing: RequestSigning
  private let sessionToken: Secret?

  /// The bucket of a target.
  ///
  /// - Throws: ``KeepError`` with code `usage` when its name, region, keys or endpoint cannot be used.
  init(_ target: S3Target, allowsLocal: Bool) throws(KeepError) {
    let option = KeepError.Subject.option("upload.s3")
    guard Self.isBucketName(target.bucket) else {
      throw KeepError(
        .usage, option, "the bucket's name is none",
        hint:
          "3 to 63 lower-case letters, digits, dots and hyphens, beginning and ending with a letter or digit")
    }
    guard Self.isPlain(target.region), Self.isPlain(target.accessKey), !target.secretKey.reveal().isEmpty
    else {
      throw KeepError(.usage, option, "the region, the access key or its secret is missing or not plain text")
    }
    let text = target.endpoint?.description ?? "https://s3.\(target.region).amazonaws.com"
    guard let endpoint = HTTPURL(text), endpoint.query == nil else {
      throw KeepError(.usage, option, "the endpoint is no URL of a server")
    }
    try NamedAddress.check(endpoint, option: "upload.s3", allowsLocal: allowsLocal)
    // A dot in the bucket's name makes a host that no wildcard certificate fits.
    let usual: S3Target.Addressing =
      target.endpoint == nil && !target.bucket.contains(".") ? .virtualHost : .path
    let base = endpoint.path.hasSuffix("/") ? String(endpoint.path.dropLast()) : endpoint.path
    switch target.addressing ?? usual {
    case .path:
      origin = endpoint.origin
      basePath = "\(base)/\(target.bucket)"
    case .virtualHost:
      let port = endpoint.origin.port
      guard
        let url = HTTPURL("\(endpoint.origin.scheme)://\(target.bucket).\(endpoint.origin.host):\(port)/"),
        IPAddress(endpoint.origin.host) == nil
      else {
        throw KeepError(.usage, option, "the bucket cannot be part of the host's name: use addressing path")
      }
      origin = url.origin
      basePath = base
    }
    bucket = target.bucket
    signing = RequestSigning(
      region: target.region, accessKey: target.accessKey, secretKey: target.secretKey)
    sessionToken = target.sessionToken
  }

  private static func isBucketName(_ name: String) -> Bool {
    let isEnd = { (byte: UInt8) in (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) }
    guard (3...63).contains(name.utf8.count), let first = name.utf8.first, let last = name.utf8.last else {
      return false
    }
    return isEnd(first) && isEnd(last) && !name.contains("..") && IPAddress(name) == nil
      && name.utf8.allSatisfy { isEnd($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
  }

  /// Letters, digits and what stands in the credential scope without being encoded.
  private static func isPlain(_ text: String) -> Bool {
    (1...128).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || (0x30...0x39).contains(byte)
          || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
      }
  }

  /// Where an object lies; the bucket itself for an empty key.
  func url(_ key: String, query: [(String, String)] = []) -> HTTPURL {
    let parts = key.split(separator: "/", omittingEmptySubsequences: false).map {
      HTTPURL.encoded(String($0))
    }
    let path = key.isEmpty && !basePath.isEmpty ? basePath : "\(basePath)/\(parts.joined(separator: "/"))"
    return HTTPURL(origin: origin, path: path, query: nil).adding(query: query)
  }

  /// The SHA-256 of no bytes.
  static let emptyHash = Checksum(of: [])

  /// A signed request for an object, or for the bucket with an empty key.
  ///
  /// - Parameter hash: the SHA-256 of the body.
  func request(
    _ method: HTTPRequest.Method, _ key: String, query: [(String, String)] = [],
    headers: HTTPHeaders = HTTPHeaders(), body: RequestBody? = nil, hash: Checksum = emptyHash
  ) -> HTTPRequest {
    var all = headers
    all.add("x-amz-content-sha256", hash.hexadecimal)
    if let sessionToken { all.add("x-amz-security-token", sessionToken.reveal()) }
    return HTTPRequest(method, url(key, query: query), headers: all, body: body, signing: signing)
  }

  /// A URL by which anybody may fetch an object until it expires.
  func presigned(_ key: String, from moment: Timestamp, lifetime: Duration) -> HTTPURL {
    S3Presigner(signing: signing, sessionToken: sessionToken)
      .url(url(key), from: moment, lifetime: lifetime)
  }
}
