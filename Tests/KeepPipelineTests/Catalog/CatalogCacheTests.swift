import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@testable import KeepPipeline

@Suite struct CatalogCacheTests {
  private let folder: TemporaryFolder
  private let cache: CatalogCache

  init() throws {
    folder = try TemporaryFolder()
    let json: JSONValue = [18, 1, -5, 999]
    let stamp = try #require(json.array.flatMap { CatalogCache.Stamp($0) })
    var odd = CatalogEntry.sample(2, .partial)
    odd.outputs.append(
      .init(kind: .text, badge: "TXT", name: "\u{202E}\n", excerpt: "words", absence: "gone"))
    odd.input = nil
    odd.finishedAt = nil
    cache = CatalogCache([CatalogEntry.sample(1), odd].map { .init(stamp: stamp, entry: $0) })
  }

  private func read(_ bytes: [UInt8]) throws -> CatalogCache {
    CatalogCache(at: try folder.write(bytes, to: "entries"))
  }

  @Test func whatWasKeptIsReadAgain() throws {
    #expect(cache.lines.count == 2)
    #expect(try read(cache.bytes).lines == cache.lines)
  }

  @Test func aChangedLineIsLeftOut() throws {
    let bytes = cache.bytes
    for place in stride(from: 25, to: bytes.count - 1, by: 7) where bytes[place] != 0x0A {
      var changed = bytes
      changed[place] ^= 1
      let lines = try read(changed).lines
      #expect(lines.count < 2)
      #expect(lines.allSatisfy { cache.lines[$0.key] == $0.value })
    }
  }

  @Test func whatIsNoCacheIsAnEmptyOne() throws {
    #expect(try read([]).lines.isEmpty)
    #expect(try read(Array("comfykeep catalog 0\n".utf8) + cache.bytes).lines.isEmpty)
    #expect(try read(Array(repeating: 0xFF, count: 5000)).lines.isEmpty)
    #expect(CatalogCache(at: folder("none")).lines.isEmpty)
    #expect(CatalogCache(at: folder.path).lines.isEmpty)
  }
}
