import KeepModel
import KeepTestKit
import SystemPackage

/// A certificate authority of our own and certificates for 127.0.0.1, made by `openssl` for one test run.
final class TestCertificates: Sendable {
  /// Made once; the suites share it.
  static let shared = Result { try TestCertificates() }

  private let folder: TemporaryFolder
  /// The authority's certificate, to be trusted.
  var authority: FilePath { folder("ca.pem") }

  init() throws {
    self.folder = try TemporaryFolder()
    let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    try openssl(
      ["req", "-x509", "-days", "2", "-subj", "/CN=Test authority", "-keyout", "ca.key", "-out", "ca.pem"]
        + newKey)
    try openssl(["req", "-subj", "/CN=peer", "-keyout", "peer.key", "-out", "peer.csr"] + newKey)
    try sign("here", "IP:127.0.0.1")
    try sign("elsewhere", "DNS:elsewhere.example")
    try openssl([
      "req", "-x509", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
      "-key",
      "peer.key", "-out", "selfsigned.pem",
    ])
    try folder.write(Array(Self.register.utf8), to: "register.cnf")
    try sign("expired", from: "20200101000000Z", until: "20200102000000Z")
    try sign("future", from: "20900101000000Z", until: "20900102000000Z")
  }

  /// What `openssl ca` needs, which alone takes dates.
  private static let register = """
    [ca]
    default_ca = register
    [register]
    database = register.txt
    new_certs_dir = .
    rand_serial = yes
    default_md = sha256
    policy = any
    unique_subject = no
    [any]
    commonName = supplied
    [names]
    subjectAltName = IP:127.0.0.1
    """

  private func sign(_ name: String, from start: String, until end: String) throws {
    try folder.write([], to: "register.txt")
    try openssl([
      "ca", "-batch", "-notext", "-config", "register.cnf", "-extensions", "names", "-cert", "ca.pem",
      "-keyfile",
      "ca.key", "-startdate", start, "-enddate", end, "-in", "peer.csr", "-out", "\(name).pem",
    ])
  }

  private func sign(_ name: String, _ alternativeName: String) throws {
    try folder.write(Array("subjectAltName=\(alternativeName)".utf8), to: "\(name).cnf")
    try openssl([
      "x509", "-req", "-days", "2", "-in", "peer.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
      "-CAcreateserial", "-extfile", "\(name).cnf", "-out", "\(name).pem",
    ])
  }

  /// Runs `openssl` in the folder and waits for it.
  private func openssl(_ arguments: [String]) throws {
    let status = try process(arguments).waitForEnd()
    guard status == 0 else { throw ChildProcess.Failure(reason: "openssl \(arguments) gave \(status)") }
  }

  /// `openssl` in the folder, started.
  func process(_ arguments: [String]) throws -> ChildProcess {
    try ChildProcess(["openssl"] + arguments, in: folder.path.string)
  }
}

/// One TLS connection at a time, by `openssl s_server`; what the client sends can be read here, and what is
/// written here is sent to it.
final class TLSPeer {
  private let process: ChildProcess
  private var unread: [UInt8] = []
  let url: HTTPURL

  /// Listens on a free port.
  ///
  /// - Parameters:
  ///   - certificate: `here` for one that fits, `elsewhere` for one with another name, `expired`, `future` for one that
  ///     is not valid yet, `selfsigned`.
  ///   - protocols: What to agree to, such as `h2,http/1.1`.
  init(_ certificates: TestCertificates, certificate: String = "here", protocols: String = "h2,http/1.1")
    throws
  {
    self.process = try certificates.process([
      "s_server", "-accept", "127.0.0.1:0", "-cert", "\(certificate).pem", "-key", "peer.key", "-alpn",
      protocols,
    ])
    var bytes: [UInt8] = []
    while true {
      bytes += try process.read()
      let text = String(decoding: bytes, as: UTF8.self)
      guard let match = text.firstMatch(of: /ACCEPT 127\.0\.0\.1:(\d+)\n/) else { continue }
      guard let url = HTTPURL("https://127.0.0.1:\(match.1)/x") else {
        throw ChildProcess.Failure(reason: "no port in \(text)")
      }
      self.url = url
      return
    }
  }

  private func fill() throws { unread += try process.read() }

  /// Drops everything up to `text`, which `openssl` may precede with notes on the connection.
  func skip(past text: String) throws {
    while true {
      if let range = unread.firstRange(of: Array(text.utf8)) {
        unread.removeFirst(range.upperBound)
        return
      }
      try fill()
    }
  }

  /// The next bytes from the client.
  func read(_ count: Int) throws -> [UInt8] {
    while unread.count < count { try fill() }
    defer { unread.removeFirst(count) }
    return Array(unread[..<count])
  }

  /// Sends bytes to the client.
  func write(_ bytes: [UInt8]) throws {
    try process.write(bytes)
  }
}

/// A frame of HTTP/2 (RFC 9113, 4.1).
struct HTTP2Frame {
  static let (data, headers, settings): (UInt8, UInt8, UInt8) = (0, 1, 4)

  var type: UInt8
  var flags: UInt8 = 0
  var stream: UInt8 = 0
  var payload: [UInt8] = []

  var bytes: [UInt8] {
    [0, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF), type, flags, 0, 0, 0, stream] + payload
  }
}

extension TLSPeer {
  /// The next frame from the client.
  func readFrame() throws -> HTTP2Frame {
    let head = try read(9)
    let length = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
    return HTTP2Frame(type: head[3], flags: head[4], stream: head[8], payload: try read(length))
  }

  /// Takes the client's greeting, and then so many requests; returns their streams.
  func acceptHTTP2(requests: Int) throws -> [UInt8] {
    try skip(past: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    try write(HTTP2Frame(type: HTTP2Frame.settings).bytes)
    var streams: [UInt8] = []
    while streams.count < requests {
      let frame = try readFrame()
      if frame.type == HTTP2Frame.headers { streams.append(frame.stream) }
      if frame.type == HTTP2Frame.settings, frame.flags == 0 {
        try write(HTTP2Frame(type: HTTP2Frame.settings, flags: 1).bytes)
      }
    }
    return streams
  }

  /// Answers 200 with a body.
  func answerHTTP2(_ stream: UInt8, _ body: String) throws {
    // 0x88 is `:status: 200` (RFC 7541, appendix A); 4 ends the headers, 1 the stream.
    try write(
      HTTP2Frame(type: HTTP2Frame.headers, flags: 4, stream: stream, payload: [0x88]).bytes
        + HTTP2Frame(type: HTTP2Frame.data, flags: 1, stream: stream, payload: Array(body.utf8)).bytes)
  }
}
