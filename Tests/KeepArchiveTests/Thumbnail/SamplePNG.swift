import KeepFiles
import KeepTestKit

@testable import KeepArchive

/// A PNG put together for tests: any header, any rows.
struct SamplePNG {
  var width: Int
  var height: Int
  var depth: UInt8 = 8
  var colour: UInt8 = 2
  var palette: [UInt8]?
  var transparency: [UInt8]?
  /// The rows with their filters, as they are deflated.
  var data: [UInt8]
  /// How many bytes each `IDAT` holds.
  var piece = 7

  var bytes: [UInt8] {
    let stream = Deflater.zlib(data) ?? []
    var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    file += Pictures.chunk("IHDR", Self.header(width, height, depth, colour))
    file += Pictures.chunk("tEXt", Array("Comment\u{0}a".utf8))
    if let palette { file += Pictures.chunk("PLTE", palette) }
    if let transparency { file += Pictures.chunk("tRNS", transparency) }
    for start in stride(from: 0, to: stream.count, by: piece) {
      file += Pictures.chunk("IDAT", Array(stream[start..<min(start + piece, stream.count)]))
    }
    return file + Pictures.chunk("IEND", [])
  }

  /// The data of `IHDR`.
  static func header(
    _ width: Int, _ height: Int, _ depth: UInt8, _ colour: UInt8, interlace: UInt8 = 0
  ) -> [UInt8] {
    var data: [UInt8] = []
    for number in [width, height] {
      for shift in [24, 16, 8, 0] { data.append(UInt8(truncatingIfNeeded: number >> shift)) }
    }
    return data + [depth, colour, 0, 0, interlace]
  }

  /// Decodes it, handed over in pieces of a size.
  static func decode(_ bytes: [UInt8], limit: Int = 480, piece: Int = 1000) -> Raster? {
    var decoder = PNGDecoder(limit: limit)
    for start in stride(from: 0, to: bytes.count, by: piece) {
      let isWanted = bytes[start..<min(start + piece, bytes.count)].withUnsafeBytes { decoder.update($0) }
      if !isWanted { break }
    }
    return decoder.finish()
  }

  func decode(piece: Int = 1000) -> [UInt8]? { Self.decode(bytes, piece: piece)?.pixels }
}
