import KeepModel
import Testing

@testable import KeepArchive

/// What formats tell of their own end.
@Suite struct PayloadEndTests {
  private func end(_ bytes: [UInt8], cut: Int = 0) throws -> PayloadEnd {
    let bytes = Array(bytes.dropLast(cut))
    return try PayloadEnd.end(
      head: Array(bytes.prefix(MediaType.magicCount)), tail: Array(bytes.suffix(8)), size: UInt64(bytes.count)
    ) { (offset, count) throws(KeepError) in Array(bytes.dropFirst(Int(offset)).prefix(count)) }
  }

  private static func box(_ name: String, _ count: Int, length: UInt32? = nil) -> [UInt8] {
    let length = length ?? UInt32(count + 8)
    return (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) } + Array(name.utf8)
      + [UInt8](repeating: 5, count: count)
  }

  private static let start = [0, 0, 0, 16] + Array("ftypisom".utf8) + [0, 0, 0, 0]
  private static let large = [0, 0, 0, 1] + Array("mdat".utf8) + [0, 0, 0, 0, 0, 0, 0, 20] + [9, 9, 9, 9]

  private static let films: [[UInt8]] = [
    start + box("moov", 40) + box("mdat", 400), start + box("mdat", 400) + box("moov", 40),
    start + large + box("moov", 4), start + box("moov", 4) + [0, 0, 0, 0],
    start + box("moov", 4) + box("moof", 4) + box("mdat", 9) + box("mfra", 4),
  ]

  @Test(arguments: films)
  func aFilmEndsWithItsLastBox(film: [UInt8]) throws {
    #expect(try end(film) == .marked)
    for cut in 1..<4 { #expect(try end(film, cut: cut) == .missing, "without \(cut)") }
  }

  @Test func aFilmCutBetweenBoxesLacksItsIndex() throws {
    #expect(try end(Self.start + Self.box("mdat", 40)) == .missing)
  }

  @Test(arguments: [
    start + box("moov", 4) + box("mdat", 40, length: 0), start + box("moov", 4) + box("moof", 4),
    start + box("moov", 4) + box("what", 4, length: 7),
  ])
  func someFilmsDoNotTell(film: [UInt8]) throws { #expect(try end(film) == .unknown) }

  private func webm(_ size: [UInt8], _ count: Int) -> [UInt8] {
    [0x1A, 0x45, 0xDF, 0xA3, 0x87, 0x42, 0x82, 0x84] + Array("webm".utf8) + [0x18, 0x53, 0x80, 0x67] + size
      + [UInt8](repeating: 1, count: count)
  }

  @Test func aSegmentMayKnowItsLength() throws {
    #expect(try end(webm([0xA0], 32)) == .marked)
    #expect(try end(webm([0xA0], 31)) == .missing)
    #expect(try end(webm([0xA0], 33)) == .unknown)
    #expect(try end(webm([0xFF], 32)) == .unknown)
  }

  @Test func soundsAndMeshesMayKnowTheirLength() throws {
    let sound = Array("RIFF".utf8) + [12, 0, 0, 0] + Array("WAVE".utf8) + [UInt8](repeating: 1, count: 8)
    #expect(try end(sound) == .marked)
    #expect(try end(sound, cut: 1) == .missing)
    #expect(try end(sound + [0]) == .unknown)
    let open = Array("RIFF".utf8) + [255, 255, 255, 255] + sound.dropFirst(8)
    #expect(try end(open) == .unknown)
    let mesh: [UInt8] = Array("glTF".utf8) + [2, 0, 0, 0, 16, 0, 0, 0] + [1, 2, 3, 4]
    #expect(try end(mesh) == .marked)
    #expect(try end(mesh, cut: 1) == .missing)
    #expect(try end(Array("GIF89a".utf8) + [0, 0x3B]) == .marked)
    #expect(try end(Array("GIF89a".utf8) + [1, 0x3B]) == .unknown)
    #expect(try end([0xFF, 0xD8, 0xFF, 0xD9]) == .marked)
    #expect(try end(Array("fLaC".utf8)) == .unknown)
  }
}
