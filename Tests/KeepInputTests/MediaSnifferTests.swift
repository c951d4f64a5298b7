import KeepInput
import KeepModel
import KeepTestKit
import Testing

@Suite struct MediaSnifferTests {
  @Test(arguments: MediaFixture.all)
  func wholeFilesAreTakenWhereverTheyAreCutIntoPieces(_ sample: MediaFixture.Sample) {
    #expect(MediaType(magic: sample.bytes) == sample.type)
    for length in [1, 2, 3, 7, 64, sample.bytes.count] {
      let (defect, dimensions) = sniff(sample.bytes, sample.type, pieces: length)
      #expect(defect == nil, "in pieces of \(length)")
      #expect(dimensions == sample.dimensions, "in pieces of \(length)")
    }
  }

  @Test(arguments: MediaFixture.all.filter(\.isClosed))
  func noCutFileIsTakenForWhole(_ sample: MediaFixture.Sample) {
    for count in 0..<sample.bytes.count {
      let bytes = Array(sample.bytes.prefix(count))
      #expect(sniff(bytes, sample.type, pieces: max(count, 1)).defect != nil, "cut to \(count) bytes")
    }
  }

  @Test(arguments: MediaFixture.all)
  func randomBytesNeverTrap(_ sample: MediaFixture.Sample) {
    var random = SeededRandom(seed: 11)
    for round in 0..<400 {
      var bytes = sample.bytes
      for _ in 0...(round % 8) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        bytes[place] =
          [0, 1, 0x7F, 0x80, 0xFF, UInt8.random(in: 0...255, using: &random)]
          .randomElement(using: &random) ?? 0
      }
      if round % 5 == 0 { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random)) }
      _ = MediaType(magic: bytes)
      _ = sniff(bytes, sample.type, pieces: 1 + round % 50)
    }
  }

  @Test(arguments: MediaFixture.all)
  func noiseBehindAWholeFileNeverTraps(_ sample: MediaFixture.Sample) {
    var random = SeededRandom(seed: 12)
    for _ in 0..<50 {
      let noise = (0..<200).map { _ in UInt8.random(in: 0...255, using: &random) }
      _ = sniff(sample.bytes + noise, sample.type, pieces: 64)
      _ = sniff(noise, sample.type, pieces: 64)
    }
  }

  @Test func bytesBehindAJPEGAreLeftAlone() {
    #expect(sniff(MediaFixture.jpeg() + MediaFixture.jpeg() + [0, 1], "image/jpeg").defect == nil)
  }

  /// Cameras, chat programs and tape-like stores append to files; every reader passes that over.
  @Test(
    arguments: [
      ("image/png", MediaFixture.png()), ("video/mp4", MediaFixture.movie("isom")),
      ("video/mp4", MediaFixture.movie("mp42", isFast: false)), ("image/heic", MediaFixture.still("heic")),
      ("video/webm", MediaFixture.matroska("webm")),
    ] as [(MediaType, [UInt8])], [[0x0A], [0, 0, 0, 0], MediaFixture.zeros(64)])
  func whatIsAppendedIsLeftAlone(sample: (MediaType, [UInt8]), tail: [UInt8]) {
    // A line feed can be the start of a Matroska element's number.
    guard sample.0 != "video/webm" || tail[0] == 0 else { return }
    #expect(sniff(sample.1 + tail, sample.0).defect == nil)
  }

  @Test func whatFollowsTheLastPageOfAStreamIsLeftAlone() {
    var pages = MediaFixture.ogg(MediaFixture.text("OpusHead"))
    #expect(sniff(pages + MediaFixture.zeros(64), "audio/ogg").defect != nil)
    let last = pages.count - 29
    pages[last + 5] = 4
    for tail in [1, 10, 64] { #expect(sniff(pages + MediaFixture.zeros(tail), "audio/ogg").defect == nil) }
    #expect(sniff(Array(pages.dropLast()), "audio/ogg").defect != nil)
  }

  @Test(arguments: [false, true])
  func mediaUpToTheEndMustBeAllThere(hasOneSize: Bool) {
    let sizes = hasOneSize ? [20, 2] : [0, 2, 30, 10]
    let start = MediaFixture.box(
      "ftyp", MediaFixture.text("isom"), MediaFixture.zeros(4), MediaFixture.text("isom"))
    let table = MediaFixture.box(
      "stbl", MediaFixture.box("stsz", MediaFixture.zeros(4), sizes.flatMap { MediaFixture.big($0) }))
    let moov = MediaFixture.box(
      "moov", MediaFixture.box("trak", MediaFixture.box("mdia", MediaFixture.box("minf", table))))
    let whole = start + moov + MediaFixture.zeros(4) + MediaFixture.text("mdat") + MediaFixture.zeros(40)
    #expect(sniff(whole, "video/mp4").defect == nil)
    #expect(sniff(Array(whole.dropLast()), "video/mp4").defect == "it lists 40 bytes of media and has 39")
  }

  @Test func anAVIFromAPipeIsTaken() {
    let header = MediaFixture.riffChunk(
      "LIST",
      MediaFixture.text("hdrl")
        + MediaFixture.riffChunk(
          "avih",
          MediaFixture.zeros(32) + MediaFixture.little(320) + MediaFixture.little(240)
            + MediaFixture.zeros(16)))
    let open: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF]
    let bytes =
      MediaFixture.text("RIFF") + open + MediaFixture.text("AVI ") + header + MediaFixture.text("LIST") + open
      + MediaFixture.text("movi") + MediaFixture.riffChunk("00dc", [1, 2])
    #expect(sniff(bytes, "video/x-msvideo").defect == nil)
  }

  @Test func aPNGWithoutPixelsIsRefused() {
    let bytes =
      MediaFixture.pngSignature
      + MediaFixture.chunk("IHDR", MediaFixture.big(3) + MediaFixture.big(2) + [8, 2, 0, 0, 0])
      + MediaFixture.chunk("IEND", [], crc: [0xAE, 0x42, 0x60, 0x82])
    #expect(sniff(bytes, "image/png").defect?.contains("too early") == true)
  }

  @Test(arguments: [(0, 2), (3, 0), (Int(UInt32.max), 1)])
  func aPNGWithoutASizeIsRefused(_ width: Int, _ height: Int) {
    let defect = sniff(MediaFixture.png(width: width, height: height), "image/png").defect
    #expect(defect == "its header says \(width)x\(height) pixels")
  }

  @Test func aHugePictureIsOnlyANumber() {
    let (defect, dimensions) = sniff(MediaFixture.png(width: 60_000, height: 60_000), "image/png")
    #expect(defect == nil)
    #expect(dimensions == PixelSize(width: 60_000, height: 60_000))
  }

  @Test func aSoundOfUnknownLengthIsTaken() {
    let open = MediaFixture.text("RIFF") + [0xFF, 0xFF, 0xFF, 0xFF] + MediaFixture.text("WAVE")
    let endless = MediaFixture.text("data") + [0xFF, 0xFF, 0xFF, 0xFF] + [1, 2, 3]
    #expect(sniff(open + MediaFixture.format + endless, "audio/wav").defect == nil)
    #expect(sniff(open + MediaFixture.format, "audio/wav").defect == "it has no data chunk")
  }

  @Test func aMovieWhoseMediaLieBehindItsEndIsRefused() {
    let start = MediaFixture.box(
      "ftyp", MediaFixture.text("isom"), MediaFixture.zeros(4), MediaFixture.text("isom"))
    let bytes = start + MediaFixture.movieBox(chunkAt: 1_000_000) + MediaFixture.box("mdat", [1])
    #expect(sniff(bytes, "video/mp4").defect == "it lists media at byte 1000000, behind its end")
  }

  @Test func largeBoxesAndBoxesUpToTheEndAreFollowed() {
    let start = MediaFixture.box(
      "ftyp", MediaFixture.text("isom"), MediaFixture.zeros(4), MediaFixture.text("isom"))
    let moov = MediaFixture.movieBox(chunkAt: 0)
    let large = MediaFixture.big(1) + MediaFixture.text("mdat") + MediaFixture.big(20, 8) + [1, 2, 3, 4]
    #expect(sniff(start + large + moov, "video/mp4").defect == nil)
    let rest = MediaFixture.zeros(4) + MediaFixture.text("mdat") + [1, 2, 3]
    #expect(sniff(start + moov + rest, "video/mp4").defect == nil)
    let endless = MediaFixture.big(1) + MediaFixture.text("mdat") + [UInt8](repeating: 0xFF, count: 8)
    #expect(sniff(start + endless, "video/mp4").defect?.contains("has a length of") == true)
  }

  @Test func aLiveRecordingWithoutSizesIsTaken() {
    let header = MediaFixture.element(0x1A45_DFA3, MediaFixture.element(0x4282, MediaFixture.text("webm")))
    let unknown: [UInt8] = [0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]
    let cluster = MediaFixture.big(0x1F43_B675) + unknown + MediaFixture.element(0xA3, [1, 2, 3])
    let bytes = header + MediaFixture.big(0x1853_8067) + unknown + cluster + cluster
    #expect(sniff(bytes, "video/webm").defect == nil)
    #expect(
      sniff(bytes.dropLast(), "video/webm").defect
        == "its elements reach to byte \(bytes.count), and it has \(bytes.count - 1)")
  }

  @Test func filesOfNoKnownStructureCountAsWhole() {
    #expect(sniff([1, 2, 3], "audio/mpeg").defect == nil)
  }

  private func sniff(
    _ bytes: some Collection<UInt8>, _ type: MediaType, pieces length: Int? = nil
  ) -> (defect: String?, dimensions: PixelSize?) {
    let bytes = Array(bytes)
    var sniffer = MediaSniffer(type)
    var start = 0
    while start < bytes.count {
      let end = min(start + (length ?? bytes.count), bytes.count)
      bytes[start..<end].withUnsafeBytes { sniffer.update($0) }
      start = end
    }
    return (sniffer.defect(size: UInt64(bytes.count)), sniffer.dimensions)
  }
}

/// The same numbers every time (SplitMix64).
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { self.state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}
