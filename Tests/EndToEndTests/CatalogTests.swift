import Foundation
import KeepTestKit
import SystemPackage
import Testing

@Suite struct CatalogTests {
  private let service: Service
  private let archive: TemporaryFolder

  init() throws {
    service = try Service()
    archive = try TemporaryFolder()
  }

  /// Runs photos; the bundles.
  @discardableResult
  private func run(_ count: Int, _ options: String...) throws -> [String] {
    let photos = try SamplePhotos.folder(count)
    return try service.program.run(
      ["run", photos.path.string, "--archive", archive.path.string, "--json", "--poll-interval", "20ms"]
        + options
    ).bundles
  }

  /// Makes the catalogue; what it told.
  private func catalog(status: Int32 = 0) throws -> [String: Any] {
    let result = try service.program.run("catalog", "--archive", archive.path.string, "--json")
    #expect(result.status == status, "\(result.errors)")
    return try #require(result.objects.last)
  }

  /// Everything of the catalogue that people see, by name.
  private func files() throws -> [String: [UInt8]] {
    let names = archive.files().filter { $0 == "index.html" || $0.hasPrefix("catalog") }
    return Dictionary(uniqueKeysWithValues: try names.map { ($0, try archive.read($0)) })
  }

  private func text(_ name: String) throws -> String {
    String(decoding: try archive.read(name), as: UTF8.self)
  }

  @Test func everyBundleIsShownAndReadOnce() throws {
    let bundles = try run(2, "--deployment", Service.Deployment.image)
    try service.setFaults("run-fails")
    try run(1, "--deployment", Service.Deployment.several)
    let first = try catalog()
    #expect(first["bundles"] as? Int == 3)
    #expect(first["read"] as? Int == 3)
    #expect((first["states"] as? [String: Int])?["failed"] == 1)
    let made = try files()
    let page = try text("index.html")
    for bundle in bundles {
      let path = try #require(FilePath(bundle).lastComponent?.string)
      #expect(page.contains(path))
      #expect(try text("catalog.csv").contains(path))
    }
    #expect(page.components(separatedBy: #"<img src="catalog/thumbnails/"#).count > 4)
    #expect(made.keys.contains { $0.hasPrefix("catalog/thumbnails/") })

    let second = try catalog()
    #expect(second["read"] as? Int == 0)
    #expect(second["pages_written"] as? Int == 0)
    #expect(try files() == made)
  }

  @Test func theBundlesAloneCount() throws {
    try run(2, "--deployment", Service.Deployment.image)
    _ = try catalog()
    let made = try files()
    // Without the ledger, the cache and the thumbnails, and in another place.
    try FileManager.default.removeItem(atPath: archive(".comfykeep").string)
    try FileManager.default.removeItem(atPath: archive("catalog").string)
    let elsewhere = try TemporaryFolder()
    let copy = elsewhere("copy")
    try FileManager.default.copyItem(atPath: archive.path.string, toPath: copy.string)
    let result = try service.program.run("catalog", "--archive", copy.string, "--json")
    #expect(result.status == 0, "\(result.errors)")
    for (name, bytes) in made { #expect(try elsewhere.read("copy/\(name)") == bytes, "\(name)") }
  }

  @Test func whatIsSpoiltIsMadeAgain() throws {
    try run(2, "--deployment", Service.Deployment.image)
    _ = try catalog()
    let made = try files()
    try archive.write(Array("comfykeep catalog 1\nnonsense\n".utf8), to: ".comfykeep/catalog/entries")
    #expect(try catalog()["read"] as? Int == 2)
    #expect(try files() == made)
    let thumbnail = try #require(made.keys.first { $0.hasPrefix("catalog/thumbnails/") })
    try archive.write([], to: thumbnail)
    #expect(try catalog()["read"] as? Int != 0)
    #expect(try files() == made)
  }

  @Test func aBundleThatIsGoneGoesFromTheCatalogue() throws {
    let bundles = try run(2, "--deployment", Service.Deployment.image)
    _ = try catalog()
    let before = archive.files().count { $0.hasPrefix("catalog/thumbnails/") }
    try FileManager.default.removeItem(atPath: bundles[0])
    #expect(try catalog()["bundles"] as? Int == 1)
    #expect(archive.files().count { $0.hasPrefix("catalog/thumbnails/") } < before)
    #expect(!(try text("index.html").contains(FilePath(bundles[0]).lastComponent?.string ?? "")))
  }

  @Test func whatCannotBeReadIsListedAtTheEnd() throws {
    let bundles = try run(2, "--deployment", Service.Deployment.image)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: bundles[0]))
    try bytes.prefix(bytes.count / 2).write(to: URL(fileURLWithPath: bundles[0]))
    try archive.write(Array("PK".utf8), to: "<b>notes</b>.zip")
    let told = try catalog(status: 3)
    #expect(told["bundles"] as? Int == 1)
    let unreadable = try #require(told["unreadable"] as? [[String: String]])
    #expect(unreadable.count == 2)
    #expect(unreadable.allSatisfy { $0.keys.sorted() == ["path", "reason"] && $0["reason"] != "" })
    let page = try text("index.html")
    #expect(page.contains("What cannot be read"))
    #expect(page.contains("&lt;b&gt;notes&lt;/b&gt;.zip") && !page.contains("<b>notes"))
    #expect(try text("catalog.csv").contains("\"unreadable\""))
  }

  @Test(arguments: ["index.html", "catalog.csv"]) func aFileThatIsNotOursStays(_ name: String) throws {
    try run(1, "--deployment", Service.Deployment.image)
    let own = Array("<html>my own page</html>".utf8)
    try archive.write(own, to: name)
    _ = try catalog(status: 12)
    #expect(try archive.read(name) == own)
    #expect(archive.files().filter { $0.hasPrefix("catalog/") } == [])
  }

  @Test func anArchiveIsVerifiedAsBefore() throws {
    let bundles = try run(1, "--deployment", Service.Deployment.image)
    _ = try catalog()
    #expect(try service.program.run(["verify"] + bundles).status == 0)
    let again = try service.program.run("catalog", "--archive", archive("nowhere").string)
    #expect(again.status == 64)
    let empty = try TemporaryFolder()
    let nothing = try service.program.run("catalog", "--archive", empty.path.string, "--quiet")
    #expect(nothing.status == 0)
    #expect(nothing.output == "\(empty.path.string)/index.html\n")
    #expect(nothing.errors == "")
  }
}
