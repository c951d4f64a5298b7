import Foundation
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

/// Plain files out of bundles.
@Suite struct ExportCommandTests {
  let service: Service
  let folder: TemporaryFolder

  init() throws {
    service = try Service()
    folder = try SamplePhotos.folder(2)
  }

  private func run(_ deployment: String = Service.Deployment.image, _ options: String...) throws -> [String] {
    let run = try service.program.run(
      [
        "run", folder("photo-00.png").string, folder("photo-01.png").string, "--deployment", deployment,
        "--archive", folder("archive").string, "--json", "--poll-interval", "20ms",
      ] + options)
    try #require(run.bundles.count == 2, "\(run.errors)")
    return run.bundles
  }

  private func export(_ arguments: String...) throws -> Program.Result {
    try Program().run(["export", "--to", folder("out").string] + arguments)
  }

  private var exported: [String] {
    folder.files().filter { $0.hasPrefix("out/") }.map { String($0.dropFirst(4)) }
  }

  @Test func anArchiveBecomesAFolderOfPictures() throws {
    _ = try run()
    let first = try export(folder("archive").string)
    #expect(first.status == 0, "\(first.errors)")
    #expect(exported == ["photo-00.136.1.png", "photo-01.136.1.png"])
    #expect(first.output.split(separator: "\n").count == 2)
    #expect(first.errors.contains("2 files written"))
    let again = try export(folder("archive").string, "--json")
    #expect(again.errors.contains("0 files written, 2 there already"))
    #expect(
      again.objects.allSatisfy { $0["type"] as? String == "exported" && $0["written"] as? Bool == false })
    for object in again.objects {
      let path = try #require(object["path"] as? String)
      let sum = Checksum(of: Array(try Data(contentsOf: URL(fileURLWithPath: path)))).hexadecimal
      #expect(object["sha256"] as? String == sum)
      #expect(object["node"] as? String == "136")
    }
    #expect(exported.count == 2)
  }

  @Test func inputsPreviewsAndSingleNodesCanBeWanted() throws {
    let bundle = try run(Service.Deployment.several)[0]
    #expect(try export(bundle).status == 0)
    let plain = exported
    #expect(!plain.contains { $0.contains(".3.") })
    #expect(try export(bundle, "--temp", "--inputs").status == 0)
    #expect(Set(exported).subtracting(plain) == ["photo-00.3.1.png", "photo-00.1.image.png"])
    #expect(try folder.read("out/photo-00.1.image.png") == Pictures.png(0))
    let one = try Program().run("export", bundle, "--to", folder("one").string, "--node", "2", "--inputs")
    #expect(one.status == 0)
    #expect(folder.files().filter { $0.hasPrefix("one/") } == ["one/photo-00.2.1.png"])
    let none = try export(bundle, "--node", "99")
    #expect(none.status == 64)
    #expect(none.errors.contains("no bundle has anything of node 99"))
  }

  @Test func aBundleAwayFromItsArchiveIsNamedByItsInput() throws {
    let bundle = try run()[1]
    let moved = folder("elsewhere.zip").string
    try FileManager.default.copyItem(atPath: bundle, toPath: moved)
    #expect(try export(moved).status == 0)
    #expect(exported == ["photo-01.136.1.png"])
  }

  @Test func nothingIsOverwritten() throws {
    let bundle = try run()[0]
    try folder.write([7], to: "out/photo-00.136.1.png")
    #expect(try export(bundle).status == 0)
    #expect(exported == ["photo-00.136.1-2.png", "photo-00.136.1.png"])
    #expect(try folder.read("out/photo-00.136.1.png") == [7])
    #expect(try export(bundle).status == 0)
    #expect(exported.count == 2)
  }

  @Test func whatIsDamagedGetsNoNameAndTheOthersDo() throws {
    let bundles = try run()
    // The bytes of the picture and its checksum in the header are changed together: only the manifest tells.
    let script = """
      import sys, zipfile
      old = sys.argv[1]
      with zipfile.ZipFile(old) as z: items = [(i.filename, z.read(i)) for i in z.infolist()]
      with zipfile.ZipFile(old, "w") as z:
          for name, data in items:
              if "/outputs/" in name: data = data[:-20] + bytes([data[-20] ^ 1]) + data[-19:]
              z.writestr(name, data)
      """
    #expect(try Judges.run("/usr/bin/python3", ["-c", script, bundles[0]]).status == 0)
    let both = try export(folder("archive").string, "--json")
    #expect(both.status == 30)
    #expect(exported == ["photo-01.136.1.png"])
    #expect(both.errors.contains("is not what its manifest lists"), "\(both.errors)")
    #expect(both.objects.contains { $0["type"] as? String == "error" })
    try folder.write(Array("words".utf8), to: "words.zip")
    #expect(try export(folder("words.zip").string).status == 4)
    #expect(try export(folder("photo-00.png").string, "--quiet").status == 4)
    #expect(exported.count == 1)
  }

  @Test func aPartialBundleGivesWhatItHasAndSaysSo() throws {
    let service = try Service("--fault", "error-output")
    let run = try service.program.run(
      "run", folder("photo-00.png").string, "--deployment", Service.Deployment.several, "--archive",
      folder("archive").string, "--json", "--poll-interval", "20ms", "--allow-partial")
    let bundle = try #require(run.bundles.first, "\(run.errors)")
    let result = try export(bundle)
    #expect(result.status == 3, "\(result.errors)")
    #expect(result.errors.contains("missing in the bundle itself"))
    #expect(!exported.isEmpty && exported.allSatisfy { $0.hasSuffix(".txt") })
  }
}
