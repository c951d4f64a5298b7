/// Decodes a JPEG (ITU-T T.81) into a small picture: sequential and progressive with Huffman codes, eight bits, grey or
/// three colours. Not arithmetic codes, twelve bits, lossless or four colours.
struct JPEGDecoder {
  private let bytes: [UInt8]
  private let limit: Int
  private var offset = 2
  private var frame: JPEGFrame?
  private var quantisation = [[UInt16]](repeating: [], count: 4)
  private var means = [HuffmanTable?](repeating: nil, count: 4)
  private var details = [HuffmanTable?](repeating: nil, count: 4)
  private var interval = 0
  private var orientation = 1
  private var hasPlainColours = false
  /// What may still be done for a file that asks for ever more.
  private var tablesLeft = 256
  private var blocksLeft = 96_000_000

  private enum Step { case next, done, broken }

  /// The picture with a long side of at most `limit`, turned as its Exif data says; `nil` when the bytes are no JPEG of
  /// a sort that is decoded, or end early. With it, the long side that it has in full.
  static func decode(_ bytes: [UInt8], limit: Int) -> (picture: Raster, longSide: Int)? {
    guard bytes.starts(with: [0xFF, 0xD8]) else { return nil }
    var decoder = JPEGDecoder(bytes: bytes, limit: limit)
    guard let picture = decoder.run(), let frame = decoder.frame else { return nil }
    return (picture, max(frame.width, frame.height))
  }

  private init(bytes: [UInt8], limit: Int) {
    self.bytes = bytes
    self.limit = limit
  }

  private mutating func run() -> Raster? {
    while let marker = nextMarker() {
      switch read(marker) {
      case .next: continue
      case .broken: return nil
      case .done:
        guard let frame, frame.components.allSatisfy({ quantisation[$0.table].count == 64 }) else {
          return nil
        }
        let picture = JPEGPicture(
          frame: frame, quantisation: quantisation, hasPlainColours: hasPlainColours, limit: limit)
        return picture.draw()?.turned(orientation)
      }
    }
    return nil
  }

  /// The code of the next marker; whatever stands before it is passed over.
  private mutating func nextMarker() -> UInt8? {
    while offset + 1 < bytes.count {
      if bytes[offset] == 0xFF, bytes[offset + 1] != 0, bytes[offset + 1] != 0xFF {
        offset += 2
        return bytes[offset - 1]
      }
      offset += 1
    }
    return nil
  }

  private mutating func read(_ marker: UInt8) -> Step {
    switch marker {
    case 0x01, 0xD0...0xD8: return .next
    case 0xD9: return .done
    default: break
    }
    guard let data = segment() else { return .broken }
    switch marker {
    case 0xC0, 0xC1, 0xC2:
      guard frame == nil else { return .broken }
      frame = JPEGFrame(data, isProgressive: marker == 0xC2)
      return frame == nil ? .broken : .next
    case 0xC4: return readCodes(data) ? .next : .broken
    case 0xC3, 0xC5...0xCF: return .broken
    case 0xDB: return readQuantisation(data) ? .next : .broken
    case 0xDD where data.count == 2:
      interval = Int(data[data.startIndex]) << 8 | Int(data[data.startIndex + 1])
    case 0xE1: orientation = ExifOrientation.read(data) ?? orientation
    case 0xEE where data.starts(with: "Adobe".utf8) && data.count >= 12:
      hasPlainColours = data[data.startIndex + 11] == 0
    case 0xDA: return readScan(data) ? .next : .broken
    default: break
    }
    return .next
  }

  /// The data of the segment at the offset, which goes behind it.
  private mutating func segment() -> ArraySlice<UInt8>? {
    guard offset + 2 <= bytes.count else { return nil }
    let length = Int(bytes[offset]) << 8 | Int(bytes[offset + 1])
    guard length >= 2, offset + length <= bytes.count else { return nil }
    defer { offset += length }
    return bytes[(offset + 2)..<(offset + length)]
  }

  private mutating func readQuantisation(_ data: ArraySlice<UInt8>) -> Bool {
    var rest = data
    while let head = rest.popFirst() {
      let size = head >> 4 == 0 ? 1 : 2
      guard head & 15 < 4, head >> 4 < 2, rest.count >= 64 * size else { return false }
      let start = rest.startIndex
      quantisation[Int(head & 15)] = (0..<64).map { index in
        size == 1
          ? UInt16(rest[start + index])
          : UInt16(rest[start + index * 2]) << 8 | UInt16(rest[start + index * 2 + 1])
      }
      rest = rest.dropFirst(64 * size)
    }
    return true
  }

  private mutating func readCodes(_ data: ArraySlice<UInt8>) -> Bool {
    var rest = data
    while let head = rest.popFirst() {
      let counts = rest.prefix(16)
      rest = rest.dropFirst(16)
      let total = counts.reduce(0) { $0 + Int($1) }
      tablesLeft -= 1
      guard tablesLeft >= 0, counts.count == 16, head & 15 < 4, head >> 4 < 2, rest.count >= total,
        let table = HuffmanTable(counts: counts, symbols: rest.prefix(total))
      else { return false }
      rest = rest.dropFirst(total)
      if head >> 4 == 0 { means[Int(head & 15)] = table } else { details[Int(head & 15)] = table }
    }
    return true
  }

  private mutating func readScan(_ data: ArraySlice<UInt8>) -> Bool {
    guard var frame, let scan = scan(Array(data), frame) else { return false }
    // Where the means alone are kept, scans of other coefficients are passed over up to the next marker.
    if frame.kept == 1, frame.isProgressive, scan.band.lowerBound > 0 { return true }
    for part in scan.parts { blocksLeft -= frame.components[part.component].coefficients.count / frame.kept }
    guard blocksLeft >= 0 else { return false }
    self.frame = nil  // the one value is changed in place
    var bits = JPEGBits(bytes, at: offset)
    guard scan.decode(&bits, into: &frame) else { return false }
    self.frame = frame
    offset = bits.offset
    return true
  }

  private func scan(_ data: [UInt8], _ frame: JPEGFrame) -> JPEGScan? {
    guard let count = data.first.map({ Int($0) }), (1...3).contains(count), data.count == count * 2 + 4 else {
      return nil
    }
    var parts: [JPEGScan.Part] = []
    for index in 0..<count {
      let tables = data[2 + index * 2]
      guard let component = frame.components.firstIndex(where: { $0.id == data[1 + index * 2] }),
        tables >> 4 < 4, tables & 15 < 4
      else { return nil }
      parts.append(
        JPEGScan.Part(
          component: component, means: means[Int(tables >> 4)], details: details[Int(tables & 15)]))
    }
    let (first, last) = (Int(data[count * 2 + 1]), Int(data[count * 2 + 2]))
    let (high, low) = (Int(data[count * 2 + 3] >> 4), Int(data[count * 2 + 3] & 15))
    guard frame.isProgressive else {
      return JPEGScan(parts: parts, band: 0...63, highBit: 0, lowBit: 0, interval: interval)
    }
    guard first <= last, last < 64, low <= 13, first > 0 || last == 0, first == 0 || count == 1 else {
      return nil
    }
    return JPEGScan(parts: parts, band: first...last, highBit: high, lowBit: low, interval: interval)
  }
}
