import KeepModel
import KeepTestKit
import KeepTransport
import SystemPackage
import Testing

@testable import KeepInput

/// What is refused before a server is asked.
@Suite struct UploadTargetTests {
  private let transport = ScriptedTransport { _, _ in .response(BufferedResponse(status: 404, body: [])) }

  private func store(_ target: UploadTarget, allowsLocal: Bool = false) throws -> any ObjectStore {
    try target.store(
      over: transport, clock: ManualClock(), now: { Timestamp(milliseconds: 0) }, allowsLocal: allowsLocal)
  }

  private func s3(_ change: (inout S3Target) -> Void = { _ in }) -> UploadTarget {
    var target = S3Target(bucket: "media-bucket", accessKey: "AKIA", secretKey: Secret("secret"))
    change(&target)
    return .s3(target)
  }

  private static let unusable: [UploadTarget] = [
    .put(PutTarget(template: "https://media.example.org/{stem}.{ext}")),
    .put(PutTarget(template: "https://media.example.org/{sha256}/{colour}")),
    .put(PutTarget(template: "https://media.example.org/{sha256")),
    .put(PutTarget(template: "https://{sha256}.example.org/")),
    .put(PutTarget(template: "media.example.org/{sha256}")),
    .put(PutTarget(template: "http://media.example.org/{sha256}")),
    .put(PutTarget(template: "https://127.0.0.1/{sha256}")),
    .put(PutTarget(template: "https://10.1.2.3/{sha256}")),
    .put(PutTarget(template: "https://localhost/{sha256}")),
    .put(PutTarget(template: "https://user:pass@media.example.org/{sha256}")),
    .put(PutTarget(template: "https://media.example.org/a/../{sha256}")),
    .put(PutTarget(template: "https://media.example.org/{sha256}#x")),
    .put(
      PutTarget(
        template: "https://media.example.org/{sha256}", publicTemplate: "http://cdn.example.org/{sha256}")),
    .put(
      PutTarget(
        template: "https://media.example.org/{sha256}", publicTemplate: "https://cdn.example.org/x.{ext}")),
    .put(
      PutTarget(
        template: "https://media.example.org/{sha256}",
        headers: [.init(name: "if-none-match", value: Secret("x"))])),
    .put(
      PutTarget(
        template: "https://media.example.org/{sha256}",
        headers: [.init(name: "authorization", value: Secret("x"))], credentials: .bearer(Secret("y")))),
    .webDAV(WebDAVTarget(template: "https://dav.example.org/{date}/x.png")),
    .webDAV(WebDAVTarget(template: "https://dav.example.org/{sha256}?a=b")),
    .command(CommandTarget(arguments: [])),
    .command(CommandTarget(arguments: ["mytool", "upload"])),
    .command(CommandTarget(arguments: ["{path}"])),
    .command(CommandTarget(arguments: ["mytool", "{key}", "{path}"])),
    .command(CommandTarget(arguments: ["mytool", "{path}"], linkLifetime: .zero)),
  ]

  @Test(arguments: unusable)
  func aTargetThatCannotBeUsedIsRefused(_ target: UploadTarget) {
    let error = #expect(throws: KeepError.self) { try store(target) }
    #expect(error?.code == .usage)
    #expect(transport.exchanges.isEmpty)
  }

  @Test(arguments: ["ab", "Media", "a_b", "-ab", "a..b", "192.168.0.1", "a/b", "a b"])
  func aBadBucketNameIsRefused(_ name: String) {
    #expect(throws: KeepError(.usage, .option("upload.s3"), "")) { try store(s3 { $0.bucket = name }) }
  }

  @Test(arguments: [Duration.seconds(604_801), .seconds(59), .zero, .seconds(-1)])
  func aLifetimeThatNoSignatureHasIsRefused(_ lifetime: Duration) {
    #expect(throws: KeepError(.usage, .option("upload.link_lifetime"), "")) {
      try store(s3 { $0.linkLifetime = lifetime })
    }
  }

  @Test(arguments: ["a//b", "../a", "a/./b", "a/{sha}", "a\nb"])
  func aPrefixThatSomeStoreRefusesIsRefused(_ prefix: String) {
    #expect(throws: KeepError(.usage, .option("upload.prefix"), "")) { try store(s3 { $0.prefix = prefix }) }
  }

  @Test func whatIsLocalMayBeAllowed() throws {
    _ = try store(.put(PutTarget(template: "http://127.0.0.1:8080/{sha256}")), allowsLocal: true)
    _ = try store(s3 { $0.endpoint = HTTPURL("http://localhost:9000") }, allowsLocal: true)
    #expect(throws: KeepError.self) { try store(s3 { $0.endpoint = HTTPURL("http://localhost:9000") }) }
  }

  @Test func bucketsAreNamedInTheHostAtAWSAndInThePathElsewhere() throws {
    let sample = try SampleAsset()
    let name = "\(sample.asset.checksum.hexadecimal).png"
    let path = { (target: UploadTarget) in
      try #require(try self.store(target).plannedURL(for: sample.asset)).withoutQuery.description
    }
    let endpoint = HTTPURL("https://s3.example.org")
    #expect(try path(s3()) == "https://media-bucket.s3.us-east-1.amazonaws.com/\(name)")
    #expect(
      try path(s3 { $0.bucket = "media.bucket" }) == "https://s3.us-east-1.amazonaws.com/media.bucket/\(name)"
    )
    #expect(try path(s3 { $0.endpoint = endpoint }) == "https://s3.example.org/media-bucket/\(name)")
    #expect(
      try path(
        s3 {
          $0.endpoint = endpoint
          $0.addressing = .virtualHost
          $0.prefix = "in/{date}"
        }) == "https://media-bucket.s3.example.org/in/1970-01-01/\(name)")
  }

  @Test func aPublicAddressMayStandBeforeABucket() throws {
    let sample = try SampleAsset()
    let target = s3 {
      $0.prefix = "a b"
      $0.publicTemplate = "https://cdn.example.org/{key}"
    }
    #expect(
      try store(target).plannedURL(for: sample.asset)?.description
        == "https://cdn.example.org/a%20b/\(sample.asset.checksum.hexadecimal).png")
  }

  @Test func requestsGoToPublicAddressesOnlyUnlessAllowed() async throws {
    let target = UploadTarget.put(PutTarget(template: "https://media.example.org/{sha256}"))
    _ = try await store(target).find(SampleAsset().asset)
    _ = try await store(target, allowsLocal: true).find(SampleAsset().asset)
    #expect(transport.exchanges.map(\.request.reach) == [.publicOnly, .anywhere])
  }

  @Test func aNetrcFileIsReadAsCurlReadsIt() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(
      Array(
        """
        # mine
        machine other.example login a password b
        machine media.example.org
          login keeper
          password "p w\\"d"
        default login any password thing
        """.utf8), to: "netrc")
    let netrc = try NetrcFile(file)
    let login = try netrc.login(for: "media.example.org")
    #expect(login.user == "keeper")
    #expect(login.password.reveal() == "p w\"d")
    #expect(try netrc.login(for: "else.example").user == "any")
    try folder.write(Array("machine a login b password c".utf8), to: "netrc")
    #expect(throws: KeepError(.usage, .path(file), "")) { try NetrcFile(file).login(for: "b") }
    try folder.write(Array("<html>".utf8), to: "netrc")
    #expect(throws: KeepError(.usage, .path(file), "")) { try NetrcFile(file) }
  }
}
