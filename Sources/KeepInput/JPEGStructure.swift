internal import KeepModel

/// JPEG: marker segments and scans from SOI to EOI (ITU T.81, annex B).
///
/// Bytes behind EOI are left alone: phones put further pictures there (CIPA DC-007). They are not of the picture that
/// is shown, and have metadata of their own: they go with the metadata.
struct JPEGStructure {
  private enum Place { case start, code, length(UInt8), frame(UInt64), label(UInt8, rest: UInt64) }
  private var place = Place.start
  private var hasScan = false
  private var isWhole = false
  private(set) var dimensions: PixelSize?
  private(set) var traits = MediaTraits()

  private var cuts = MetadataCuts()
  /// Where the marker in hand begins, and how many fill bytes it was found to have so far.
  private var marker: UInt64 = 0
  private var fills: UInt64 = 0
  /// Where a part that goes begins. It reaches up to the next marker, whatever lies between.
  private var cutStart: UInt64?
  /// Where an EXIF block is to stand: in front of all but the JFIF header.
  private var exifPlace: UInt64?
  private var fileEnd: UInt64 = 0

  /// The SOI marker.
  static let first = 2

  mutating func take(_ bytes: [UInt8], at offset: UInt64) -> StructureStep {
    switch place {
    case .start:
      place = .code
      return .find(0xFF)
    case .code: return code(bytes[0], at: offset)
    case .length(let code): return segment(code, bytes.bigEndian(0, 2), at: offset)
    case .frame(let rest):
      // A height of nought is told later, behind the first scan.
      dimensions = PixelSize(bytes.bigEndian(3, 2), bytes.bigEndian(1, 2))
      return next(skipping: rest)
    case .label(let code, let rest):
      note(code, bytes)
      return next(skipping: rest)
    }
  }

  private mutating func code(_ code: UInt8, at offset: UInt64) -> StructureStep {
    if code == 0xFF {
      fills += 1
      return .gather(1)
    }
    marker = offset - 1 - fills
    fills = 0
    switch code {
    case 0x00, 0x01, 0xD0...0xD7: return .find(0xFF)  // within a scan
    case 0xD8: return .broken("another image starts at byte \(offset - 1), before the first has ended")
    case 0xD9:
      closeCut()
      fileEnd = offset + 1
      isWhole = hasScan
      return hasScan ? .done : .broken("it ends without a picture, at byte \(offset)")
    default:
      closeCut()
      place = .length(code)
      return .gather(2)
    }
  }

  private mutating func closeCut() {
    if let cutStart { cuts.add(cutStart..<marker) }
    cutStart = nil
  }

  private mutating func segment(_ code: UInt8, _ length: UInt64, at offset: UInt64) -> StructureStep {
    guard length >= 2 else { return .broken("a segment at byte \(offset) has a length of \(length)") }
    if code == 0xDA { hasScan = true }
    if (0xE0...0xEF).contains(code) || code == 0xFE {
      // EXIF and XMP are looked into; of the others the name is enough.
      let count = min(length - 2, code == 0xE1 ? ExifBlock.limit : 40)
      place = .label(code, rest: length - 2 - count)
      return .gather(Int(count))
    }
    exifPlace = exifPlace ?? marker
    let isFrame = (0xC0...0xCF).contains(code) && code != 0xC4 && code != 0xC8 && code != 0xCC
    guard isFrame, dimensions == nil, length >= 7 else { return next(skipping: length - 2) }
    place = .frame(length - 7)
    return .gather(5)
  }

  /// Notes what an application segment or a comment is, and whether it goes.
  private mutating func note(_ code: UInt8, _ bytes: [UInt8]) {
    switch code {
    case 0xE1 where bytes.has("Exif\0", at: 0): traits.add(ExifBlock(bytes))
    case 0xE1 where bytes.has("http://ns.adobe.com/", at: 0): traits.add(xmp: bytes)
    // A JUMBF box with the UUID that C2PA has: C2PA specification, A.3.1.
    case 0xEB where bytes.has("c2pa", at: 24): traits.note(.c2pa)
    case 0xED: traits.note(.iptc)
    case 0xFE: traits.note(.text)
    default: break
    }
    let isShown = Self.isShown(code, bytes)
    if !isShown { cutStart = marker }
    if !isShown || code != 0xE0 { exifPlace = exifPlace ?? marker }
  }

  /// Whether readers need it for the picture: how it is laid out, its colours, and their transformation.
  private static func isShown(_ code: UInt8, _ bytes: [UInt8]) -> Bool {
    switch code {
    case 0xE0: bytes.has("JFIF\0", at: 0) || bytes.has("AVI1", at: 0)
    case 0xE2: bytes.has("ICC_PROFILE\0", at: 0)
    case 0xEE: bytes.has("Adobe", at: 0)
    default: false
    }
  }

  /// Segments follow each other, and a scan runs up to the next marker: both are found by 0xFF.
  private mutating func next(skipping count: UInt64) -> StructureStep {
    place = .code
    return .find(0xFF, after: count)
  }

  func defect(isInside: Bool, size: UInt64) -> String? {
    isWhole ? nil : "it ends before its end-of-image marker"
  }

  /// What turns the file into one without metadata; an orientation stays, in a segment of its own.
  func strippingEdits(size: UInt64) -> [FileEdit]? {
    guard let cuts = cuts.edits(end: fileEnd, size: size) else { return nil }
    guard let orientation = traits.orientation, let place = exifPlace else { return cuts }
    let segment = [0xFF, 0xE1, 0, 34] + Array("Exif\0\0".utf8) + ExifBlock.telling(orientation)
    let behind = cuts.firstIndex { $0.range.lowerBound >= place } ?? cuts.count
    return cuts[..<behind] + [FileEdit(range: place..<place, bytes: segment)] + cuts[behind...]
  }
}
