import Foundation
import KeepTestKit
import Synchronization
import SystemPackage
import Testing

/// Servers that outputs are redirected to, which do what no storage should: what comes of it, byte by byte.
@Suite struct HostileDownloadTests {
  /// What the server sends, and all that it was asked.
  private final class Witness: Sendable {
    private let state = Mutex<[RawRequestHead]>([])
    var heads: [RawRequestHead] { state.withLock { $0 } }
    /// Notes a request and tells how many came before.
    func add(_ head: RawRequestHead) -> Int {
      state.withLock { state in
        state.append(head)
        return state.count - 1
      }
    }
  }

  private let picture = Pictures.png(3)
  private let witness = Witness()
  private let photos: TemporaryFolder

  init() throws { photos = try SamplePhotos.folder(1) }

  private func arguments(_ options: [String] = []) -> [String] {
    [
      "run", photos("photo-00.png").string, "--deployment", Service.Deployment.image, "--archive",
      photos("archive").string, "--json", "--poll-interval", "20ms", "--inputs", "omit",
    ] + options
  }

  /// A server that answers each request by a script, and a service that sends its outputs there.
  private func service(
    _ answer: @escaping @Sendable (RawConnection, RawRequestHead, Int) throws -> Void
  ) throws -> (Service, RawServer) {
    let server = try RawServer { [witness] connection in
      while let head = try connection.readHead() { try answer(connection, head, witness.add(head)) }
    }
    return (try Service("--fault", "output-redirect=\(try server.url("x"))"), server)
  }

