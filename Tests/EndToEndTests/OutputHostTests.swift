import Foundation
import KeepTestKit
import SystemPackage
import Testing

/// `--output-host`: outputs come from the hosts that a person names, or the run stays open.
@Suite struct OutputHostTests {
  private let service: Service
  private let photos: TemporaryFolder

  init() throws {
    // Texts come with the result: with them some outputs can be had whatever is refused.
    service = try Service("--fault", "text-channel")
    photos = try SamplePhotos.folder(1)
  }

  private func run(_ options: String...) throws -> Program.Result {
    try service.program.run(
      [
        "run", photos("photo-00.png").string, "--deployment", Service.Deployment.image, "--archive",
        photos("archive").string, "--json", "--poll-interval", "20ms",
      ] + options)
  }

  @Test func anotherHostLeavesTheRunOpenAndSaysWhichOne() throws {
    let refused = try run("--output-host", "cdn.example.com", "--output-host", "*.example.net")
    #expect(refused.words == ["unfinished"])
    #expect(refused.status == 23, "\(refused.output)")
    #expect(refused.output.contains("127.0.0.1"))
    #expect(refused.output.contains("--output-host 127.0.0.1"))
    #expect(refused.errors.contains("--output-host"))
    #expect(refused.bundles == [])
    #expect(try downloads() == 0)

    let partial = try run("--output-host", "cdn.example.com", "--allow-partial")
    #expect(partial.words == ["partial"])
    #expect(partial.status == 3)
    let manifest = try Judges.run(
      "/usr/bin/unzip", ["-p", try #require(partial.bundles.first), "*/data/manifest.json"])
    #expect(manifest.output.contains(#""reason": "unreachable""#))
    #expect(try downloads() == 0)
    #expect(try service.submissions().count == 1)
  }

  @Test func theHostNamedIsAsked() throws {
    let kept = try run("--output-host", "127.0.0.1")
    #expect(kept.words == ["archived"], "\(kept.output)")
    #expect(try downloads() == 1)
  }

  @Test func aRedirectToAnotherHostIsRefused() throws {
    try service.setFaults("text-channel", "output-redirect=http://localhost:1/x")
    let refused = try run("--output-host", "127.0.0.1")
    #expect(refused.status == 23, "\(refused.output)")
    #expect(refused.output.contains("--output-host localhost"))
    try service.setFaults()
    #expect(try run("--output-host", "127.0.0.1").words == ["archived"])
    #expect(try service.submissions().count == 1)
  }

  @Test func aRecipeMayNameThem() throws {
    let recipe = try photos.write(
      Array("deployment: \(Service.Deployment.image)\noutput_host: cdn.example.com\n".utf8), to: "recipe.yaml"
    )
    let refused = try service.program.run(
      "run", photos("photo-00.png").string, "--recipe", recipe.string, "--archive", photos("archive").string,
      "--json", "--poll-interval", "20ms")
    #expect(refused.status == 23, "\(refused.output)\(refused.errors)")
    let kept = try service.program.run(
      "run", photos("photo-00.png").string, "--recipe", recipe.string, "--archive", photos("archive").string,
      "--json", "--poll-interval", "20ms", "--output-host", "127.0.0.1")
    #expect(kept.words == ["archived"], "a flag stands above the recipe")
  }

  @Test(arguments: ["https://cdn.example.com", "cdn.example.com:443", "*", ""])
  func whatIsNoHostIsAnError(text: String) throws {
    let refused = try run("--output-host", text)
    #expect(refused.status == 64)
    #expect(refused.errors.contains("without scheme and port"), "\(refused.errors)")
    #expect(try service.submissions().isEmpty)
  }

  private func downloads() throws -> Int {
    try service.log().count { $0["event"] as? String == "storage" }
  }
}
