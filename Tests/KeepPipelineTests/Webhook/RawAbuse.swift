import Testing

/// Something that no HTTP client sends, or none that means well.
struct RawAbuse: Sendable, CustomTestStringConvertible {
  let name: String
  /// The bytes, given a good target with the true secret.
  let bytes: @Sendable (String) -> [UInt8]
  /// Whether it may be taken all the same: what is good of it is a whole delivery.
  var mayBeTaken = false
  /// Whether the sender says that nothing more comes.
  var endsWriting = false

  var testDescription: String { name }

  private init(
    _ name: String, taken: Bool = false, ends: Bool = false, _ text: @escaping @Sendable (String) -> String
  ) {
    self.init(name, taken: taken, ends: ends, bytes: { Array(text($0).utf8) })
  }

  private init(
    _ name: String, taken: Bool = false, ends: Bool = false, bytes: @escaping @Sendable (String) -> [UInt8]
  ) {
    (self.name, self.bytes, self.mayBeTaken, self.endsWriting) = (name, bytes, taken, ends)
  }

  private static let json = "Host: a\r\nContent-Type: application/json\r\n"
  private static let body = #"{"request_id":"abuse","status":"succeeded"}"#
  private static let length = body.utf8.count

  private static func post(
    _ target: String, _ headers: String, _ body: String = body, version: String = "HTTP/1.1"
  ) -> String {
    "POST \(target) \(version)\r\n\(json)\(headers)\r\n\(body)"
  }

  private static func long(_ count: Int, _ piece: String = "a") -> String {
    String(repeating: piece, count: count)
  }

  static let all = heads + lengths + chunks + targets + bodies

  private static let heads: [RawAbuse] = [
    RawAbuse("nothing, then the end", ends: true) { _ in "" },
    RawAbuse("nothing") { _ in "" },
    RawAbuse("half a request line") { _ in "POST /comf" },
    RawAbuse("half a head", ends: true) { "POST \($0) HTTP/1.1\r\nHost: a\r\nContent-" },
    RawAbuse("a head without its end") { "POST \($0) HTTP/1.1\r\n\(json)" },
    RawAbuse("line feeds alone", taken: true) { target in
      "POST \(target) HTTP/1.1\nHost: a\nContent-Type: application/json\nContent-Length: \(length)\n\n\(body)"
    },
    RawAbuse("a head of 4 MiB") { post($0, "X: \(long(4 << 20))\r\nContent-Length: \(length)\r\n") },
    RawAbuse("headers without end") { post($0, long(100_000, "A: b\r\n") + "Content-Length: \(length)\r\n") },
    RawAbuse("65 headers of 1 KiB") {
      post($0, long(65, "A: \(long(1024))\r\n") + "Content-Length: \(length)\r\n")
    },
    RawAbuse("a header's name of 1 MiB") { post($0, "\(long(1 << 20)): x\r\nContent-Length: \(length)\r\n") },
    RawAbuse("a folded header", taken: true) { post($0, "X: a\r\n b\r\nContent-Length: \(length)\r\n") },
    RawAbuse("a header without a colon") { post($0, "nonsense\r\nContent-Length: \(length)\r\n") },
    RawAbuse("a space before the colon") { post($0, "Content-Length : \(length)\r\n") },
    RawAbuse("a NUL in a header") { post($0, "X: a\0b\r\nContent-Length: \(length)\r\n") },
    RawAbuse("a carriage return in a header") { post($0, "X: a\rEvil: b\r\nContent-Length: \(length)\r\n") },
    RawAbuse("two hosts", taken: true) { post($0, "Host: b\r\nContent-Length: \(length)\r\n") },
    RawAbuse("a method of our own making") { "EVIL \($0) HTTP/1.1\r\n\(json)\r\n" },
    RawAbuse("a method of 1 MiB") { "\(long(1 << 20, "M")) \($0) HTTP/1.1\r\n\r\n" },
    RawAbuse("a method in small letters") {
      "post \($0) HTTP/1.1\r\n\(json)Content-Length: \(length)\r\n\r\n\(body)"
    },
    RawAbuse("CONNECT") { _ in "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n" },
    RawAbuse("TRACE") { "TRACE \($0) HTTP/1.1\r\n\(json)\r\n" },
    RawAbuse("an upgrade", taken: true) {
      post($0, "Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: \(length)\r\n")
    },
  ]

  private static let lengths: [RawAbuse] = [
    RawAbuse("two lengths that differ") { post($0, "Content-Length: \(length)\r\nContent-Length: 3\r\n") },
    RawAbuse("two lengths that are equal", taken: true) {
      post($0, "Content-Length: \(length)\r\nContent-Length: \(length)\r\n")
    },
    RawAbuse("lengths in a list") { post($0, "Content-Length: \(length), \(length)\r\n") },
    RawAbuse("a negative length") { post($0, "Content-Length: -1\r\n") },
    RawAbuse("a length with a sign") { post($0, "Content-Length: +\(length)\r\n") },
    RawAbuse("a length in hexadecimal") { post($0, "Content-Length: 0x2A\r\n") },
    RawAbuse("a length beyond 64 bits") { post($0, "Content-Length: 99999999999999999999999\r\n") },
    RawAbuse("a length of 8 EiB") { post($0, "Content-Length: 9223372036854775807\r\n") },
    RawAbuse("no length and no chunks") { post($0, "", "") },
    RawAbuse("a body that ends early", ends: true) { post($0, "Content-Length: \(length + 100)\r\n") },
    RawAbuse("a body that is never sent") { post($0, "Content-Length: \(length)\r\n", "") },
    RawAbuse("a body of 3 MiB") { post($0, "Content-Length: \(3 << 20)\r\n", long(3 << 20)) },
    RawAbuse("100-continue, and nothing after") {
      post($0, "Expect: 100-continue\r\nContent-Length: \(length)\r\n", "")
    },
  ]

