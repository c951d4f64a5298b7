import Foundation
import KeepTestKit
import SystemPackage
import Testing

/// What becomes of results on their way out: lost ones are told, known ones are not held back, files are as the
/// user's umask has them.
@Suite struct OutputPromiseTests {
  let service: Service
  let folder: TemporaryFolder

  init() throws {
    service = try Service()
    folder = try SamplePhotos.folder(4)
  }

  private func arguments(_ names: String..., options: [String] = []) -> [String] {
    ["run"] + names.map { folder($0).string } + [
      "--deployment", Service.Deployment.image, "--archive", folder("archive").string,
      "--poll-interval", "20ms",
    ] + options
  }

  private func shell(_ command: String) -> [String] { ["/bin/sh", "-c", command, "sh"] }

  @Test(arguments: [">/dev/full", ">&-"]) func lostResultsAreAFailure(redirection: String) throws {
    let launcher = shell("exec \"$@\" \(redirection)")
    let run = try service.program.run(arguments("photo-00.png"), launcher: launcher)
    #expect(run.status == 74, "\(run.errors)")
    #expect(run.errors.contains("comfykeep: standard output cannot be written"))
    let listed = try service.program.run("list", "--json", "--archive", folder("archive").string)
    #expect(listed.objects.compactMap { $0["state"] as? String } == ["archived"], "it is kept all the same")
    let bundle = try #require(listed.objects.first?["bundle"] as? String)
    #expect(try service.program.run(["verify", bundle], launcher: launcher).status == 74)
    #expect(try service.program.run(["verify", bundle]).status == 0)
  }

  @Test func aReaderThatHasSeenEnoughIsNoFailure() throws {
    let result = try service.program.run(
      ["inspect", CommandTests.workflow], launcher: shell("(\"$@\"; echo \"status $?\" >&2) | true"))
    #expect(result.errors == "status 0\n")
  }

  @Test(arguments: [("077", 0o600), ("022", 0o644), ("002", 0o664)])
  func filesAreForWhomTheUmaskLetsIn(mask: String, mode: Int) throws {
    let run = try service.program.run(
      arguments("photo-00.png", options: ["--export", folder("out").string]),
      launcher: shell("umask \(mask); exec \"$@\""))
    #expect(run.status == 0, "\(run.errors)")
    let modes = try Dictionary(
      uniqueKeysWithValues: folder.files().map { name in
        let attributes = try FileManager.default.attributesOfItem(atPath: folder(name).string)
        return (name, attributes[.posixPermissions] as? Int)
      })
    for (name, found) in modes {
      let isPrivate = name.contains(".comfykeep/") || name.hasSuffix(".receipt.json")
      guard name.hasPrefix("archive/") || name.hasPrefix("out/") else { continue }
      #expect(found == (isPrivate ? 0o600 : mode), "\(name)")
    }
    #expect(modes.keys.contains { $0.hasPrefix("out/") })
  }

  @Test func anOutcomeIsPrintedWhileLaterRunsGoOn() throws {
    let slow = try Service("--run-time", "700ms")
    let output = try folder.write([], to: "words.txt")
    let process = try slow.program.start(
      arguments(
        "photo-00.png", "photo-01.png", "photo-02.png", "photo-03.png",
        options: ["--json", "--quiet", "--concurrency", "1"]), output: output.string)
    let deadline = Date().addingTimeInterval(30)
    while try folder.read("words.txt").isEmpty, Date() < deadline { usleep(5_000) }
    #expect(try slow.submissions().count < 4)
    #expect(process.isRunning)
    #expect(process.waitForEnd() == 0)
    let lines = String(decoding: try folder.read("words.txt"), as: UTF8.self).split(separator: "\n")
    #expect(lines.count == 4)
    for (number, line) in lines.enumerated() { #expect(line.contains("photo-0\(number).png")) }
  }

  @Test func whatIsRefusedLeavesNoArchiveBehind() throws {
    try folder.write(Array("no picture".utf8), to: "bad.png")
    var elsewhere = service.program
    elsewhere.environment["RUNCOMFY_API_TOKEN"] = "wrong"
    #expect(try elsewhere.run(arguments("photo-00.png")).status == 77)
    elsewhere.environment["RUNCOMFY_API_URL"] = "http://127.0.0.1:9"
    #expect(try elsewhere.run(arguments("photo-00.png")).status == 69)
    #expect(try service.program.run(arguments("missing.png")).status == 10)
    #expect(try service.program.run(arguments("photo-00.png", options: ["--set", "999.x=1"])).status == 10)
    let bad = try service.program.run(arguments("bad.png", options: ["--json"]))
    #expect(bad.status == 10)
    #expect(bad.words == ["rejected"])
    #expect(bad.errors.contains("comfykeep: bad.png: rejected: is not"), "\(bad.errors)")
    let archived = try service.program.run(
      "archive", "../x", "--deployment", Service.Deployment.image, "--archive", folder("archive").string)
    #expect(archived.status == 64)
    #expect(!FileManager.default.fileExists(atPath: folder("archive").string))
  }
}
