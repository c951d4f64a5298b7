import Glibc
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@testable import KeepPipeline

/// The secret of the address: made once, private, never shown (fault rows 72 and 80).
@Suite struct WebhookSecretTests {
  private func mode(_ path: FilePath) -> mode_t {
    var status = stat()
    return stat(path.string, &status) == 0 ? status.st_mode & 0o777 : 0
  }

  @Test func itIsMadeOnceAndForTheOwnerAlone() throws {
    let folder = try TemporaryFolder()
    let hidden = folder(".comfykeep")
    let first = try WebhookSecret(keptIn: hidden)
    #expect(try WebhookSecret(keptIn: hidden) == first)
    #expect(mode(hidden.appending("webhook-secret")) == 0o600)
    #expect(mode(hidden) == 0o700)
    #expect(first.secret.reveal().utf8.count == 48)
    #expect(first != WebhookSecret())
    #expect(folder.files() == [".comfykeep/webhook-secret"])
  }

  @Test func allWhoBeginAtOnceGetTheSameOne() async throws {
    let folder = try TemporaryFolder()
    let hidden = folder(".comfykeep")
    let secrets = try await withThrowingTaskGroup(of: WebhookSecret.self) { group in
      for _ in 0..<24 { group.addTask { try await RawCaller.onThread { try WebhookSecret(keptIn: hidden) } } }
      return try await group.reduce(into: []) { $0.append($1.secret.reveal()) }
    }
    #expect(Set(secrets).count == 1 && secrets.count == 24)
    #expect(folder.files() == [".comfykeep/webhook-secret"])
  }

  @Test(arguments: [0o640, 0o604, 0o660] as [mode_t])
  func oneThatOthersCanReadIsRefused(_ mode: mode_t) throws {
    let folder = try TemporaryFolder()
    let secret = try WebhookSecret(keptIn: folder.path)
    #expect(chmod(folder("webhook-secret").string, mode) == 0)
    let error = try #require(throws: KeepError.self) { try WebhookSecret(keptIn: folder.path) }
    #expect(error.code == .localIO)
    #expect(error.hint?.contains("chmod 600") == true)
    #expect(!"\(error) \(error.hint ?? "")".contains(secret.secret.reveal()))
  }

  @Test(arguments: [
    "", "short\n", String(repeating: "A", count: 48), String(repeating: "g", count: 48),
    String(repeating: "a", count: 47), String(repeating: "a", count: 48) + "\n\n",
    String(repeating: "a", count: 4096),
  ])
  func oneThatIsNoneIsRefusedAndStays(_ text: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array(text.utf8), to: "webhook-secret")
    #expect(chmod(path.string, 0o600) == 0)
    let error = try #require(throws: KeepError.self) { try WebhookSecret(keptIn: folder.path) }
    #expect(error.code == .localIO && error.hint?.contains("remove it") == true)
    #expect(try folder.read("webhook-secret") == Array(text.utf8))
  }

  @Test func aLinkIsNotFollowed() throws {
    let folder = try TemporaryFolder()
    let elsewhere = try TemporaryFolder()
    _ = try WebhookSecret(keptIn: elsewhere.path)
    #expect(symlink(elsewhere("webhook-secret").string, folder("webhook-secret").string) == 0)
    #expect(throws: KeepError.self) { try WebhookSecret(keptIn: folder.path) }
  }

  @Test func itIsNeverPrinted() throws {
    let secret = WebhookSecret()
    let text = secret.secret.reveal()
    var dumped = ""
    dump(secret, to: &dumped)
    let shown = "\(secret) \(String(reflecting: secret)) \(dumped) \([secret]) \(Optional(secret) as Any)"
    #expect(!shown.contains(text))
    #expect(secret.redacting("at /comfykeep/\(text.uppercased())?a") == "at /comfykeep/**redacted**?a")
  }

  @Test func aPathIsOpenedByTheWholeSecretAlone() throws {
    let secret = WebhookSecret()
    let text = secret.secret.reveal()
    let opening = ["/comfykeep/\(text)", "/prefix/of/a/proxy/comfykeep/\(text)", "//comfykeep/\(text)"]
    for path in opening { #expect(secret.opens(path: path), "\(path)") }
    let wrong = [
      "", "/", text, "/\(text)", "comfykeep/\(text)", "/comfykeep", "/comfykeep/", "/comfykeep/\(text)/",
      "/comfykeep/\(text)0", "/comfykeep/\(text.dropLast())", "/comfykeep/\(text.uppercased())é",
      "/comfykeep//\(text)",
      "/Comfykeep/\(text)", "/xcomfykeep/\(text)", "/comfykeep/\(text)\0", "/comfykeep/ \(text)",
      "/comfykeep/\(WebhookSecret().secret.reveal())", "/comfykeep/*", "/comfykeep/%2e%2e",
    ]
    for path in wrong { #expect(!secret.opens(path: path), "\(path)") }
    for place in 0..<48 {
      var digits = Array(text.utf8)
      digits[place] = digits[place] == 0x30 ? 0x31 : 0x30
      #expect(!secret.opens(path: "/comfykeep/" + String(decoding: digits, as: UTF8.self)))
    }
  }
}

/// The public address that the service is given.
@Suite struct WebhookAddressTests {
  private let secret = WebhookSecret()

  @Test(arguments: [
    ("https://host.example", "https://host.example/comfykeep/"),
    ("https://host.example/", "https://host.example/comfykeep/"),
    ("https://host.example:8443/a/b", "https://host.example:8443/a/b/comfykeep/"),
    ("https://host.example/a/", "https://host.example/a/comfykeep/"),
    ("http://127.0.0.1:4000", "http://127.0.0.1:4000/comfykeep/"),
    ("http://localhost:4000/x", "http://localhost:4000/x/comfykeep/"),
  ])
  func theSecretStandsBehindThePrefix(_ text: String, _ start: String) throws {
    let address = try WebhookAddress(text, secret: secret)
    #expect(address.url.description == start + secret.secret.reveal())
    #expect(address.description == start + "redacted")
    #expect(secret.opens(path: address.url.path))
  }

  @Test(arguments: [
    "http://host.example", "ftp://host.example", "host.example", "", "https://",
    "https://user:pw@host.example",
    "https://host.example/?a=b", "https://host.example/#a", "https://host.example/a b", "http://10.0.0.1",
  ])
  func whatTheServiceCannotCallSafelyIsRefused(_ text: String) throws {
    let error = try #require(throws: KeepError.self) { try WebhookAddress(text, secret: secret) }
    #expect(error.code == .usage && error.subject == .option("--public-url"))
  }

  @Test func itIsNeverPrinted() throws {
    let address = try WebhookAddress("https://host.example", secret: secret)
    var dumped = ""
    dump(address, to: &dumped)
    let shown = "\(address) \(String(reflecting: address)) \(dumped) \([address])"
    #expect(!shown.contains(secret.secret.reveal()))
  }

  @Test func anyAddressCanBeToldWithoutSecrets() throws {
    let told = { (text: String) in HTTPURL(text)?.withoutSecrets.description }
    #expect(told("https://h.example/a/comfykeep/abc/d?k=v") == "https://h.example/a/comfykeep/redacted")
    #expect(told("https://h.example/hook?token=v") == "https://h.example/hook")
    #expect(told("https://h.example/comfykeep") == "https://h.example/comfykeep")
    #expect(told("https://h.example/comfykeep/") == "https://h.example/comfykeep/redacted")
  }
}
