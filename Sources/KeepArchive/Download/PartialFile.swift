import Glibc
import KeepFiles
import KeepModel
import SystemPackage

/// How far a download has come: the bytes in the spool and all that one pass over them told.
///
/// A value: an attempt works on a copy, and whatever an abandoned attempt wrote beyond ``size`` is
/// overwritten by the next.
struct PartialFile: Sendable {
  /// How many bytes count.
  private(set) var size: UInt64 = 0
  /// The first of them, enough to tell what they are.
  private(set) var head: [UInt8] = []
  private var hasher = ChecksumHasher()
  private var crc = CRC32()
  /// How the rest can be asked for; `nil` if only the whole can.
  var validator: RangeValidator?

  /// How many bytes of the head are kept.
  private static let headCount = 4096

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
    size += UInt64(piece.count)
  }

  /// What the bytes are, as a payload file at a path.
  func payload(at path: FilePath, mediaType: MediaType) -> PayloadFile {
    PayloadFile(
      path: path, size: size, checksum: hasher.finish(), crc: crc.value, mediaType: mediaType)
  }
}

/// What makes it certain that the rest of a file belongs to its beginning (RFC 9110, section 13.1.5).
struct RangeValidator: Sendable, Equatable {
  /// `If-Range`: a strong entity tag, else the modification date.
  let condition: String
  /// The size of the whole.
  let total: UInt64
}

/// An open file of the spool under its temporary name.
struct SpoolFile: Sendable {
  /// Its temporary name.
  let path: FilePath
  private let descriptor: FileDescriptor

  /// Opens the file, making it for the owner alone if it is not there. It has to be closed.
  ///
  /// - Throws: ``KeepError`` with code `localIO`.
  init(_ path: FilePath) throws(KeepError) {
    self.path = path
    do {
      descriptor = try FileDescriptor.open(
        path, .readWrite, options: [.create, .noFollow, .closeOnExec], permissions: .ownerReadWrite)
    } catch {
      throw .file(error, path, "cannot be made")
    }
  }

  func write(_ bytes: [UInt8], at offset: UInt64) throws(KeepError) {
    do {
      _ = try descriptor.writeAll(toAbsoluteOffset: Int64(offset), bytes)
    } catch {
      throw .file(error, path, "cannot be written")
    }
  }

  /// Cuts off what lies beyond `size` and gives the file its final name, which is replaced if taken.
  ///
  /// Nothing is synced: a spool that does not survive a power cut is downloaded again.
  ///
  /// - Throws: ``KeepError`` with code `localIO`.
  func publish(as final: FilePath, size: UInt64) throws(KeepError) {
    do {
      try descriptor.resize(to: Int64(size))
    } catch {
      throw .file(error, path, "cannot be cut to its size")
    }
    guard rename(path.string, final.string) == 0 else {
      throw .file(Errno(rawValue: errno), final, "cannot be given its name")
    }
  }

  func close() {
    try? descriptor.close()  // what was written is read again before it is kept for good
  }
}
