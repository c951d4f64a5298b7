internal import KeepModel

extension MediaTraits {
  /// Notes a sort of metadata.
  mutating func note(_ kind: Metadata) { metadata.insert(kind) }

  /// Notes an EXIF block; of several the first tells the orientation, as it does for readers.
  mutating func add(_ exif: ExifBlock) {
    if !metadata.contains(.exif) { orientation = exif.orientation }
    note(.exif)
    if exif.hasPosition { note(.gps) }
  }

  /// Notes an XMP packet, or its start. Positions are repeated there under the names that EXIF has for them.
  mutating func add(xmp bytes: [UInt8]) {
    note(.xmp)
    if bytes.holds("GPSLatitude") || bytes.holds("GPSLongitude") { note(.gps) }
  }
}

extension [UInt8] {
  /// Whether these characters stand anywhere.
  func holds(_ text: StaticString) -> Bool {
    text.withUTF8Buffer { text in
      var rest = self[...]
      while let place = rest.firstIndex(of: text[0]) {
        if rest[place...].starts(with: text) { return true }
        rest = rest[(place + 1)...]
      }
      return false
    }
  }
}

extension UInt32 {
  /// Its four bytes, the greatest first.
  var bigEndianBytes: [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: self >> $0) } }
}
