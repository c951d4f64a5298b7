import KeepFiles
import KeepModel
import KeepTestKit
import Testing

@testable import KeepArchive

@Suite struct ThumbnailTests {
  /// The thumbnails of outputs with these names and bytes, in their order.
  private func thumbnails(_ files: [(name: String, bytes: [UInt8])]) throws -> [Thumbnail?] {
    var run = try SampleRun()
    for (index, file) in files.enumerated() { try run.add(file.name, file.bytes, index: index) }
    let folder = try TemporaryFolder()
    let reader = try BundleReader(try run.write(into: folder).path)
    let manifest = try Manifest(reading: reader)
    return manifest.outputs.map { output in output.stored.flatMap { Thumbnail(of: $0, in: reader) } }
  }

  private func noise(_ width: Int, _ height: Int, opacity: Bool = false) -> [UInt8] {
    let channels = opacity ? 4 : 3
    var state: UInt32 = 1
    var data: [UInt8] = []
    for _ in 0..<height {
      data.append(0)
      for _ in 0..<(width * channels) {
        state = state &* 1_664_525 &+ 1_013_904_223
        data.append(UInt8(truncatingIfNeeded: state >> 24))
      }
    }
    return SamplePNG(width: width, height: height, colour: opacity ? 6 : 2, data: data, piece: 60_000).bytes
  }

  @Test func aLargePictureIsDrawnSmall() throws {
    let thumbnails = try thumbnails([("a.png", noise(700, 300)), ("b.png", noise(700, 300, opacity: true))])
    let opaque = try #require(thumbnails[0])
    #expect(opaque.fileExtension == "jpg")
    let picture = try #require(JPEGDecoder.decode(opaque.bytes, limit: 1000)?.picture)
    #expect((picture.width, picture.height) == (480, 206))
    let seenThrough = try #require(thumbnails[1])
    #expect(seenThrough.fileExtension == "png")
    #expect(SamplePNG.decode(seenThrough.bytes)?.width == 320)
  }

  @Test func aSmallPictureIsTakenAsItIs() throws {
    let gif = Array("GIF89a".utf8) + [1, 0, 1, 0, 0, 0, 0, 0x3B]
    let thumbnails = try thumbnails([("a.png", SampleRun.png), ("b.png", noise(40, 40)), ("c.gif", gif)])
    #expect(thumbnails[0]?.bytes == SampleRun.png)
    #expect(thumbnails[1]?.bytes == noise(40, 40))
    #expect(thumbnails[2]?.fileExtension == "gif")
    #expect(thumbnails[2]?.bytes == gif)
  }

  @Test func theBytesDecideAndNotTheName() throws {
    let thumbnails = try thumbnails([
      ("page.png", Array("<script>alert(1)</script>".utf8)), ("drawing.svg", Array("<svg xmlns='x'/>".utf8)),
      ("picture.html", SampleRun.png), ("empty.png", []), ("text.txt", Array("words".utf8)),
    ])
    #expect(thumbnails.map { $0?.fileExtension } == [nil, nil, "png", nil, nil])
  }

  @Test func whatIsNotWhatTheManifestSaysHasNone() throws {
    var run = try SampleRun()
    try run.add("a.png", SampleRun.png)
    let folder = try TemporaryFolder()
    let reader = try BundleReader(try run.write(into: folder).path)
    var stored = try #require(Manifest(reading: reader).outputs[0].stored)
    #expect(Thumbnail(of: stored, in: reader) != nil)
    stored.checksum = Checksum(of: [1])
    #expect(Thumbnail(of: stored, in: reader) == nil)
  }

  @Test func whatIsDamagedOrTooLargeHasNone() throws {
    var png = noise(300, 300)
    png.removeLast(60_000)
    let animation = Array("GIF89a".utf8) + Array(repeating: 0, count: 2 << 20)
    let bomb = SamplePNG(width: 60_000, height: 60_000, depth: 1, colour: 0, data: [0]).bytes
    #expect(try thumbnails([("a.png", png), ("b.gif", animation), ("c.png", bomb)]) == [nil, nil, nil])
  }
}
