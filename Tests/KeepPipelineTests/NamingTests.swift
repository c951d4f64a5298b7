import Glibc
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@testable import KeepLedger
@testable import KeepPipeline

/// How a person names a run, and where the token comes from.
@Suite struct RequestNamingTests {
  private func name(
    _ text: String, _ deployment: DeploymentID? = nil, in archive: Archive? = nil,
    of service: String = FakeService.base
  ) async throws -> Request {
    try await RequestNaming.request(
      text, deployment: deployment, in: archive, of: try #require(HTTPURL(service)))
  }

  @Test func anIdNeedsADeploymentUnlessTheLedgerKnowsIt() async throws {
    #expect(try await name("r-1", "d-1") == Request(id: "r-1", deployment: "d-1"))
    let error = await #expect(throws: KeepError.self) { try await name("r-1") }
    #expect(error?.code == .usage)
    #expect(error?.hint?.contains("--deployment") == true)
    let bench = try Bench()
    let archive = try await bench.archive()
    try await archive.ledger.adopt(Request(id: "r-1", deployment: "d-7"))
    #expect(try await name("r-1", in: archive).deployment == "d-7")
  }

  @Test func aKeysFirstDigitsNameItsRun() async throws {
    let bench = try Bench()
    let submission = try bench.submission()
    #expect(try await bench.run(submission).state == .archived)
    let archive = try await bench.archive()
    for digits in [4, 12, 64] {
      let prefix = String(submission.key.rawValue.prefix(digits))
      #expect(try await name(prefix, in: archive).id == "req-1")
      #expect(try await name(prefix.uppercased(), in: archive).id == "req-1")
      #expect(try await archive.entry(named: prefix).key == submission.key)
    }
    await #expect(throws: KeepError.self) {
      try await name(String(submission.key.rawValue.prefix(3)), in: archive)
    }
  }

  @Test func aKeyWithoutARunIsSaidSo() async throws {
    let bench = try Bench()
    let submission = try bench.submission()
    let archive = try await bench.archive()
    _ = try await archive.ledger.claim(submission)
    let prefix = String(submission.key.rawValue.prefix(12))
    let error = await #expect(throws: KeepError.self) { try await name(prefix, "d-1", in: archive) }
    #expect(error?.code == .usage)
    #expect(error?.reason.contains("claimed") == true)
  }

  @Test func digitsThatFitSeveralAreRefused() async throws {
    let bench = try Bench()
    let archive = try await bench.archive()
    for value in 0..<3 { _ = try await archive.ledger.claim(try bench.submission(UInt8(value))) }
    try await archive.ledger.execute(
      "DROP TRIGGER submissionIsItself; UPDATE asset SET submission = submission; PRAGMA foreign_keys = 0;"
        + "UPDATE submission SET key = 'abcd' || substr(key, 5)")
    let error = await #expect(throws: KeepError.self) { try await name("abcd", "d-1", in: archive) }
    #expect(error?.code == .usage)
    #expect(error?.reason.contains("3") == true)
    await #expect(throws: KeepError.self) { try await archive.entry(named: "abcd") }
  }

