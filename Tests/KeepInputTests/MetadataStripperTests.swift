import Glibc
import KeepFiles
import KeepInput
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@Suite struct MetadataStripperTests {
  /// The bytes of every file without its metadata, spelled out.
  static let pairs: [(name: String, tagged: [UInt8], bare: [UInt8])] = [
    (
      "a.jpg", MediaFixture.taggedJPEG,
      MediaFixture.jpeg(
        with: [
          MediaFixture.jfif, MediaFixture.exifSegment(minimal(6)), MediaFixture.profile, MediaFixture.adobe,
        ])
    ),
    (
      "a.png", MediaFixture.taggedPNG,
      MediaFixture.png(
        colour: 3,
        with: [
          Pictures.chunk("eXIf", minimal(8)),
          MediaFixture.chunk("gAMA", MediaFixture.big(45_455)),
          MediaFixture.chunk("iCCP", MediaFixture.text("p\u{0}\u{0}x")),
          MediaFixture.chunk("PLTE", MediaFixture.zeros(6)), MediaFixture.chunk("tRNS", [0]),
          MediaFixture.chunk("pHYs", MediaFixture.zeros(9)),
          MediaFixture.chunk("acTL", MediaFixture.big(2) + MediaFixture.big(0)),
          MediaFixture.chunk("fcTL", MediaFixture.zeros(26)),
        ], behind: [MediaFixture.chunk("fdAT", MediaFixture.zeros(9))])
    ),
    (
      "a.webp", MediaFixture.taggedWebP,
      MediaFixture.extendedWebP(
        0x38, MediaFixture.riffChunk("ICCP", MediaFixture.zeros(3)),
        MediaFixture.riffChunk("ALPH", [1, 2, 3]),
        MediaFixture.riffChunk("VP8 ", MediaFixture.lossy), MediaFixture.riffChunk("EXIF", minimal(3)))
    ),
  ]

  static func minimal(_ orientation: Int) -> [UInt8] {
    MediaFixture.exif([.init(tag: 0x0112, value: orientation)])
  }

  @Test(arguments: pairs.indices)
  func whatIsLeftIsThePictureAndItsOrientation(_ index: Int) throws {
    let (name, tagged, bare) = Self.pairs[index]
    let folder = try TemporaryFolder()
    let asset = try AssetReader(stripsMetadata: true).read(try folder.write(tagged, to: name))
    #expect(asset.checksum == Checksum(of: bare))
    #expect(asset.size.bytes == UInt64(bare.count))
    #expect(asset.original == Checksum(of: tagged))
    #expect(asset.traits.metadata == [.exif])
    #expect(asset.traits.orientation != nil)
    #expect(try MetadataStripper.write(asset, to: folder("copy")))
    #expect(try folder.read("copy") == bare)
    #expect(try folder.read(name) == tagged)
    var status = stat()
    #expect(stat(folder("copy").string, &status) == 0 && status.st_mode & 0o777 == 0o600)
  }

  @Test(arguments: pairs.indices)
  func aFileWithoutMetadataIsAnAssetAsAnyOther(_ index: Int) throws {
    let (name, _, bare) = Self.pairs[index]
    let folder = try TemporaryFolder()
    let path = try folder.write(bare, to: name)
    let asset = try AssetReader(stripsMetadata: true).read(path)
    #expect(asset == (try AssetReader().read(path)))
    #expect(asset.original == nil)
  }

  @Test(arguments: pairs.indices)
  func editsFallAlikeWhereverTheFileIsCut(_ index: Int) throws {
    let (name, tagged, bare) = Self.pairs[index]
    let type = try #require(MediaType(magic: tagged))
    for length in [1, 2, 5, 33, 100, tagged.count] {
      let sniffer = MediaSniffer.over(tagged, type, pieces: length)
      let edits = try #require(sniffer.strippingEdits(size: UInt64(tagged.count)))
      #expect(edits.applied(to: tagged, pieces: length) == bare, "\(name) in pieces of \(length)")
    }
  }

  @Test func withoutAnOrientationNoBlockIsLeft() throws {
    for bytes in [
      MediaFixture.jpeg(with: [MediaFixture.exifSegment(MediaFixture.cameraExif(1))]),
      MediaFixture.png(with: [MediaFixture.chunk("eXIf", MediaFixture.cameraExif(1))]),
      MediaFixture.extendedWebP(
        0x08, MediaFixture.riffChunk("VP8 ", MediaFixture.lossy),
        MediaFixture.riffChunk("EXIF", MediaFixture.cameraExif(1))),
    ] {
      let type = try #require(MediaType(magic: bytes))
      let edits = MediaSniffer.over(bytes, type).strippingEdits(size: UInt64(bytes.count))
      let bare = try #require(edits).applied(to: bytes)
      #expect(MediaSniffer.over(bare, type).traits == MediaTraits())
      #expect(bare.count < bytes.count)
    }
  }

  /// Whatever is changed in a file: if it is still taken, what is left of it is taken too, carries nothing, and
  /// stays as it is when it is stripped again.
  @Test(arguments: pairs.indices)
  func whatIsLeftOfAnyFileThatIsTakenIsTaken(_ index: Int) throws {
    let (_, tagged, _) = Self.pairs[index]
    let type = try #require(MediaType(magic: tagged))
    var random = SeededRandom(seed: UInt64(21 + index))
    var taken = 0
    for round in 0..<3000 {
      var bytes = tagged
      for _ in 0...(round % 3) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        bytes[place] =
          [0, 1, 2, 0x7F, 0xD9, 0xE1, 0xFF, UInt8.random(in: 0...255, using: &random)][
            Int.random(in: 0..<8, using: &random)]
      }
      let sniffer = MediaSniffer.over(bytes, type)
      guard sniffer.defect(size: UInt64(bytes.count)) == nil else { continue }
      taken += 1
      let once = try #require(sniffer.strippingEdits(size: UInt64(bytes.count))).applied(to: bytes)
      let after = MediaSniffer.over(once, type)
      #expect(after.defect(size: UInt64(once.count)) == nil)
      #expect(
        after.traits.metadata.isSubset(of: [.exif]) && after.traits.orientation == sniffer.traits.orientation)
      #expect(after.dimensions == sniffer.dimensions)
      #expect(after.strippingEdits(size: UInt64(once.count))?.applied(to: once) == once)
    }
    #expect(taken > 100)
  }

  @Test(
    arguments: [
      ("a.gif", MediaFixture.gif), ("a.bmp", MediaFixture.bitmap), ("a.tiff", MediaFixture.tiff),
      ("a.heic", MediaFixture.still("heic")), ("a.mp4", MediaFixture.movie("isom")),
      ("a.wav", MediaFixture.wave),
      ("a.glb", MediaFixture.glb), ("a.obj", MediaFixture.text("v 0 0 0\n")),
    ] as [(String, [UInt8])])
  func otherFilesWithoutMetadataPass(_ name: String, _ bytes: [UInt8]) throws {
    let folder = try TemporaryFolder()
    let asset = try AssetReader(stripsMetadata: true).read(try folder.write(bytes, to: name))
    #expect(asset.original == nil && asset.checksum == Checksum(of: bytes))
  }

  @Test(
    arguments: [
      ("a.gif", MediaFixture.taggedGIF, false), ("a.tiff", MediaFixture.taggedTIFF, false),
      ("a.avif", MediaFixture.taggedAVIF, false), ("a.mp4", MediaFixture.movie(userData: [], date: 9), false),
      (
        "a.wav",
        MediaFixture.riff(
          "WAVE",
          MediaFixture.format + MediaFixture.riffChunk("data", [1, 2])
            + MediaFixture.riffChunk("LIST", MediaFixture.text("INFO"))), false
      ),
      ("a.tif", MediaFixture.text("II") + [43, 0, 8, 0, 0, 0] + MediaFixture.zeros(8), true),
      ("a.webm", MediaFixture.matroska("webm"), true), ("a.avi", MediaFixture.avi, true),
      ("a.mp3", MediaFixture.mp3, true), ("a.flac", MediaFixture.flac, true),
    ] as [(String, [UInt8], Bool)])
  func whatCannotBeDoneIsRefused(_ name: String, _ bytes: [UInt8], isUnknown: Bool) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(bytes, to: name)
    _ = try AssetReader().read(path)
    let error = #expect(throws: KeepError(.inputRejected, .path(path), "")) {
      try AssetReader(stripsMetadata: true).read(path)
    }
    #expect(error?.reason.hasPrefix("its metadata cannot be left out: it is ") == true)
    #expect(error?.reason.hasSuffix("cannot be told") == isUnknown)
    #expect(error?.hint?.contains("without --strip-metadata") == true)
  }

  /// Bytes that are too few for a chunk would shift the block behind them.
  @Test(arguments: 0...7)
  func strayBytesAtTheEndOfAWebPGo(count: Int) throws {
    let chunks = Array(MediaFixture.taggedWebP.dropLast(8).dropFirst(12)) + MediaFixture.zeros(count)
    let bytes = MediaFixture.riff("WEBP", chunks)
    let edits = MediaSniffer.over(bytes, "image/webp").strippingEdits(size: UInt64(bytes.count))
    #expect(try #require(edits).applied(to: bytes) == Self.pairs[2].bare)
  }

  /// Programs stop short of the last padding byte; the block behind needs it.
  @Test func aWebPWithoutItsLastPaddingGetsIt() throws {
    let picture = MediaFixture.riffChunk("VP8 ", MediaFixture.lossy + [7])
    let exif = MediaFixture.riffChunk("EXIF", MediaFixture.cameraExif(6))
    let bytes = Array(MediaFixture.extendedWebP(0x08, exif, picture).dropLast())
    let short = bytes[..<4] + MediaFixture.little(bytes.count - 8) + bytes[8...]
    let edits = MediaSniffer.over(Array(short), "image/webp").strippingEdits(size: UInt64(short.count))
    let expected = MediaFixture.extendedWebP(0x08, picture, MediaFixture.riffChunk("EXIF", Self.minimal(6)))
    #expect(try #require(edits).applied(to: Array(short)) == expected)
  }

  @Test func aFileThatIsNotWholeIsRefusedForThat() throws {
    let folder = try TemporaryFolder()
    let cut = MediaFixture.jpeg(with: [MediaFixture.exifSegment(MediaFixture.cameraExif(6))]).dropLast()
    let path = try folder.write(Array(cut), to: "a.jpg")
    let error = #expect(throws: KeepError.self) { try AssetReader(stripsMetadata: true).read(path) }
    #expect(error?.reason == "is not a whole image/jpeg file: it ends before its end-of-image marker")
  }

  @Test func aFileThatChangedSinceIsNotCopied() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(MediaFixture.taggedPNG, to: "a.png")
    let asset = try AssetReader(stripsMetadata: true).read(path)
    try folder.write(MediaFixture.taggedPNG + [0], to: "a.png")
    #expect(throws: KeepError(.inputRejected, .path(path), "")) {
      try MetadataStripper.write(asset, to: folder("copy"))
    }
    #expect(folder.files() == ["a.png"])
  }

  @Test func aNameThatIsTakenStays() throws {
    let folder = try TemporaryFolder()
    let asset = try AssetReader(stripsMetadata: true).read(
      try folder.write(MediaFixture.taggedPNG, to: "a.png"))
    try folder.write([1], to: "copy")
    #expect(try MetadataStripper.write(asset, to: folder("copy")) == false)
    #expect(try folder.read("copy") == [1])
    #expect(folder.files() == ["a.png", "copy"])
  }

  @Test func filesOfManyPiecesAreStripped() throws {
    let folder = try TemporaryFolder()
    let pixels = [UInt8](repeating: 7, count: FileReader.pieceSize * 2 + 17)
    let note = MediaFixture.chunk(
      "tEXt", MediaFixture.text("a\u{0}") + MediaFixture.zeros(FileReader.pieceSize))
    let start = MediaFixture.png().prefix(33) + MediaFixture.chunk("IDAT", pixels)
    let end =
      MediaFixture.chunk("IDAT", pixels) + MediaFixture.chunk("IEND", [], crc: [0xAE, 0x42, 0x60, 0x82])
    let asset = try AssetReader(stripsMetadata: true).read(try folder.write(start + note + end, to: "a.png"))
    #expect(asset.checksum == Checksum(of: start + end))
    #expect(try MetadataStripper.write(asset, to: folder("copy")))
    #expect(try folder.read("copy") == Array(start + end))
  }
}

extension [FileEdit] {
  /// A file with these edits, read in pieces.
  func applied(to bytes: [UInt8], pieces length: Int? = nil) -> [UInt8] {
    var pass = EditingPass(self)
    var result: [UInt8] = []
    let length = length ?? Swift.max(bytes.count, 1)
    for start in stride(from: 0, to: bytes.count, by: length) {
      bytes[start..<Swift.min(start + length, bytes.count)].withUnsafeBytes { piece in
        pass.take(piece) { result += $0 }
      }
    }
    pass.finish { result += $0 }
    return result
  }
}
