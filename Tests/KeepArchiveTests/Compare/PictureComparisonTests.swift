import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@testable import KeepArchive

@Suite struct PictureComparisonTests {
  private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
  private static let header: [UInt8] = [0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]
  private static let pixels: [UInt8] = Array(0..<40)

  private static func png(_ chunks: (String, [UInt8])...) -> [UInt8] {
    let all = [("IHDR", header)] + chunks + [("IEND", [])]
    return signature + all.flatMap { Pictures.chunk($0.0, $0.1) }
  }

  private func digest(_ bytes: [UInt8], piece: Int = .max) -> Checksum? {
    var digest = PictureDigest()
    for start in stride(from: 0, to: bytes.count, by: min(piece, max(1, bytes.count))) {
      bytes[start..<min(start + min(piece, bytes.count), bytes.count)].withUnsafeBytes { digest.update($0) }
    }
    return digest.finish()
  }

  private static let plain = png(("IDAT", pixels))

  static let alike: [[UInt8]] = [
    png(("tEXt", Array("prompt\u{0}{}".utf8)), ("IDAT", pixels)),
    png(("IDAT", pixels), ("tIME", [7, 234, 11, 22, 21, 0, 22])),
    png(("iTXt", []), ("zTXt", [1]), ("IDAT", pixels), ("tEXt", [2])),
    png(("IDAT", Array(pixels[..<7])), ("IDAT", []), ("IDAT", Array(pixels[7...]))),
  ]

  @Test(arguments: alike)
  func wordsAndChunkSizesDoNotCount(_ bytes: [UInt8]) {
    #expect(digest(bytes) != nil)
    #expect(digest(bytes) == digest(Self.plain))
    for piece in 1..<20 { #expect(digest(bytes, piece: piece) == digest(Self.plain)) }
  }

  static let unlike: [[UInt8]] = [
    png(("IDAT", pixels.reversed())),
    png(("IDAT", Array(pixels.dropLast()))),
    png(("PLTE", [1, 2, 3]), ("IDAT", pixels)),
    png(("tRNS", [0, 0]), ("IDAT", pixels)),
    png(("gAMA", [0, 0, 0, 1]), ("IDAT", pixels)),
    png(("PLTE", Array("IDAT".utf8) + pixels), ("IDAT", [])),
    png(("IDAT", pixels), ("fdAT", pixels)),
  ]

  @Test(arguments: unlike)
  func whatIsSeenCounts(_ bytes: [UInt8]) {
    #expect(digest(bytes) != nil)
    #expect(digest(bytes) != digest(Self.plain))
  }

  static let none: [[UInt8]] = [
    [], signature, Array(plain.dropLast()), plain + [0], png(), [0] + plain,
    signature + Pictures.chunk("IDAT", pixels) + Pictures.chunk("IEND", []),
    signature + Pictures.chunk("IHDR", header) + [0xFF, 0xFF, 0xFF, 0xFF] + Array("IDAT".utf8),
    plain + plain,
  ]

  @Test(arguments: none)
  func whatIsNoWholePNGHasNoDigest(_ bytes: [UInt8]) {
    #expect(digest(bytes) == nil)
    #expect(digest(bytes, piece: 3) == nil)
  }

  @Test func outputsOfTwoBundlesAreHeldAgainstEachOther() throws {
    let folder = try TemporaryFolder()
    let sorts: [[(String, [UInt8])]] = [
      [("a.png", Self.alike[0]), ("b.png", Self.plain), ("c.png", Self.plain), ("d.bin", [1])],
      [("a.png", Self.plain), ("b.png", Self.unlike[0]), ("c.png", Self.plain), ("d.bin", [2])],
    ]
    let readers = try sorts.map { files in
      var run = try SampleRun()
      for (index, file) in files.enumerated() { try run.add(file.0, file.1, index: index) }
      let place = try TemporaryFolder()
      let path = try run.write(into: place).path
      let name = "\(files[0].1.count).zip"
      return try folder.write(place.read(path.lastComponent?.string ?? ""), to: name)
    }
    let first = try BundleReader(readers[0])
    let second = try BundleReader(readers[1])
    let comparison = try OutputComparison(first, second)
    #expect(comparison.entries.map(\.likeness) == [.samePicture, .different, .same, .different])
  }
}