  /// The bytes of the one output of a bundle.
  private func output(_ run: Program.Result) throws -> [UInt8] {
    #expect(run.words == ["archived"], "\(run.output)\(run.errors)")
    let bundle = try #require(run.bundles.first)
    #expect(try Program().run("verify", "--quiet", bundle).status == 0)
    let folder = try TemporaryFolder()
    let unpacked = try Judges.run(
      "/usr/bin/unzip", ["-qj", bundle, "*/outputs/*", "-d", folder.path.string])
    try #require(unpacked.status == 0, "\(unpacked.output)")
    return try folder.read(try #require(folder.files().first))
  }

  /// The part of the picture that was asked for, as a server gives it that knows ranges.
  private static func answerWell(
    _ connection: RawConnection, _ head: RawRequestHead, _ bytes: [UInt8]
  ) throws {
    guard let start = head["Range"].flatMap({ Int($0.dropFirst(6).dropLast()) }), head["If-Range"] == "\"v1\""
    else { return try connection.answer(headers: ["ETag: \"v1\""], body: bytes) }
    try connection.answer(
      "206 Partial Content",
      headers: ["ETag: \"v1\"", "Content-Range: bytes \(start)-\(bytes.count - 1)/\(bytes.count)"],
      body: Array(bytes[start...]))
  }

  enum Break: String, CaseIterable, Sendable {
    case reset, close
  }

  @Test(arguments: Break.allCases, [0, 1, 7, 50, 99])
  func aBodyThatBreaksOffAnywhereIsResumed(end: Break, percent: Int) throws {
    let picture = picture
    let (service, server) = try service { connection, head, number in
      guard number == 0 else { return try Self.answerWell(connection, head, picture) }
      try connection.write(
        "HTTP/1.1 200 OK\r\nContent-Length: \(picture.count)\r\nETag: \"v1\"\r\n\r\n")
      try connection.write(Array(picture.prefix(picture.count * percent / 100)))
      end == .reset ? connection.reset() : connection.close()
    }
    defer { server.stop() }
    #expect(try output(try service.program.run(arguments())) == picture)
    #expect(witness.heads.count == 2)
    let place = picture.count * percent / 100
    if end == .close, place > 0 { #expect(witness.heads[1]["Range"] == "bytes=\(place)-") }
  }

  @Test func redirectsAreFollowedWithoutTokenCookieOrAnyHeaderOfTheAPI() throws {
    let picture = picture
    let (service, server) = try service { connection, head, _ in
      try Self.answerWell(connection, head, picture)
    }
    defer { server.stop() }
    #expect(try output(try service.program.run(arguments())) == picture)
    for head in witness.heads {
      let text = ([head.requestLine] + head.lines).joined(separator: "\n")
      for form in SecretTests.forms { #expect(!text.contains(form)) }
      let names = head.lines.map { String($0.prefix { $0 != ":" }).lowercased() }
      #expect(Set(names).isSubset(of: ["host", "user-agent", "accept", "accept-encoding"]), "\(names)")
    }
  }

  @Test func aBombIsKeptPackedInLittleMemory() throws {
    let bomb = try Judges.run(
      "/bin/sh", ["-c", "head -c 200000000 /dev/zero | gzip -9 > \(photos("bomb.gz").string)"])
    #expect(bomb.status == 0)
    let packed = try photos.read("bomb.gz")
    let (service, server) = try service { connection, _, _ in
      try connection.answer(headers: ["Content-Encoding: gzip", "ETag: \"v1\""], body: packed)
    }
    defer { server.stop() }
    let run = try service.program.run(
      arguments(["--export", photos("out").string]), launcher: ["/usr/bin/prlimit", "--fsize=4000000"])
    #expect(try output(run) == packed)
    #expect(run.errors.contains("encoded (gzip)"), "\(run.errors)")
  }

  @Test func aPageInPlaceOfAPictureIsKeptAsAPageWithAWarning() throws {
    let page = Array("<!DOCTYPE html><title>Just a moment…</title>\u{1B}[31m\n".utf8)
    let (service, server) = try service { connection, _, _ in try connection.answer(body: page) }
    defer { server.stop() }
    let run = try service.program.run(arguments())
    #expect(try output(run) == page)
    #expect(run.errors.contains("text/html"), "\(run.errors)")
    #expect(!(run.errors + run.output).contains("\u{1B}"))
    #expect(witness.heads.count == 3)
  }

  @Test(arguments: ["Retry-After: 1", "Retry-After: -5", "Retry-After: junk"])
  func aServerThatIsBusyIsAskedAgain(header: String) throws {
    let picture = picture
    let (service, server) = try service { connection, head, number in
      guard number == 0 else { return try Self.answerWell(connection, head, picture) }
      try connection.answer("503 Service Unavailable", headers: [header])
    }
    defer { server.stop() }
    #expect(try output(try service.program.run(arguments())) == picture)
    #expect(witness.heads.count == 2)
  }

  @Test func hugeHeadersAndNonsenseEndInAnOpenRunThatIsKeptLater() throws {
    let picture = picture
    let (service, server) = try service { connection, head, number in
      switch number {
      case 0: try connection.write("SSH-2.0-OpenSSH_9.2\r\n")
      case 1:
        try connection.write("HTTP/1.1 200 OK\r\n")
        for _ in 0..<400 { try connection.write("X: \(String(repeating: "x", count: 1000))\r\n") }
      case 2: connection.reset()
      default: return try Self.answerWell(connection, head, picture)
      }
      connection.close()
    }
    defer { server.stop() }
    var run = try service.program.run(arguments())
    for _ in 0..<3 where run.words == ["unfinished"] {
      #expect(run.status == 69, "\(run.output)")
      run = try service.program.run(arguments())
    }
    #expect(try output(run) == picture)
    #expect(witness.heads.count == 4)
    #expect(try service.submissions().count == 1)
  }

  /// Two redirects in a row that lead elsewhere: no packet leaves for there.
  @Test(
    .enabled(if: Strace.canTrace, "no call can be traced here"),
    arguments: [
      "http://169.254.169.254/latest/meta-data/", "https://169.254.169.254/", "http://10.0.0.1/",
      "https://2130706433/",
      "file:///etc/passwd", "ftp://127.0.0.1/x", "//[fe80::1]/", "https://user:pass@127.0.0.1/",
    ])
  func aRedirectElsewhereSendsNoPacket(location: String) throws {
    let (service, server) = try service { connection, _, _ in
      try connection.answer("302 Found", headers: ["Location: \(location)"])
    }
    defer { server.stop() }
    let trace = photos("trace").string
    let run = try service.program.run(
      arguments(), launcher: Strace.watching("connect,sendto", in: trace))
    #expect(run.words == ["unfinished"])
    #expect(run.status == 69, "\(run.errors)")
    let calls = String(decoding: try photos.read("trace"), as: UTF8.self).split(separator: "\n")
    let connects = calls.filter { $0.contains("sin_port") || $0.contains("sin6_port") }
    #expect(!connects.isEmpty)
    for call in connects {
      #expect(
        call.contains("\"127.0.0.1\"") || call.contains("\"::1\"") || call.contains("htons(0)"), "\(call)")
    }
  }
}
