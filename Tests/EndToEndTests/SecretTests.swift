import Foundation
import KeepTestKit
import SystemPackage
import Testing

@Suite struct SecretTests {
  /// The token, and what tools make of it.
  static let forms = [
    Service.token, Data(Service.token.utf8).base64EncodedString(),
    Data("Bearer \(Service.token)".utf8).base64EncodedString(),
  ]
  static let coreKey = "comfyui-key-77aa01-never-to-be-seen"

  @Test func theTokenIsSeenByTheAPIAloneAndWrittenNowhere() throws {
    let service = try Service()
    let photos = try SamplePhotos.folder(3)
    let archive = try TemporaryFolder()
    var program = service.program
    program.environment["COMFY_ORG_API_KEY"] = Self.coreKey
    let run = try program.run(
      "run", photos.path.string, "--deployment", Service.Deployment.several, "--archive",
      archive.path.string, "--json", "--poll-interval", "20ms")
    #expect(run.status == 0, "\(run.errors)")
    let rest = [
      try program.run("list", "--archive", archive.path.string),
      try program.run("show", "--archive", archive.path.string, String(Self.key(run).prefix(8))),
      try program.run("list", "--archive", archive.path.string, "--json"),
    ]
    for result in [run] + rest {
      Self.expectNoSecret(in: Data((result.output + result.errors).utf8), "output")
    }
    #expect(archive.files().count > 9)
    for file in archive.files() { Self.expectNoSecret(in: Data(try archive.read(file)), file) }
    // The simulator logs every request to its second origin as it came, and marks what must not come there.
    let log = try service.log()
    #expect(log.contains { $0["event"] as? String == "storage" }, "downloads were seen")
    #expect(log.filter { $0["violation"] != nil }.isEmpty)
    Self.expectNoSecret(in: Data(try service.folder.read("log.jsonl")), "the simulator's log")
  }

  private static func key(_ run: Program.Result) -> String {
    run.outcomes.first?["submission_key"] as? String ?? ""
  }

  private static func expectNoSecret(in data: Data, _ place: String) {
    for form in forms + [coreKey] {
      #expect(data.range(of: Data(form.utf8)) == nil, "\(form) in \(place)")
    }
  }

  @Test func aTokenInAFileThatOthersCanReadIsRefused() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(Array("secret-token\n".utf8), to: "token")
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file.string)
    let photos = try SamplePhotos.folder(1)
    let port = try ClosedPort()
    defer { withExtendedLifetime(port) {} }
    let arguments = [
      "run", photos.path.string, "--deployment", "d", "--token-file", file.string, "--archive",
      folder("archive").string, "--api-url", "http://\(port.address)",
    ]
    let open = try Program().run(arguments)
    #expect(open.status == 77)
    #expect(open.errors.contains("chmod 600"))
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.string)
    #expect(try Program().run(arguments).status == 69, "now the token is taken, and nobody answers")
    #expect(mkfifo(folder("pipe").string, 0o600) == 0)
    let pipe = try Program().run(
      arguments.map { $0 == file.string ? folder("pipe").string : $0 })
    #expect(pipe.status == 77, "a pipe is refused without waiting for it")
  }

  @Test func aTokenNeverTravelsUnencryptedToAnotherMachine() throws {
    let photos = try SamplePhotos.folder(1)
    let program = Program(environment: ["RUNCOMFY_API_TOKEN": "t-123456"])
    let run = try program.run(
      "run", photos.path.string, "--deployment", "d", "--api-url", "http://192.0.2.1", "--archive",
      photos("archive").string)
    #expect(run.status == 64)
    #expect(run.errors.contains("unencrypted"))
  }
}