  private static let chunks: [RawAbuse] = [
    RawAbuse("chunks and a length") {
      post($0, "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "0\r\n\r\n")
    },
    RawAbuse("chunks in capital letters, twice") {
      post($0, "Transfer-Encoding: CHUNKED\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n")
    },
    RawAbuse("an encoding that is none") { post($0, "Transfer-Encoding: xchunked\r\n") },
    RawAbuse("chunks without end", ends: true) { post($0, "Transfer-Encoding: chunked\r\n", "5\r\n{\"a\":") },
    RawAbuse("a chunk's size of 16 digits") {
      post($0, "Transfer-Encoding: chunked\r\n", "FFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n")
    },
    RawAbuse("a chunk's size that is none") { post($0, "Transfer-Encoding: chunked\r\n", "zz\r\n{}\r\n") },
    RawAbuse("a negative chunk") { post($0, "Transfer-Encoding: chunked\r\n", "-2\r\n{}\r\n0\r\n\r\n") },
    RawAbuse("chunks of one byte, 2 MiB of them") {
      post($0, "Transfer-Encoding: chunked\r\n", long(2 << 20, "1\r\na\r\n") + "0\r\n\r\n")
    },
    RawAbuse("a chunk's extension of 1 MiB") {
      post($0, "Transfer-Encoding: chunked\r\n", "2;\(long(1 << 20))\r\n{}\r\n0\r\n\r\n")
    },
    RawAbuse("trailers without end") {
      post($0, "Transfer-Encoding: chunked\r\n", "2\r\n{}\r\n0\r\n" + long(200_000, "A: b\r\n"))
    },
  ]

  private static let targets: [RawAbuse] = [
    RawAbuse("a target of 1 MiB") { post($0 + long(1 << 20), "Content-Length: \(length)\r\n") },
    RawAbuse("an absolute target", taken: true) {
      post("http://evil.example\($0)", "Content-Length: \(length)\r\n")
    },
    RawAbuse("a target with a NUL") { post($0 + "\0", "Content-Length: \(length)\r\n") },
    RawAbuse("a target that climbs", taken: true) {
      post("/../../etc/..\($0)", "Content-Length: \(length)\r\n")
    },
    RawAbuse("a target that is percent-encoded") {
      post($0.replacing("/comfykeep", with: "%2Fcomfykeep"), "Content-Length: \(length)\r\n")
    },
    RawAbuse("HTTP/0.9") { "GET \($0)\r\n" },
    RawAbuse("HTTP/1.0", taken: true) { post($0, "Content-Length: \(length)\r\n", version: "HTTP/1.0") },
    RawAbuse("HTTP/9.9") { post($0, "Content-Length: \(length)\r\n", version: "HTTP/9.9") },
    RawAbuse("HTTP/2 by its preface") { _ in "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" },
  ]

  private static let bodies: [RawAbuse] = [
    RawAbuse(
      "TLS",
      bytes: { _ in
        [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC, 0x03, 0x03] + Array(repeating: 7, count: 512)
      }),
    RawAbuse(
      "random bytes", bytes: { _ in (0..<65_536).map { UInt8(truncatingIfNeeded: $0 &* 167 ^ ($0 >> 3)) } }),
    RawAbuse("a hundred requests in one go", taken: true) { target in
      long(100, post(target, "Content-Length: \(length)\r\n"))
    },
    RawAbuse("a second request hidden behind the first", taken: true) { target in
      post(target, "Content-Length: \(length)\r\n") + "GET /admin HTTP/1.1\r\nHost: a\r\n\r\n"
    },
    RawAbuse("brackets 1 MiB deep") { post($0, "Content-Length: 1048576\r\n", long(1 << 20, "[")) },
    RawAbuse(
      "a body of zeros",
      bytes: { target in
        Array(post(target, "Content-Length: 4096\r\n", "").utf8) + Array(repeating: 0, count: 4096)
      }),
    RawAbuse(
      "a body that is not UTF-8",
      bytes: { target in
        Array(post(target, "Content-Length: 20\r\n", #"{"request_id":""#).utf8) + [
          0xFF, 0xFE, 0xC0, 0x22, 0x7D,
        ]
      }),
    RawAbuse("a body that is compressed") {
      post($0, "Content-Encoding: gzip\r\nContent-Length: 4\r\n", "\u{1F}xyz")
    },
    RawAbuse("a million keys") { target in
      let keys = "{" + long(150_000, "\"a\":1,") + "\"b\":2}"
      return post(target, "Content-Length: \(keys.utf8.count)\r\n", keys)
    },
  ]
}
