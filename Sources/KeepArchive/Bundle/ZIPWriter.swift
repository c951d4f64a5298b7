internal import KeepFiles
package import KeepModel
package import SystemPackage

/// Writes a ZIP whose bytes depend on its entries alone: in the order given, stored, constant headers
/// (bundle profile 1.0, section 7).
///
/// The file has a temporary name until ``publish(as:)``; a value that goes before leaves nothing.
package struct ZIPWriter: ~Copyable {
  private let file: AtomicFile
  private var entries: [ZIPEntry] = []
  private var names: Set<String> = []
  /// Bytes that still have to be written, at the front of the buffer.
  private var filled = 0
  private var written: UInt64 = 0
  private var buffer: [UInt8]

  /// How much is read and written at once.
  private static let pieceSize = 1 << 20

  /// Starts a ZIP in a folder.
  ///
  /// - Throws: ``KeepError`` with code `localIO`.
  package init(in folder: FilePath) throws(KeepError) {
    self.file = try AtomicFile(in: folder)
    self.buffer = [UInt8](repeating: 0, count: Self.pieceSize)
  }

  /// Where the file lies before it has its name.
  package var temporary: FilePath { file.temporary }
  /// The size of everything added so far.
  package var size: UInt64 { written + UInt64(filled) }

  /// Adds a file from memory.
  ///
  /// - Throws: ``KeepError`` with code `failure` for a name that is taken or not portable, `localIO`.
  package mutating func add(_ name: String, bytes: [UInt8]) throws(KeepError) {
    var crc = CRC32()
    bytes.withUnsafeBytes { crc.update($0) }
    try open(ZIPEntry(name: name, size: UInt64(bytes.count), crc: crc.value, offset: size))
    try append(bytes)
  }

  /// Adds a file from disk, which must have the size, and where it is known the CRC-32, that were told.
  ///
  /// - Throws: ``KeepError`` with code `fixity` when the file is no longer what was told, `failure` for a
  ///   name that is taken or not portable, `localIO`.
  package mutating func add(
    _ name: String, from path: FilePath, size expected: UInt64, crc known: UInt32?
  ) throws(KeepError) {
    let reader = try FileReader(path)
    let start = size
    try open(ZIPEntry(name: name, size: expected, crc: known ?? 0, offset: start))
    let (count, crc) = try copy(reader, atMost: expected)
    guard count == expected, reader.size == expected, known == nil || known == crc else {
      throw KeepError(
        .fixity, .path(path), "changed since it was kept",
        hint: "remove it and run the same command again; it is fetched anew")
    }
    guard known == nil else { return }
    entries[entries.count - 1].crc = crc
    try patch(crc, at: start + ZIPEntry.placeOfCRC)
  }

  /// Adds a file whose bytes come in pieces, and which must have the size and CRC-32 that were told.
  ///
  /// - Parameter pieces: Is given what takes them.
  /// - Throws: ``KeepError`` with code `fixity` when the bytes are not what was told, `failure` for a name that is
  ///   taken or not portable, `localIO`, and what `pieces` throws.
  package mutating func add(
    _ name: String, size expected: UInt64, crc known: UInt32,
    pieces: ((UnsafeRawBufferPointer) throws(KeepError) -> Void) throws(KeepError) -> Void
  ) throws(KeepError) {
    try open(ZIPEntry(name: name, size: expected, crc: known, offset: size))
    let start = size
    var crc = CRC32()
    try pieces { piece throws(KeepError) in
      crc.update(piece)
      try append(piece)
    }
    guard size - start == expected, crc.value == known else {
      throw KeepError(.fixity, .none, "\(name) does not have the bytes that were told")
    }
  }

  /// Writes the directory and syncs everything to disk. Nothing can be added afterwards.
  ///
  /// - Throws: ``KeepError`` with code `localIO`.
  package mutating func finish() throws(KeepError) {
    let start = size
    for entry in entries { try append(entry.centralHeader) }
    let end = ZIPEnd(entries: UInt64(entries.count), size: size - start, offset: start)
    try append(end.bytes)
    try flush()
    try file.sync()
  }

  /// Gives the file its name in the folder, without overwriting.
  ///
  /// - Returns: `false`, with nothing changed, when the name is taken.
  /// - Throws: ``KeepError`` with code `localIO`.
  package consuming func publish(as name: String) throws(KeepError) -> Bool {
    try file.publish(as: name)
  }

  private mutating func open(_ entry: ZIPEntry) throws(KeepError) {
    guard PayloadPath(entry.name) != nil, names.insert(entry.name.lowercased()).inserted else {
      throw KeepError(.failure, .none, "the bundle cannot hold a file named \(entry.name.debugDescription)")
    }
    entries.append(entry)
    try append(entry.localHeader)
  }

  /// Copies up to `limit` bytes through the buffer and a CRC; one more byte would be noticed by its size.
  private mutating func copy(
    _ reader: borrowing FileReader, atMost limit: UInt64
  ) throws(KeepError) -> (count: UInt64, crc: UInt32) {
    var crc = CRC32()
    var count: UInt64 = 0
    while count < limit {
      if filled == buffer.count { try flush() }
      let room = Int(min(UInt64(buffer.count - filled), limit - count))
      let start = filled
      let got = try fill(from: reader, start..<(start + room), &crc)
      if got == 0 { break }
      filled += got
      count += UInt64(got)
    }
    return (count, crc.value)
  }

  private mutating func fill(
    from reader: borrowing FileReader, _ range: Range<Int>, _ crc: inout CRC32
  ) throws(KeepError) -> Int {
    let result: Result<Int, KeepError> = buffer.withUnsafeMutableBytes { bytes in
      let target = UnsafeMutableRawBufferPointer(rebasing: bytes[range])
      do throws(KeepError) {
        let got = try reader.read(into: target)
        crc.update(UnsafeRawBufferPointer(rebasing: target[..<got]))
        return .success(got)
      } catch { return .failure(error) }
    }
    return try result.get()
  }

  private mutating func append(_ bytes: [UInt8]) throws(KeepError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      if filled == buffer.count { try flush() }
      let count = min(rest.count, buffer.count - filled)
      buffer.replaceSubrange(filled..<(filled + count), with: rest.prefix(count))
      filled += count
      rest = rest.dropFirst(count)
    }
  }

  private mutating func append(_ bytes: UnsafeRawBufferPointer) throws(KeepError) {
    var rest = bytes
    while !rest.isEmpty {
      if filled == buffer.count { try flush() }
      let count = min(rest.count, buffer.count - filled)
      let start = filled
      buffer.withUnsafeMutableBytes { buffer in
        UnsafeMutableRawBufferPointer(rebasing: buffer[start..<(start + count)])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: rest[..<count]))
      }
      filled += count
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
  }

  private mutating func flush() throws(KeepError) {
    let result: Result<Void, KeepError> = buffer.withUnsafeBytes { bytes in
      do throws(KeepError) {
        return .success(try file.write(UnsafeRawBufferPointer(rebasing: bytes[..<filled])))
      } catch { return .failure(error) }
    }
    try result.get()
    written += UInt64(filled)
    filled = 0
  }

  /// Puts a CRC-32 that was found while copying into a header that was written before.
  private mutating func patch(_ crc: UInt32, at place: UInt64) throws(KeepError) {
    try flush()
    do {
      _ = try withUnsafeBytes(of: crc.littleEndian) { bytes in
        try file.descriptor.writeAll(toAbsoluteOffset: Int64(place), bytes)
      }
    } catch {
      throw .file(error, file.temporary, "cannot be written")
    }
  }
}
