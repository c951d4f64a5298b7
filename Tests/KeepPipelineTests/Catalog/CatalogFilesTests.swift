import Foundation
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@testable import KeepPipeline

/// What is not the catalogue's own stays as it is.
@Suite struct CatalogFilesTests {
  private let archive: TemporaryFolder
  private let elsewhere: TemporaryFolder
  /// Named like a thumbnail.
  private let picture = String(repeating: "0a", count: 32) + ".jpg"

  init() throws {
    archive = try TemporaryFolder()
    elsewhere = try TemporaryFolder()
  }

  private func make() async throws { _ = try await Catalog(of: archive.path).make() }

  private func link(_ name: String, to target: FilePath) throws {
    try FileManager.default.createSymbolicLink(
      atPath: archive(name).string, withDestinationPath: target.string)
  }

  private func isLink(_ name: String) -> Bool {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: archive(name).string)) != nil
  }

  @Test(arguments: ["catalog", "catalog/thumbnails"])
  func aLinkIsNoFolderOfTheCatalogue(_ name: String) async throws {
    try elsewhere.write([1], to: picture)
    try elsewhere.write([1], to: "thumbnails/\(picture)")
    try elsewhere.write(Array(CatalogPage.mark.utf8), to: "2026-11.html")
    let before = elsewhere.files()
    if name != "catalog" { try archive.write([1], to: "catalog/mine.txt") }
    try link(name, to: elsewhere.path)
    await #expect(throws: KeepError(.bundleExists, .path(archive(name)), "")) { try await make() }
    #expect(elsewhere.files() == before)
    #expect(isLink(name) && !archive.files().contains("index.html"))
  }

  @Test(arguments: ["catalog", "catalog/thumbnails"])
  func aFileIsNoFolderOfTheCatalogue(_ name: String) async throws {
    try archive.write([1], to: name)
    await #expect(throws: KeepError(.bundleExists, .path(archive(name)), "")) { try await make() }
    #expect(archive.files() == [name])
  }

  @Test(arguments: ["index.html", "catalog.csv"], [true, false])
  func aLinkIsNoFileOfTheCatalogue(_ name: String, _ isDangling: Bool) async throws {
    let target = elsewhere(name)
    let ours = Array((name == "index.html" ? CatalogPage.mark : CatalogTable.mark).utf8)
    if !isDangling { try elsewhere.write(ours, to: name) }
    try link(name, to: target)
    await #expect(throws: KeepError(.bundleExists, .path(archive(name)), "")) { try await make() }
    #expect(isLink(name))
    #expect(elsewhere.files() == (isDangling ? [] : [name]))
  }

  @Test func whatIsOnlyNamedLikeAThumbnailStays() async throws {
    try archive.write([1], to: "catalog/thumbnails/\(picture)")
    try await make()
    try await make()
    #expect(try archive.read("catalog/thumbnails/\(picture)") == [1])
  }

  @Test func aThumbnailOfABundleThatIsGoneGoes() async throws {
    let mine = String(repeating: "0b", count: 32) + ".jpg"
    for name in [picture, mine] { try archive.write([1], to: "catalog/thumbnails/\(name)") }
    var entry = CatalogEntry.sample(1)
    entry.outputs = [.init(kind: .image, badge: "PNG", name: "a.png", thumbnail: picture, thumbnailSize: 1)]
    let stamp = try #require(([18, 1, -5, 999] as JSONValue).array.flatMap { CatalogCache.Stamp($0) })
    let cache = CatalogCache([.init(stamp: stamp, entry: entry)])
    try archive.write(cache.bytes, to: ".comfykeep/catalog/entries")
    try await make()
    #expect(archive.files().filter { $0.hasPrefix("catalog/") } == ["catalog/thumbnails/\(mine)"])
    #expect(CatalogCache(at: archive(".comfykeep/catalog/entries")).lines.isEmpty)
  }

  @Test func aLinkIsNoThumbnail() async throws {
    let files = CatalogFiles(place: CatalogPlace(layout: ArchiveLayout(root: archive.path)))
    try files.prepare()
    try elsewhere.write([1], to: "picture")
    try link("catalog/thumbnails/\(picture)", to: elsewhere("picture"))
    #expect(try files.thumbnails() == [:])
    try files.clear(keeping: [], thumbnails: [], writtenBefore: [picture])
    #expect(isLink("catalog/thumbnails/\(picture)"))
  }
}
