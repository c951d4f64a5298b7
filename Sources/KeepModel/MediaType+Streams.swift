extension MediaType {
  /// The document type of an EBML header: `webm` or `matroska`.
  static func byDocumentType(_ bytes: [UInt8]) -> MediaType? {
    guard let header = EBMLElement(bytes, at: 0) else { return nil }
    let end = min(header.contentEnd ?? bytes.count, bytes.count)
    var offset = header.contentStart
    while offset < end, let element = EBMLElement(bytes, at: offset), let next = element.contentEnd {
      if element.id == 0x4282, next <= end {
        // Names may be padded with zero bytes.
        switch String(decoding: bytes[element.contentStart..<next].prefix { $0 != 0 }, as: UTF8.self) {
        case "webm": return "video/webm"
        case "matroska": return "video/x-matroska"
        default: return nil
        }
      }
      offset = next
    }
    return nil
  }

  /// MP3 and AAC, which have no signature: a tag in front, or two frames that follow each other.
  static func byFrames(_ bytes: [UInt8]) -> MediaType? {
    if bytes.starts(with: "ID3".utf8), bytes.count >= 10, bytes[3] < 0xFF, bytes[4] < 0xFF,
      bytes[6..<10].allSatisfy({ $0 < 0x80 })
    {
      let tagSize = bytes[6..<10].reduce(0) { $0 << 7 | Int($1) } + (bytes[5] & 0x10 == 0 ? 10 : 20)
      let rest = bytes.dropFirst(tagSize)
      if rest.starts(with: "fLaC".utf8) { return "audio/flac" }
      return frameLength(ofAAC: Array(rest.prefix(8))) == nil ? "audio/mpeg" : "audio/aac"
    }
    if follows(bytes, frameLength(ofMP3:)) { return "audio/mpeg" }
    return follows(bytes, frameLength(ofAAC:)) ? "audio/aac" : nil
  }

  /// Whether a frame starts at the front and another one, or the end of all bytes, right after it.
  private static func follows(_ bytes: [UInt8], _ frameLength: ([UInt8]) -> Int?) -> Bool {
    guard let length = frameLength(Array(bytes.prefix(8))) else { return false }
    let next = bytes.dropFirst(length)
    return length == bytes.count || frameLength(Array(next.prefix(8))) != nil
  }

  /// The length of an MPEG audio layer III frame by its header (ISO 11172-3, 2.4.1.3).
  private static func frameLength(ofMP3 header: [UInt8]) -> Int? {
    guard header.count >= 4, header[0] == 0xFF, header[1] & 0xE6 == 0xE2 else { return nil }
    let version = Int(header[1] >> 3 & 3)
    let rate = Int(header[2] >> 2 & 3)
    let rateIndex = Int(header[2] >> 4)
    guard version != 1, rate != 3, (1...14).contains(rateIndex) else { return nil }
    let isFirst = version == 3
    let first = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320]
    let second = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160]
    let bits = (isFirst ? first : second)[rateIndex - 1] * 1000
    let samples = [44_100, 48_000, 32_000][rate] >> (isFirst ? 0 : version == 2 ? 1 : 2)
    return (isFirst ? 144 : 72) * bits / samples + Int(header[2] >> 1 & 1)
  }

  /// The length of an AAC frame by its ADTS header (ISO 14496-3, 1.A.2.2).
  private static func frameLength(ofAAC header: [UInt8]) -> Int? {
    guard header.count >= 7, header[0] == 0xFF, header[1] & 0xF6 == 0xF0, header[2] >> 2 & 15 < 13 else {
      return nil
    }
    let length = Int(header[3] & 3) << 11 | Int(header[4]) << 3 | Int(header[5] >> 5)
    return length >= 7 ? length : nil
  }
}

/// The head of one element of an EBML document (RFC 8794): its id and where its content lies.
package struct EBMLElement {
  /// The id with its length marker.
  package let id: UInt32
  /// Where the content starts, in bytes from the front of what was given.
  package let contentStart: Int
  /// How long the content is; `nil` where the element does not say (a live stream).
  package let contentCount: UInt64?

  /// The end of the content; `nil` where it is not known or beyond any file.
  package var contentEnd: Int? {
    guard let contentCount, contentCount < 1 << 56 else { return nil }
    return contentStart + Int(contentCount)
  }

  /// Reads a head; `nil` where it is malformed or not all there.
  package init?(_ bytes: [UInt8], at offset: Int) {
    guard let idCount = Self.count(bytes, offset), idCount <= 4, offset + idCount < bytes.count,
      let sizeCount = Self.count(bytes, offset + idCount), offset + idCount + sizeCount <= bytes.count
    else { return nil }
    self.id = bytes[offset..<(offset + idCount)].reduce(0) { $0 << 8 | UInt32($1) }
    self.contentStart = offset + idCount + sizeCount
    let mask = (UInt64(1) << UInt64(7 * sizeCount)) - 1
    let size = bytes[(offset + idCount)..<contentStart].reduce(UInt64(0)) { $0 << 8 | UInt64($1) } & mask
    self.contentCount = size == mask ? nil : size
  }

  /// The length of a variable-size number, by the zeros in front of its first byte.
  package static func count(_ bytes: [UInt8], _ offset: Int) -> Int? {
    guard bytes.indices.contains(offset), bytes[offset] != 0 else { return nil }
    return bytes[offset].leadingZeroBitCount + 1
  }
}
