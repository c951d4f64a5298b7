import Foundation
import KeepTestKit
import SystemPackage
import Testing

@Suite struct ExtractTests {
  @Test func bundlesAreTakenOutAsSha256sumSees() throws {
    let keep = try Keep(2)
    let place = try TemporaryFolder()
    let result = try Program().run(["extract"] + keep.bundles + ["--to", place("new/folder").string])
    #expect(result.status == 0, "\(result.errors)")
    for bundle in keep.bundles {
      let top = FilePath(bundle).stem ?? ""
      let folder = place("new/folder/\(top)").string
      #expect(result.output.contains("\(folder): "))
      for list in ["manifest-sha256.txt", "tagmanifest-sha256.txt"] {
        let check = try ChildProcess.run(["sha256sum", "-c", "--strict", "--quiet", list], in: folder)
        #expect(check.status == 0, "\(String(decoding: check.text, as: UTF8.self))")
      }
      let unzipped = try TemporaryFolder()
      #expect(try Judges.run("/usr/bin/unzip", ["-qq", bundle, "-d", unzipped.path.string]).status == 0)
      #expect(try Judges.run("/usr/bin/diff", ["-r", unzipped(top).string, folder]).status == 0)
    }
    let again = try Program().run(
      ["extract", keep.bundles[0], "--to", place("new/folder").string, "--json"])
    #expect(again.status == 12)
    #expect(again.objects.first?["type"] as? String == "extraction")
  }

  @Test func anObjectHasTheSameMembersWhateverComesOfABundle() throws {
    let keep = try Keep(1)
    let place = try TemporaryFolder()
    let arguments = ["extract", keep.bundles[0], "--to", place.path.string, "--json"]
    let made = try #require(try Program().run(arguments).objects.first)
    let refused = try #require(try Program().run(arguments).objects.first)
    #expect(made["error"] is NSNull && refused["error"] is [String: Any])
    #expect(refused.keys.sorted() == made.keys.sorted())
    #expect(refused["directory_lost"] as? Bool == false && refused["crc_only"] as? Int == 0)
    #expect((refused["lost"] as? [Any])?.isEmpty == true)
  }

  @Test func whatAKilledExtractLeftGoesWithTheNext() throws {
    let keep = try Keep(1)
    let place = try TemporaryFolder()
    for name in [".comfykeep-1a.part/data/a", ".comfykeep-1b.part"] { try place.write([1], to: name) }
    let result = try Program().run("extract", keep.bundles[0], "--to", place.path.string)
    #expect(result.status == 0, "\(result.errors)")
    let top = FilePath(keep.bundles[0]).stem ?? ""
    #expect(try FileManager.default.contentsOfDirectory(atPath: place.path.string) == [top])
  }

  @Test func withoutAPlaceTheFolderIsMadeHere() throws {
    let keep = try Keep(1)
    let place = try TemporaryFolder()
    let result = try keep.run(
      "extract", keep.bundles[0], "--outputs", "--json", launcher: ["/usr/bin/env", "-C", place.path.string])
    #expect(result.status == 0, "\(result.errors)")
    let object = try #require(result.objects.first)
    #expect(object["files"] as? Int == 1 && object["whole"] as? Bool == true)
    let top = FilePath(keep.bundles[0]).stem ?? ""
    #expect(place.files().count == 1)
    #expect(place.files().first?.hasPrefix("\(top)/outputs/node-") == true)
  }

  @Test func aDamagedBundleIsRefusedUnlessItIsSalvaged() throws {
    let keep = try Keep(1)
    try Keep.damage(keep.bundles[0])
    let place = try TemporaryFolder()
    let arguments = ["extract", keep.bundles[0], "--to", place.path.string]
    let refused = try Program().run(arguments)
    #expect(refused.status == 30)
    #expect(refused.errors.contains("--salvage"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: place.path.string) == [])
    let salvaged = try Program().run(arguments + ["--salvage", "--json"])
    #expect(salvaged.status == 30)
    let object = try #require(salvaged.objects.first)
    let lost = try #require(object["lost"] as? [[String: Any]])
    #expect(lost.count == 1)
    #expect(object["whole"] as? Bool == false)
    let path = try #require(lost.first?["path"] as? String)
    #expect(!place.files().contains { $0.hasSuffix(path) })
    #expect(place.files().count == object["files"] as? Int)
  }

  @Test func aCutOffBundleGivesWhatIsWhole() throws {
    let keep = try Keep(1)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: keep.bundles[0]))
    let place = try TemporaryFolder()
    let cut = try place.write(Array(bytes[..<(bytes.count * 2 / 3)]), to: "cut.zip").string
    #expect(try Program().run("extract", cut, "--to", place.path.string).status == 30)
    let salvaged = try Program().run("extract", cut, "--to", place.path.string, "--salvage")
    #expect(salvaged.status == 30)
    #expect(salvaged.errors.contains("its directory is lost"))
    #expect(salvaged.errors.contains("is not in the file"))
    let top = FilePath(keep.bundles[0]).stem ?? ""
    let check = try ChildProcess.run(
      ["sha256sum", "-c", "--quiet", "--ignore-missing", "manifest-sha256.txt"], in: place(top).string)
    #expect(check.status == 0, "\(String(decoding: check.text, as: UTF8.self))")
  }

  @Test func whatAZIPOfAnotherKindHoldsStaysInside() throws {
    let place = try TemporaryFolder()
    let script =
      "import zipfile; z = zipfile.ZipFile('evil.zip', 'w'); i = zipfile.ZipInfo('run-1/link'); "
      + "i.external_attr = 0o120777 << 16; z.writestr('run-1/bagit.txt', 'x'); z.writestr(i, '/tmp'); "
      + "z.writestr('run-1/../../evil', 'x')"
    #expect(try ChildProcess.run(["python3", "-c", script], in: place.path.string).status == 0)
    let result = try Program().run(
      "extract", place("evil.zip").string, "--to", place("to").string, "--salvage")
    #expect(result.status == 5, "\(result.errors)")
    #expect(place.files() == ["evil.zip"])
  }
}
