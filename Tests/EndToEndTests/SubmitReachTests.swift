import Foundation
import KeepTestKit
import SystemPackage
import Testing

/// The rows of the submit protocol in which no connection comes about: nothing was sent, and the same command submits
/// once the service can be reached.
@Suite struct SubmitReachTests {
  private let photos: TemporaryFolder
  private let archive: TemporaryFolder

  init() throws {
    photos = try SamplePhotos.folder(1)
    archive = try TemporaryFolder()
  }

  /// With the workflow at hand, the submit is the first call of all.
  private var arguments: [String] {
    [
      "run", photos("photo-00.png").string, "--deployment", Service.Deployment.image, "--inline-workflow",
      "--workflow", SamplePhotos.samples.appendingPathComponent("workflows/image_to_image_api.json").path,
      "--archive", archive.path.string, "--json", "--poll-interval", "20ms",
    ]
  }

  private func program(_ api: String) -> Program {
    Program(environment: ["RUNCOMFY_API_URL": api, "RUNCOMFY_API_TOKEN": Service.token])
  }

  private func expectNothingSent(
    to api: String, _ word: String = "unfinished", state: String = "claimed", saying: String
  ) throws {
    let run = try program(api).run(arguments)
    #expect(run.words == [word], "\(run.output)\(run.errors)")
    #expect(run.status == 69, "\(run.errors)")
    #expect(run.output.contains(saying), "\(run.output)")
    #expect(try archive.states == [state])
    let service = try Service()
    let again = try service.program.run(arguments)
    #expect(again.words == ["archived"], "\(again.errors)")
    #expect(try service.submissions().count == 1)
  }

  @Test func aNameThatDoesNotExist() throws {
    try expectNothingSent(to: "https://api.comfykeep.invalid", saying: "cannot be resolved")
  }

  @Test func aPortWhereNobodyListens() throws {
    let port = try ClosedPort()
    defer { withExtendedLifetime(port) {} }
    try expectNothingSent(to: "http://\(port.address)", saying: "refused it or cannot be reached")
  }

  @Test func aServerWithoutTLS() throws {
    let plain = try RawServer { connection in
      try connection.answer("400 Bad Request", headers: ["Connection: close"])
    }
    defer { plain.stop() }
    try expectNothingSent(to: "https://127.0.0.1:\(plain.port)", saying: "no TLS connection")
    #expect(plain.connectionCount == 5)
  }

  @Test func aServerThatHangsUpInTheMiddleOfTLS() throws {
    let plain = try RawServer { connection in
      _ = try connection.read(1)
      connection.reset()
    }
    defer { plain.stop() }
    try expectNothingSent(to: "https://127.0.0.1:\(plain.port)", saying: "unavailable")
    #expect(plain.connectionCount == 5)
  }

  @Test func aCertificateThatNobodyKnowsIsAskedOnce() throws {
    let server = try CertifiedServer()
    try expectNothingSent(
      to: "https://127.0.0.1:\(server.port)", "rejected", state: "rejected",
      saying: "certificate is not trusted")
    #expect(try server.requests == 0)
  }
}

/// An HTTPS server in a process of its own, with a certificate that it signed itself.
private final class CertifiedServer {
  private static let script = """
    import http.server, os, ssl, sys
    folder = sys.argv[1]
    class Handler(http.server.BaseHTTPRequestHandler):
      def do_POST(self):
        open(folder + "/requests", "a").write("x")
        self.send_error(500)
    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder + "/cert.pem", folder + "/key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    open(folder + "/port.part", "w").write(str(server.server_port))
    os.rename(folder + "/port.part", folder + "/port")
    server.serve_forever()
    """

  let port: Int
  private let folder: TemporaryFolder
  private let process: ChildProcess

  init() throws {
    folder = try TemporaryFolder()
    try folder.write([], to: "requests")
    try folder.write([], to: "out")
    let made = try Judges.run(
      "/usr/bin/env",
      [
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
        "-days",
        "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
        folder("key.pem").string,
        "-out", folder("cert.pem").string,
      ])
    try #require(made.status == 0, "\(made.output)")
    process = try ChildProcess(
      ["/usr/bin/python3", "-c", Self.script, folder.path.string],
      streams: .files(output: folder("out").string, errors: folder("out").string))
    let deadline = ContinuousClock.now + .seconds(60)
    while !folder.files().contains("port") {
      try #require(process.isRunning && ContinuousClock.now < deadline, "the server did not start")
      usleep(10_000)
    }
    port = try #require(Int(String(decoding: try folder.read("port"), as: UTF8.self)))
  }

  /// How many requests came through.
  var requests: Int { get throws { try folder.read("requests").count } }

  deinit {
    // A program that is started from a test's thread may have the others blocked.
    process.signal(SIGKILL)
    _ = process.waitForEnd()
  }
}
