import KeepInput
import KeepModel
import Testing

@Suite struct MediaTraitsTests {
  @Test(
    arguments: [
      (
        "image/jpeg", MediaFixture.taggedJPEG,
        MediaTraits(orientation: 6, metadata: [.exif, .gps, .xmp, .iptc, .c2pa, .text])
      ),
      (
        "image/png", MediaFixture.taggedPNG,
        MediaTraits(
          orientation: 8, hasAlpha: true, isAnimated: true, metadata: [.exif, .gps, .xmp, .c2pa, .text])
      ),
      (
        "image/webp", MediaFixture.taggedWebP,
        MediaTraits(orientation: 3, hasAlpha: true, metadata: [.exif, .gps, .xmp, .c2pa])
      ),
      (
        "image/gif", MediaFixture.taggedGIF,
        MediaTraits(hasAlpha: true, isAnimated: true, metadata: [.text, .xmp])
      ),
      (
        "image/tiff", MediaFixture.taggedTIFF,
        MediaTraits(orientation: 5, hasAlpha: true, metadata: [.exif, .gps, .xmp, .text])
      ),
      (
        "image/avif", MediaFixture.taggedAVIF,
        MediaTraits(hasAlpha: true, isAnimated: true, metadata: [.exif, .gps, .xmp])
      ),
    ] as [(MediaType, [UInt8], MediaTraits)])
  func headersAreReadWhereverTheyAreCut(_ type: MediaType, _ bytes: [UInt8], _ traits: MediaTraits) {
    for length in [1, 3, 64, bytes.count] {
      let sniffer = MediaSniffer.over(bytes, type, pieces: length)
      #expect(sniffer.defect(size: UInt64(bytes.count)) == nil)
      #expect(sniffer.traits == traits, "in pieces of \(length)")
    }
  }

  @Test func plainFilesHaveNoTraits() {
    let plain: [(MediaType, [UInt8])] = [
      ("image/jpeg", MediaFixture.jpeg(with: [MediaFixture.jfif])), ("image/png", MediaFixture.png(with: [])),
      ("image/gif", MediaFixture.gif), ("image/tiff", MediaFixture.tiff),
      ("image/heic", MediaFixture.still("heic")),
      ("image/webp", MediaFixture.webp("VP8 ", MediaFixture.lossy)),
      ("video/mp4", MediaFixture.movie("isom")),
      ("audio/wav", MediaFixture.wave),
    ]
    for (type, bytes) in plain {
      #expect(MediaSniffer.over(bytes, type).traits == MediaTraits(), "\(type)")
      #expect(MediaSniffer.over(bytes, type).hasMetadata == false, "\(type)")
    }
  }

  @Test(arguments: [false, true], 0...9)
  func orientationsOfBothByteOrdersAreRead(isLittle: Bool, value: Int) {
    let block = MediaFixture.exif([.init(tag: 0x0112, value: value)], isLittle: isLittle)
    let expected = (2...8).contains(value) ? value : nil
    for bytes in [
      MediaFixture.jpeg(with: [MediaFixture.exifSegment(block)]),
      MediaFixture.png(with: [MediaFixture.chunk("eXIf", block)]),
      MediaFixture.extendedWebP(
        8, MediaFixture.riffChunk("VP8 ", MediaFixture.lossy) + MediaFixture.riffChunk("EXIF", block)),
    ] {
      let traits = MediaSniffer.over(bytes, MediaType(magic: bytes) ?? "").traits
      #expect(traits == MediaTraits(orientation: expected, metadata: [.exif]))
    }
  }