  @Test(arguments: [
    "https://api.runcomfy.net/prod/v1/deployments/D/requests/R/result",
    "https://api.runcomfy.net:443/prod/v2/deployments/D/requests/R/status",
    "https://api.runcomfy.net/deployments/D/requests/R/cancel?x=1",
  ])
  func aURLNamesBoth(text: String) async throws {
    #expect(
      try await name(text, of: "https://api.runcomfy.net/base") == Request(id: "R", deployment: "D"))
  }

  @Test(arguments: [
    "https://evil.example/prod/v1/deployments/D/requests/R/result",
    "http://api.runcomfy.net/prod/v1/deployments/D/requests/R/result",
    "https://api.runcomfy.net:8443/prod/v1/deployments/D/requests/R/result",
  ])
  func aURLOfAnotherServiceIsRefusedNamingBoth(text: String) async throws {
    let error = await #expect(throws: KeepError.self) {
      try await name(text, of: "https://api.runcomfy.net")
    }
    #expect(error?.code == .usage)
    let origin = try #require(HTTPURL(text)).origin
    #expect(error?.reason.contains("\(origin),") == true, "\(error?.reason ?? "")")
    #expect(error?.reason.hasSuffix("https://api.runcomfy.net") == true)
  }

  @Test(arguments: [
    "", "..", ".", "a/b", "../../etc/passwd", "a b", "x\u{1B}[2J", "r\u{0}", "ré", "r?x=1",
    "https://api.runcomfy.net/",
    "https://api.runcomfy.net/deployments/D/requests/",
    "https://api.runcomfy.net/deployments/../requests/R/status",
    "https://api.runcomfy.net/deployments/D/requests/R%2F..%2Fx/status",
    "https://api.runcomfy.net/prod/v1/deployments/D/inference",
  ])
  func aHostileNameIsRefused(text: String) async throws {
    let error = await #expect(throws: KeepError.self) { try await name(text, "d-1") }
    #expect(error?.code == .usage)
  }
}

@Suite struct TokenSourceTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func file(_ bytes: [UInt8], mode: mode_t = 0o600) throws -> FilePath {
    let path = try folder.write(bytes, to: "token")
    _ = path.withPlatformString { chmod($0, mode) }
    return path
  }

  @Test(arguments: ["tok-1", "tok-1\n", "tok-1\r\n", "  tok-1\t\n\n"])
  func spaceAroundATokenDoesNotCount(text: String) throws {
    #expect(try TokenSource.file(try file(Array(text.utf8))) == Secret("tok-1"))
    #expect(try TokenSource.environment("T", text) == Secret("tok-1"))
  }

  @Test(arguments: [0o400, 0o600, 0o700] as [mode_t])
  func aFileOfItsOwnerAloneIsRead(mode: mode_t) throws {
    #expect(try TokenSource.file(try file(Array("tok-1".utf8), mode: mode)) == Secret("tok-1"))
  }

  @Test(arguments: [0o644, 0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o666] as [mode_t])
  func aFileThatOthersCanUseIsRefused(mode: mode_t) throws {
    let error = #expect(throws: KeepError.self) {
      try TokenSource.file(try file(Array("tok-1".utf8), mode: mode))
    }
    #expect(error?.code == .tokenRefused)
    #expect(error?.hint?.contains("chmod 600") == true)
    #expect(error?.description.contains("tok-1") == false)
  }

  @Test(arguments: [
    "", "\n", "   ", "tok 1", "tok\n1", "tok\u{E9}", "Bearer tok-1", "bearer tok-1", "tok\u{0}",
    "tok\r\nX-Evil: 1",
    String(repeating: "a", count: 4097), String(repeating: "a", count: 9000),
  ])
  func whatIsNoTokenIsRefusedWithoutShowingIt(text: String) throws {
    for source in [
      { try TokenSource.file(try file(Array(text.utf8))) }, { try TokenSource.environment("T", text) },
    ] as [() throws -> Secret] {
      let error = #expect(throws: KeepError.self) { try source() }
      #expect(error?.code == .tokenRefused)
      #expect(error?.code.exitStatus == 77)
      #expect(error?.description.contains("tok") == false || error?.description.contains("token") == true)
    }
  }

  @Test func aTokenThatIsNotSetIsSaidSo() {
    let error = #expect(throws: KeepError.self) { try TokenSource.environment("RUNCOMFY_API_TOKEN", nil) }
    #expect(error?.code == .tokenRefused)
    #expect(error?.subject == .option("RUNCOMFY_API_TOKEN"))
  }

  @Test func aFIFOAFolderAndNothingAreRefusedAtOnce() throws {
    let fifo = folder("fifo")
    #expect(fifo.withPlatformString { mkfifo($0, 0o600) } == 0)
    for path in [fifo, folder.path, folder("missing"), "/dev/zero"] {
      let error = #expect(throws: KeepError.self) { try TokenSource.file(path) }
      #expect(error?.code == .tokenRefused)
      #expect(error?.subject == .path(path))
    }
  }
}
