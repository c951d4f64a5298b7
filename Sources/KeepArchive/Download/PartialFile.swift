import KeepFiles
import KeepModel
import SystemPackage

/// How far a download has come: the bytes in the spool and all that one pass over them told.
///
/// A value: an attempt works on a copy, and whatever an abandoned attempt wrote beyond ``size`` is
/// overwritten by the next.
struct PartialFile: Sendable {
  /// What tells where a body ends.
  enum Framing: Sendable {
    /// Its length, said beforehand.
    case announced
    /// A mark of its own.
    case chunked
    /// The end of the connection, which may as well have broken.
    case closed
  }

  /// How many bytes count.
  private(set) var size: UInt64 = 0
  /// The first of them, enough to tell what they are.
  private(set) var head: [UInt8] = []
  /// The last eight of them.
  private(set) var tail: [UInt8] = []
  /// What told where they end.
  var framing = Framing.announced
  /// How the service encoded them, which was not asked for.
  var encoding: String?
  private var hasher = ChecksumHasher()
  private var crc = CRC32()
  /// How the rest can be asked for; `nil` if only the whole can.
  var validator: RangeValidator?

  /// How many bytes of the head are kept.
  private static let headCount = MediaType.magicCount

  /// Nothing yet.
  init() {}

  /// Writes the next bytes after those that count, and hashes them.
  ///
  /// - Throws: ``KeepError`` with code `localIO`, also for a full disk.
  mutating func append(_ piece: [UInt8], to file: SpoolFile) throws(KeepError) {
    try file.write(piece, at: size)
    count(piece)
  }

  /// Takes up bytes that lie in the spool already.
  mutating func count(_ piece: [UInt8]) {
    piece.withUnsafeBytes { bytes in
      hasher.update(bytes)
      crc.update(bytes)
    }
    if head.count < Self.headCount { head += piece.prefix(Self.headCount - head.count) }
    tail = Array((piece.count < 8 ? tail + piece : piece).suffix(8))
    size += UInt64(piece.count)
  }

  /// Whether all the bytes that the whole has are there.
  var isWhole: Bool { validator?.total == size }

  /// SHA-256 of the bytes that count.
  var checksum: Checksum { hasher.finish() }

  /// What the bytes are, as a payload file at a path.
  func payload(at path: FilePath, mediaType: MediaType) -> PayloadFile {
    PayloadFile(
      path: path, size: size, checksum: checksum, crc: crc.value, mediaType: mediaType)
  }
}

/// What makes it certain that the rest of a file belongs to its beginning (RFC 9110, section 13.1.5).
struct RangeValidator: Sendable, Equatable {
  /// `If-Range`: a strong entity tag.
  let condition: String
  /// The size of the whole.
  let total: UInt64

  /// Whether an entity tag promises the same bytes.
  static func isStrong(_ tag: String) -> Bool {
    tag.utf8.count >= 2 && tag.hasPrefix("\"") && tag.hasSuffix("\"")
  }
}
