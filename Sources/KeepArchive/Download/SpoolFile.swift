import Glibc
import KeepFiles
import KeepModel
import SystemPackage

/// An open file of the spool under its temporary name.
struct SpoolFile: Sendable {
  private let spool: Spool
  private let name: SpoolName
  private let descriptor: FileDescriptor

  private var path: FilePath { spool.path(name, .part) }

  /// Opens the file, making it for the owner alone if it is not there. It has to be closed.
  ///
  /// - Throws: ``KeepError`` with code `localIO`.
  init(_ name: SpoolName, in spool: Spool) throws(KeepError) {
    self.spool = spool
    self.name = name
    let path = spool.path(name, .part)
    do {
      descriptor = try FileDescriptor.open(
        path, .readWrite, options: [.create, .noFollow, .closeOnExec], permissions: .ownerReadWrite)
    } catch {
      throw .file(error, path, "cannot be made")
    }
  }

  /// Makes ready for a body from its first byte: what is there is of no use any more. Where the rest of a
  /// large file can be asked for, that is noted for a later process, before the first byte is written.
  ///
  /// - Throws: ``KeepError`` with code `localIO`.
  func begin(_ validator: RangeValidator?, _ url: HTTPURL) throws(KeepError) {
    spool.remove(name, .resume)
    try resize(to: 0)
    if let validator { try spool.remember(validator, name, url) }
  }

  func write(_ bytes: [UInt8], at offset: UInt64) throws(KeepError) {
    do {
      _ = try descriptor.writeAll(toAbsoluteOffset: Int64(offset), bytes)
    } catch {
      throw .file(error, path, "cannot be written")
    }
  }

  /// Up to so many bytes from a place; fewer at the end.
  ///
  /// - Throws: ``KeepError`` with code `localIO`.
  func read(at offset: UInt64, count: Int) throws(KeepError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    do {
      let read = try bytes.withUnsafeMutableBytes { buffer in
        try descriptor.read(fromAbsoluteOffset: Int64(offset), into: buffer)
      }
      return Array(bytes.prefix(read))
    } catch {
      throw .file(error, path, "cannot be read")
    }
  }

  /// Cuts off what lies beyond the payload and gives the file its final name, which is replaced if taken.
  ///
  /// Only a reusable file is taken from the spool by a later process instead of being asked for again.
  /// Nothing is synced: a spool that does not survive a power cut is downloaded again.
  ///
  /// - Throws: ``KeepError`` with code `localIO`.
  func publish(_ payload: PayloadFile, from url: HTTPURL, isReusable: Bool) throws(KeepError) {
    try resize(to: payload.size)
    // Told first: one that is killed before the file has its name leaves what the next can still take.
    if isReusable { try spool.record(payload, name, url) }
    CrashPoint.outputReceived.pass()
    // Paths are bytes: one that is not UTF-8 would come out of a String as another.
    let result = path.withPlatformString { old in payload.path.withPlatformString { rename(old, $0) } }
    guard result == 0 else {
      throw .file(Errno(rawValue: errno), payload.path, "cannot be given its name")
    }
    spool.remove(name, .resume)
    CrashPoint.outputSpooled.pass()
  }

  private func resize(to size: UInt64) throws(KeepError) {
    do {
      try descriptor.resize(to: Int64(size))
    } catch {
      throw .file(error, path, "cannot be cut to its size")
    }
  }

  func close() {
    try? descriptor.close()  // what was written is read again before it is kept for good
  }
}