  /// Of several blocks the first counts; one without an orientation hides those behind it.
  @Test func ofSeveralBlocksTheFirstCounts() {
    let blocks = [6, 3].map { MediaFixture.exifSegment(MediaFixture.cameraExif($0)) }
    #expect(MediaSniffer.over(MediaFixture.jpeg(with: blocks), "image/jpeg").traits.orientation == 6)
    let none = MediaFixture.exifSegment(MediaFixture.exif([]))
    #expect(
      MediaSniffer.over(MediaFixture.jpeg(with: [none] + blocks), "image/jpeg").traits.orientation == nil)
  }

  @Test func aWebPWhoseHeaderAnnouncesNoEXIFIsNotTurned() {
    let chunks =
      MediaFixture.riffChunk("VP8 ", MediaFixture.lossy)
      + MediaFixture.riffChunk("EXIF", MediaFixture.cameraExif(6))
    for bytes in [MediaFixture.riff("WEBP", chunks), MediaFixture.extendedWebP(0x04, chunks)] {
      #expect(MediaSniffer.over(bytes, "image/webp").traits == MediaTraits(metadata: [.exif, .gps]))
    }
  }

  @Test(
    arguments: [
      // A table of no fields, one said to have 65,535, one that points to itself, and one far outside.
      MediaFixture.exif([]), MediaFixture.text("MM") + [0, 42, 0, 0, 0, 8, 0xFF, 0xFF],
      MediaFixture.exif([.init(tag: 0x8825, type: 4, value: 8)]),
      MediaFixture.text("II") + [42, 0, 0xFF, 0xFF, 0xFF, 0xFF], MediaFixture.text("MM"), [], [0x4D],
      // An orientation of many numbers, and one in letters.
      MediaFixture.text("MM") + [0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0x80, 0, 0, 1, 0, 6, 0, 0],
      MediaFixture.text("MM") + [0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 2, 0, 0, 0, 1, 0, 6, 0, 0],
      MediaFixture.text("MM") + [0, 42, 0, 0, 0, 0], MediaFixture.text("IM") + [42, 0, 8, 0, 0, 0],
    ] as [[UInt8]])
  func aMalformedBlockSaysNothing(_ block: [UInt8]) {
    let bytes = MediaFixture.jpeg(with: [MediaFixture.exifSegment(block)])
    let sniffer = MediaSniffer.over(bytes, "image/jpeg")
    #expect(sniffer.defect(size: UInt64(bytes.count)) == nil)
    #expect(sniffer.traits == MediaTraits(metadata: [.exif]))
  }

  @Test func aTableOfPositionsThatCannotBeSeenMayHoldOne() {
    let outside = MediaFixture.exif([
      .init(tag: 0x0112, value: 6), .init(tag: 0x8825, type: 4, value: 60_000),
    ])
    let cut = MediaFixture.exif([.init(tag: 0x8825, value: -1)], positions: [.init(tag: 0, value: 2)])
    let empty = MediaFixture.exif([.init(tag: 0x8825, value: -1)], positions: [.init(tag: 0, value: 2)])
    let traits = [outside, Array(cut.dropLast(10)), empty].map { block in
      MediaSniffer.over(MediaFixture.jpeg(with: [MediaFixture.exifSegment(block)]), "image/jpeg").traits
        .metadata
    }
    #expect(traits == [[.exif, .gps], [.exif, .gps], [.exif]])
  }

  /// A block of 4 GiB that is not there costs nothing, and the file is refused as cut off.
  @Test func hugeClaimsCostNothing() {
    let claims: [(MediaType, [UInt8])] = [
      (
        "image/png",
        MediaFixture.png().prefix(33) + MediaFixture.big(0x7FFF_FFFF) + MediaFixture.text("eXIfMM")
      ),
      (
        "image/webp",
        MediaFixture.text("RIFF") + MediaFixture.little(0xFFFF_FFFE) + MediaFixture.text("WEBPEXIF")
          + MediaFixture.little(0xFFFF_FFFF) + [1, 2]
      ),
      (
        "image/heic",
        MediaFixture.box("ftyp", MediaFixture.text("heic"), MediaFixture.zeros(8)) + MediaFixture.big(1)
          + MediaFixture.text("meta") + MediaFixture.big(1 << 40, 8) + MediaFixture.zeros(4)
          + MediaFixture.big(1 << 31)
          + MediaFixture.text("iinf")
      ),
    ]
    for (type, bytes) in claims {
      #expect(MediaSniffer.over(bytes, type).defect(size: UInt64(bytes.count)) != nil, "\(type)")
    }
  }

  @Test func ofALongBlockTheFrontIsRead() {
    let block = MediaFixture.cameraExif(7) + MediaFixture.zeros(300_000)
    let bytes = MediaFixture.png(with: [MediaFixture.chunk("eXIf", block)])
    #expect(MediaSniffer.over(bytes, "image/png", pieces: 1000).traits.orientation == 7)
  }

  @Test func moviesTellPlacesAndDates() {
    let place = MediaFixture.box("udta", MediaFixture.box("loci", MediaFixture.zeros(20)))
    let mark: [UInt8] = [0xA9] + MediaFixture.text("too")
    let tool = MediaFixture.big(8) + mark
    let list = { (entry: [UInt8]) in
      MediaFixture.box(
        "udta",
        MediaFixture.box(
          "meta", MediaFixture.zeros(4), MediaFixture.box("hdlr", []), MediaFixture.box("ilst", entry)))
    }
    let phone = MediaFixture.box(
      "meta", MediaFixture.box("hdlr", MediaFixture.zeros(4)),
      MediaFixture.box(
        "keys", MediaFixture.zeros(8), MediaFixture.text("com.apple.quicktime.location.ISO6709")))
    let found = [place, list(tool), list(tool + MediaFixture.box("desc", [1])), phone].map {
      MediaSniffer.over(MediaFixture.movie(userData: $0), "video/mp4").traits.metadata
    }
    #expect(found == [[.gps, .text], [], [.text], [.gps, .text]])
    #expect(MediaSniffer.over(MediaFixture.movie(userData: [], date: 1), "video/mp4").hasMetadata == true)
  }

  @Test func manySmallTextsAreTooManyToBeLeftOut() {
    let pair =
      MediaFixture.chunk("tEXt", MediaFixture.text("a\u{0}"))
      + MediaFixture.chunk("pHYs", MediaFixture.zeros(9))
    let few = MediaFixture.png(with: Array(repeating: pair, count: 1000))
    let many = MediaFixture.png(with: Array(repeating: pair, count: 1100))
    #expect(MediaSniffer.over(few, "image/png").strippingEdits(size: UInt64(few.count)) != nil)
    #expect(MediaSniffer.over(many, "image/png").strippingEdits(size: UInt64(many.count)) == nil)
  }

  /// Cut anywhere, a file with metadata is refused for that, whatever its blocks say.
  @Test(
    arguments: [
      ("image/jpeg", MediaFixture.jpeg(with: [MediaFixture.exifSegment(MediaFixture.cameraExif(6))])),
      ("image/png", MediaFixture.png(with: [MediaFixture.chunk("eXIf", MediaFixture.cameraExif(6))])),
      ("image/webp", Array(MediaFixture.taggedWebP.dropLast(8))), ("image/gif", MediaFixture.taggedGIF),
      ("image/tiff", MediaFixture.taggedTIFF), ("image/avif", MediaFixture.taggedAVIF),
    ] as [(MediaType, [UInt8])])
  func noCutFileIsTakenForWhole(_ type: MediaType, _ bytes: [UInt8]) {
    for count in 1..<bytes.count {
      #expect(
        MediaSniffer.over(Array(bytes.prefix(count)), type).defect(size: UInt64(count)) != nil, "\(count)")
    }
  }
}

extension MediaSniffer {
  /// One that has followed a whole file in pieces.
  static func over(_ bytes: [UInt8], _ type: MediaType, pieces length: Int? = nil) -> MediaSniffer {
    var sniffer = MediaSniffer(type)
    for start in stride(from: 0, to: bytes.count, by: max(1, length ?? bytes.count)) {
      bytes[start..<min(start + (length ?? bytes.count), bytes.count)].withUnsafeBytes { sniffer.update($0) }
    }
    return sniffer
  }
}
