import KeepModel

/// What a PNG shows, as one checksum over everything in it but the words and the time written beside the picture.
///
/// ComfyUI writes the whole prompt and workflow into text chunks, so that two files of one picture differ when only
/// a title did. Left out are `tEXt`, `zTXt`, `iTXt` and `tIME` (PNG specification, third edition, section 11.3);
/// everything else counts: size, palette, transparency, colour spaces, orientation, frames, and the compressed
/// picture data, whose division into chunks does not. Pixels are not decoded: one picture compressed in two ways
/// has two digests. The bytes come in pieces, and none are kept.
struct PictureDigest {
  private enum Place {
    case signature
    case head
    case data(left: UInt32)
    case checksum(left: Int)
    case end
    /// Not a PNG, or none that ends where it should.
    case broken
  }

  private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
  private static let words: Set<[UInt8]> = Set(["tEXt", "zTXt", "iTXt", "tIME"].map { Array($0.utf8) })

  private var place = Place.signature
  /// The bytes of a signature or a chunk's head so far.
  private var head: [UInt8] = []
  /// The kind of the chunk that is read, and of the last one that counted.
  private var kind: [UInt8] = []
  private var counted: [UInt8] = []
  /// How many bytes the run of chunks of one kind has so far.
  private var length: UInt64 = 0
  private var hasData = false
  private var hasher = ChecksumHasher()

  /// Adds the next bytes of the file.
  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    var rest = bytes
    while !rest.isEmpty {
      let taken = take(rest)
      rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
    }
  }

  /// The digest; `nil` where the bytes were no PNG from its signature to its end.
  consuming func finish() -> Checksum? {
    guard case .end = place, hasData else { return nil }
    closeRun()
    return hasher.finish()
  }

  /// Takes some of the bytes, at least one.
  private mutating func take(_ bytes: UnsafeRawBufferPointer) -> Int {
    switch place {
    case .signature: return fillHead(from: bytes, Self.signature.count) { $0.checkSignature() }
    case .head: return fillHead(from: bytes, 8) { $0.openChunk() }
    case .data(let left):
      let count = Int(min(UInt64(left), UInt64(bytes.count)))
      if !Self.words.contains(kind) { hasher.update(UnsafeRawBufferPointer(rebasing: bytes[..<count])) }
      place = left == UInt32(count) ? .checksum(left: 4) : .data(left: left - UInt32(count))
      return count
    case .checksum(let left):
      let count = min(left, bytes.count)
      if count < left { place = .checksum(left: left - count) } else { closeChunk() }
      return count
    case .end, .broken:
      place = .broken  // bytes behind the end are nobody's picture
      return bytes.count
    }
  }

  private mutating func fillHead(
    from bytes: UnsafeRawBufferPointer, _ size: Int, _ whenFull: (inout PictureDigest) -> Void
  ) -> Int {
    let count = min(size - head.count, bytes.count)
    head += bytes[..<count]
    if head.count == size {
      whenFull(&self)
      head.removeAll(keepingCapacity: true)
    }
    return count
  }

  private mutating func checkSignature() {
    place = head == Self.signature ? .head : .broken
  }

  private mutating func openChunk() {
    let size = head[..<4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    let isFirst = kind.isEmpty
    kind = Array(head[4...])
    guard size < 1 << 31, isFirst == (kind == Array("IHDR".utf8)) else { return place = .broken }
    place = size == 0 ? .checksum(left: 4) : .data(left: size)
    guard !Self.words.contains(kind) else { return }
    if kind != counted || kind != Array("IDAT".utf8) {
      closeRun()
      counted = kind
      kind.withUnsafeBytes { hasher.update($0) }
    }
    length += UInt64(size)
    if kind == Array("IDAT".utf8) { hasData = true }
  }

  private mutating func closeChunk() {
    place = kind == Array("IEND".utf8) ? .end : .head
  }

  /// The length behind the bytes keeps two divisions of the same bytes apart.
  private mutating func closeRun() {
    withUnsafeBytes(of: length.littleEndian) { hasher.update($0) }
    length = 0
  }
}
