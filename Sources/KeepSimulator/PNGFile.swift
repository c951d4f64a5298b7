/// PNG (RFC 2083): walking its chunks, writing one, reading the common kinds.
enum PNGFile {
  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  struct Chunk {
    let type: String
    let data: ArraySlice<UInt8>
  }

  /// The chunks up to `IEND`, every CRC checked.
  ///
  /// - Throws: ``MediaFlaw`` for a broken or cut file.
  static func chunks(of bytes: [UInt8]) throws(MediaFlaw) -> [Chunk] {
    guard bytes.starts(with: signature) else { throw MediaFlaw("the PNG signature is missing") }
    var chunks: [Chunk] = []
    var offset = 8
    while offset + 12 <= bytes.count {
      let length = bytes.bigEndian32(at: offset)
      guard offset + 12 + length <= bytes.count else { throw MediaFlaw("the PNG is cut in a chunk") }
      let type = String(decoding: bytes[offset + 4..<offset + 8], as: UTF8.self)
      guard
        Int(Deflate.crc32(bytes[offset + 4..<offset + 8 + length]))
          == bytes.bigEndian32(at: offset + 8 + length)
      else { throw MediaFlaw("the CRC of the PNG's \(type) chunk is wrong") }
      chunks.append(Chunk(type: type, data: bytes[offset + 8..<offset + 8 + length]))
      if type == "IEND" { return try ordered(chunks) }
      offset += 12 + length
    }
    throw MediaFlaw("the PNG ends without IEND")
  }

  private static func ordered(_ chunks: [Chunk]) throws(MediaFlaw) -> [Chunk] {
    guard chunks[0].type == "IHDR", chunks[0].data.count == 13,
      chunks.contains(where: { $0.type == "IDAT" })
    else { throw MediaFlaw("the PNG has no IHDR or no IDAT") }
    return chunks
  }

  /// The file of a picture, with `tEXt` chunks of ASCII text.
  static func encode(_ raster: Raster, text: [(key: String, value: String)] = []) -> [UInt8] {
    let header =
      bytes32(raster.width) + bytes32(raster.height) + [8, 2, 0, 0, 0]
    let texts = text.flatMap { chunk("tEXt", Array($0.key.utf8) + [0] + Array($0.value.utf8)) }
    return signature + chunk("IHDR", header) + texts + chunk("IDAT", Deflate.compress(filtered(raster)))
      + chunk("IEND", [])
  }

  /// The file with one more `tEXt` chunk before its end; other bytes for the same picture.
  static func adding(key: String, value: String, to file: [UInt8]) -> [UInt8] {
    Array(file.dropLast(12)) + chunk("tEXt", Array("\(key)\0\(value)".utf8)) + chunk("IEND", [])
  }

  static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(type.utf8) + data
    return bytes32(data.count) + body + bytes32(Int(Deflate.crc32(body)))
  }

  private static func bytes32(_ value: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  /// The rows, each with the `Sub` filter, which suits smooth pictures.
  private static func filtered(_ raster: Raster) -> [UInt8] {
    let stride = raster.width * 3
    return [UInt8](unsafeUninitializedCapacity: (stride + 1) * raster.height) { target, count in
      raster.pixels.withUnsafeBufferPointer { source in
        var place = 0
        for row in 0..<raster.height {
          let start = row * stride
          target[place] = 1
          place += 1
          for index in 0..<stride {
            target[place] =
              index < 3 ? source[start + index] : source[start + index] &- source[start + index - 3]
            place += 1
          }
        }
      }
      count = (stride + 1) * raster.height
    }
  }
}

extension [UInt8] {
  func bigEndian32(at offset: Int) -> Int {
    Int(self[offset]) << 24 | Int(self[offset + 1]) << 16 | Int(self[offset + 2]) << 8
      | Int(self[offset + 3])
  }

  func littleEndian32(at offset: Int) -> Int {
    Int(self[offset + 3]) << 24 | Int(self[offset + 2]) << 16 | Int(self[offset + 1]) << 8
      | Int(self[offset])
  }

  func bigEndian16(at offset: Int) -> Int { Int(self[offset]) << 8 | Int(self[offset + 1]) }

  func holds(_ text: String, at offset: Int) -> Bool {
    offset >= 0 && offset + text.utf8.count <= count
      && self[offset..<offset + text.utf8.count].elementsEqual(text.utf8)
  }
}
