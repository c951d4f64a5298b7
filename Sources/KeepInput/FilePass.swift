internal import KeepFiles
internal import KeepModel
internal import KeepTransport
internal import SystemPackage

/// One pass over an asset's bytes, or over a part of them, as they are sent or encoded: hashed on the way, and the last
/// piece held back until the hash is right. A changed file is never delivered whole.
final class FilePass {
  private let asset: Asset
  private let reader: FileReader
  private let expected: Checksum
  private let isWhole: Bool
  private var hasher = ChecksumHasher()
  private var unread: UInt64
  private let piece = UnsafeMutableRawBufferPointer.allocate(
    byteCount: FileReader.pieceSize, alignment: 16)
  /// Which part of the piece in hand is not taken yet.
  private var untaken = 0..<0

  /// Opens the file, which must have the size that the asset has, at the start of a part of it.
  ///
  /// - Throws: ``KeepError`` with code `inputRejected` when it cannot be opened or has another size.
  init(_ asset: Asset, part: FilePart) throws(KeepError) {
    self.asset = asset
    self.expected = part.checksum
    self.isWhole = part.length == asset.size.bytes
    self.unread = part.length
    self.reader = try FileReader(asset.path, code: .inputRejected)
    guard reader.size == asset.size.bytes else { throw .changed(asset) }
    do { _ = try reader.descriptor.seek(offset: Int64(part.offset), from: .start) } catch {
      throw KeepError(.localIO, .path(asset.path), "cannot be read")
    }
  }

  deinit { piece.deallocate() }

  /// Fills the front of `buffer` with the next bytes; returns how many, 0 only at the end.
  ///
  /// - Throws: ``KeepError`` with code `inputRejected` when the file is no longer the asset; `localIO` when
  ///   reading fails.
  func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(KeepError) -> Int {
    let next = try pending().prefix(buffer.count)
    buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: next))
    take(next.count)
    return next.count
  }

  /// The next bytes, as many as are in hand; none only at the end.
  ///
  /// - Throws: ``KeepError`` as ``fill(_:)``.
  func pending() throws(KeepError) -> UnsafeRawBufferPointer {
    if untaken.isEmpty, unread > 0 { try readPiece() }
    return UnsafeRawBufferPointer(rebasing: piece[untaken])
  }

  /// Counts the first of the pending bytes as taken.
  func take(_ count: Int) { untaken = (untaken.lowerBound + count)..<untaken.upperBound }

  private func readPiece() throws(KeepError) {
    let isFirst = unread == asset.size.bytes
    let count = Int(min(UInt64(piece.count), unread))
    let part = UnsafeMutableRawBufferPointer(rebasing: piece[..<count])
    guard try reader.read(into: part) == count else { throw .changed(asset) }
    // The checksum comes too late for a first piece: a file of another type put in its place must not leave at all.
    if isFirst, let type = MediaType(magic: part), type != asset.mediaType { throw .changed(asset) }
    hasher.update(UnsafeRawBufferPointer(part))
    unread -= UInt64(count)
    if unread == 0 {
      let size = isWhole ? try reader.stamp().size : asset.size.bytes
      guard hasher.finish() == expected, size == asset.size.bytes else { throw .changed(asset) }
    }
    untaken = 0..<count
  }
}

/// A stretch of a file and what it holds.
struct FilePart: Sendable, Hashable {
  let offset: UInt64
  let length: UInt64
  let checksum: Checksum
}

extension Asset {
  /// The whole file.
  var whole: FilePart { FilePart(offset: 0, length: size.bytes, checksum: checksum) }

  /// A part of the file as a request's body; it can be opened again to be sent again.
  ///
  /// - Parameter progress: told how many bytes of the part were handed over.
  func body(
    _ part: FilePart, progress: @escaping @Sendable (UInt64) -> Void = { _ in }
  ) -> RequestBody {
    RequestBody(length: part.length, contentType: mediaType.rawValue) { () throws(KeepError) in
      let pass = try FilePass(self, part: part)
      var handed: UInt64 = 0
      return BodyReader { buffer throws(KeepError) in
        let count = try pass.fill(buffer)
        if count > 0 {
          handed += UInt64(count)
          progress(handed)
        }
        return count
      }
    }
  }
}

extension Asset {
  /// Reads the file through once more.
  ///
  /// - Throws: ``KeepError`` with code `inputRejected` when it is no longer the asset, `localIO`.
  func verify() throws(KeepError) { try forEachPiece { _ in } }

  /// Hands the file over in pieces, the last one only once the whole is the asset.
  ///
  /// - Throws: ``KeepError`` as ``verify()``.
  func forEachPiece(_ body: (UnsafeRawBufferPointer) -> Void) throws(KeepError) {
    let pass = try FilePass(self, part: whole)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: FileReader.pieceSize, alignment: 16)
    defer { buffer.deallocate() }
    while true {
      let count = try pass.fill(buffer)
      if count == 0 { return }
      body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
  }
}

extension KeepError {
  /// The file is no longer the asset that was checked.
  static func changed(_ asset: Asset) -> KeepError {
    KeepError(
      .inputRejected, .path(asset.path), "changed after it was checked",
      hint: "run again once nothing writes to it; nothing was run with it")
  }
}
