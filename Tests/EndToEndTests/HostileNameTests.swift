import Foundation
import KeepTestKit
import SystemPackage
import Testing

/// Names that have broken out of folders, shells, terminals and file systems elsewhere: every file is kept inside its
/// folder, none is written over another, and all are counted.
@Suite struct HostileNameTests {
  @Test func everyFileIsInsideItsFolderAndNoneIsLost() throws {
    let service = try Service("--fault", "hostile-names")
    let folder = try SamplePhotos.folder(1)
    let run = try service.program.run(
      "run", folder("photo-00.png").string, "--deployment", Service.Deployment.image, "--archive",
      folder("archive").string, "--export", folder("out").string, "--json", "--poll-interval", "20ms")
    #expect(run.words == ["archived"], "\(run.errors)")
    let count = try #require(run.outcomes.first?["outputs"] as? Int)
    #expect(count >= 38)
    try expectHarmless(run)

    let bundle = try #require(run.bundles.first)
    #expect(try service.program.run("verify", "--quiet", bundle).status == 0)
    try Judges.judge([bundle])
    let manifest = try JSONSerialization.jsonObject(
      with: Data(try Judges.text(of: "data/manifest.json", in: bundle).utf8))
    let outputs = try #require((manifest as? [String: Any])?["outputs"] as? [[String: Any]])
    #expect(outputs.count == count)
    #expect(outputs.allSatisfy { $0["status"] as? String == "archived" })
    #expect(Set(outputs.compactMap { $0["sha256"] as? String }).count == count, "each with its own bytes")
    #expect(Set(outputs.compactMap { ($0["path"] as? String)?.lowercased() }).count == count)
    for path in outputs.compactMap({ $0["path"] as? String }) {
      #expect(
        path.wholeMatch(of: #/outputs/node-[a-z0-9._-]+/images/[0-9]{4}-[A-Za-z0-9._-]{1,65}/#) != nil,
        "\(path)")
    }
    // The names themselves are data, kept to the letter.
    let names = outputs.compactMap { $0["filename"] as? String }
    for name in ["../../../../tmp/escaped.png", "a\0b.png", "\u{1B}[31mred\u{1B}[0m.png", "\u{202E}gnp.exe"] {
      #expect(names.contains(name))
    }
    #expect(names.contains { $0.utf8.count >= 4000 })
    #expect(names.contains { $0.utf8.elementsEqual("cafe\u{301}.png".utf8) })
    #expect(names.contains { $0.utf8.elementsEqual("caf\u{E9}.png".utf8) })

    let unpacked = try TemporaryFolder()
    #expect(try Judges.run("/usr/bin/unzip", ["-q", bundle, "-d", unpacked.path.string]).status == 0)
    #expect(unpacked.files().count { $0.contains("/data/outputs/") } == count)
    let exported = try FileManager.default.contentsOfDirectory(atPath: folder("out").string)
    #expect(exported.count == count)
    #expect(Set(exported.map { $0.lowercased() }).count == count)
    #expect(exported.allSatisfy { $0.hasPrefix("photo-00.") })
    let places = Set(folder.files().compactMap { $0.split(separator: "/").first })
    #expect(places == ["archive", "out", "photo-00.png"], "nothing lies elsewhere")
    #expect(!FileManager.default.fileExists(atPath: "/tmp/escaped.png"))
  }

  @Test func theirEscapesReachNoTerminal() throws {
    let service = try Service("--fault", "hostile-names", "--fault", "error-output=404")
    let folder = try SamplePhotos.folder(1)
    let run = try service.program.run(
      "run", folder("photo-00.png").string, "--deployment", Service.Deployment.image, "--archive",
      folder("archive").string, "--poll-interval", "20ms")
    #expect(run.status == 69)
    #expect(run.errors.contains("red"), "the name is told")
    try expectHarmless(run)
  }

  /// Nothing that a terminal would act on: control characters, other directions, invisible ones.
  private func expectHarmless(_ run: Program.Result) throws {
    for scalar in (run.output + run.errors).unicodeScalars where scalar != "\n" {
      let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
      let isDirection = (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
      #expect(!isControl && !isDirection, "U+\(String(scalar.value, radix: 16))")
    }
  }
}
