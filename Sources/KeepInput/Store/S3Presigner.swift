internal import KeepModel
internal import KeepTransport

/// Makes URLs that carry a signature in their query (AWS Signature Version 4, "query string authentication").
struct S3Presigner: Sendable {
  let signing: RequestSigning
  let sessionToken: Secret?

  /// A URL by which anybody may GET an object.
  ///
  /// - Parameter lifetime: whole seconds count, from 1 to seven days.
  func url(_ url: HTTPURL, from moment: Timestamp, lifetime: Duration) -> HTTPURL {
    let time = Self.time(moment)
    let scope = "\(time.prefix(8))/\(signing.region)/\(signing.service)/aws4_request"
    // In the order that the rules ask for: sorted by name.
    var items = [
      ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"), ("X-Amz-Credential", "\(signing.accessKey)/\(scope)"),
      ("X-Amz-Date", time), ("X-Amz-Expires", String(lifetime.components.seconds)),
    ]
    if let sessionToken { items.append(("X-Amz-Security-Token", sessionToken.reveal())) }
    items.append(("X-Amz-SignedHeaders", "host"))
    let unsigned = url.adding(query: items)
    let canonical = [
      "GET", url.path, unsigned.query ?? "", "host:\(Self.host(url.origin))\n", "host", "UNSIGNED-PAYLOAD",
    ].joined(separator: "\n")
    let text = "AWS4-HMAC-SHA256\n\(time)\n\(scope)\n\(Checksum(of: Array(canonical.utf8)))"
    let signature = KeyedHash.sign(Array(text.utf8), key: key(day: String(time.prefix(8))))
    return unsigned.adding(query: [("X-Amz-Signature", Hexadecimal.encode(signature))])
  }

  /// The key for a day, a region and a service, made from the secret.
  private func key(day: String) -> [UInt8] {
    [day, signing.region, signing.service, "aws4_request"]
      .reduce(Array("AWS4\(signing.secretKey.reveal())".utf8)) { KeyedHash.sign(Array($1.utf8), key: $0) }
  }

  /// `20130524T000000Z`.
  private static func time(_ moment: Timestamp) -> String {
    moment.description.prefix(19).filter { $0 != "-" && $0 != ":" } + "Z"
  }

  /// The `Host` header as clients send it: with the port where it is not the scheme's own.
  private static func host(_ origin: HTTPURL.Origin) -> String {
    String(origin.description.dropFirst(origin.scheme.utf8.count + 3))
  }
}
