import KeepModel
import KeepTransport

/// A request's URL as libcurl 7.88 signs it rightly: what it signs must be what the server makes canonical.
///
/// libcurl takes path and query into the signature as they are written, where AWS's rules have every byte of the path
/// encoded that is not unreserved, the parameters sorted, and a parameter without a value followed by `=`. Later
/// versions see to some of that themselves, and then change nothing here.
enum SignedTarget {
  /// The URL, spelled canonically.
  static func url(_ url: HTTPURL) -> HTTPURL {
    HTTPURL(origin: url.origin, path: encoded(url.path), query: url.query.map(sorted))
  }

  private static func encoded(_ path: String) -> String {
    path.utf8.reduce(into: "") { result, byte in
      let isPlain = byte == UInt8(ascii: "/") || byte == UInt8(ascii: "%")
      let character = String(Unicode.Scalar(byte))
      result += isPlain ? character : HTTPURL.encoded(character)
    }
  }

  /// By name and then by value, byte by byte, as encoded.
  private static func sorted(_ query: String) -> String {
    let items = query.split(separator: "&").map { item in
      let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return (Array(parts[0].utf8), Array((parts.count > 1 ? parts[1] : "").utf8))
    }
    let ordered = items.sorted { left, right in
      left.0 == right.0
        ? left.1.lexicographicallyPrecedes(right.1) : left.0.lexicographicallyPrecedes(right.0)
    }
    return ordered.map { String(decoding: $0.0 + [UInt8(ascii: "=")] + $0.1, as: UTF8.self) }
      .joined(separator: "&")
  }

  /// What keeps headers from being signed rightly; `nil` for nothing.
  ///
  /// libcurl 7.88 hashes no streamed body itself, signs a header without a value as if it were sent, and puts two
  /// names in the wrong order where one begins with the other.
  static func objection(to headers: HTTPHeaders) -> String? {
    guard headers["x-amz-content-sha256"] != nil else {
      return "is to be signed and has no x-amz-content-sha256"
    }
    let names = headers.fields.map { $0.name.lowercased() }.sorted()
    guard headers.fields.allSatisfy({ !$0.value.isEmpty }) else {
      return "is to be signed and has a header without a value"
    }
    for (name, next) in zip(names, names.dropFirst()) where next.hasPrefix(name) {
      return "is to be signed and has both \(name) and \(next)"
    }
    return nil
  }
}
