internal import Glibc
internal import KeepModel
internal import SystemPackage

/// What SQLite's write-ahead log can prove about itself.
///
/// SQLite takes a log up to its first frame that does not fit its checksum, and what follows for never committed. After a
/// kill that is so; after damage it is not, and changes that were synced to disk would be forgotten without a word. Two
/// things tell the one from the other: frames of later transactions, since a transaction is synced before the next one is
/// written, and the index of the log (`-shm`), which is told of a transaction only after it was synced. A log that was
/// cut off behind a transaction and has no index left cannot be told from one that was never longer.
///
/// The layout is that of the SQLite documentation, "WAL-mode File Format".
struct WriteAheadLog {
  private let bytes: [UInt8]
  private let index: [UInt8]

  init(bytes: [UInt8], index: [UInt8]) {
    self.bytes = bytes
    self.index = index
  }

  /// Refuses a ledger whose log is damaged. Another process may be writing: only what is so three times counts.
  ///
  /// - Throws: ``KeepError`` with code `ledger_unusable`; `Errno`.
  static func require(besideLedger path: FilePath) throws {
    for attempt in 0..<3 {
      guard let damage = try damage(besideLedger: path) else { return }
      guard attempt == 2 else {
        usleep(20_000)
        continue
      }
      throw KeepError(.ledgerUnusable, .path(FilePath(path.string + "-wal")), damage, hint: Ledger.wayOut)
    }
  }

  /// What is wrong with the log beside a ledger.
  static func damage(besideLedger path: FilePath) throws -> String? {
    // The index first: whatever it tells of is in the log before.
    let index = try contents(FilePath(path.string + "-shm"), limit: 136)
    let bytes = try contents(FilePath(path.string + "-wal"), limit: .max)
    return Self(bytes: bytes, index: index).damage
  }

  /// What is wrong with it; `nil` where nothing can be proven to be.
  var damage: String? {
    let told = indexedFrames
    guard bytes.count >= Self.headerSize else {
      return told?.isPending == true ? "the write-ahead log was cut off: changes are missing" : nil
    }
    guard let header = Header(bytes) else {
      // A first write that never ended is no damage.
      return bytes.count > Self.headerSize ? "the write-ahead log has a damaged beginning" : nil
    }
    let frames = WALFrames(bytes, header)
    if frames.areCutByDamage { return "the write-ahead log is damaged: changes would be forgotten" }
    if let told, told.isPending, told.salt == header.salt, told.count > frames.valid {
      return "the write-ahead log was cut off: changes are missing"
    }
    return nil
  }

  static let headerSize = 32

  /// The beginning of a log.
  struct Header {
    let pageSize: Int
    let salt: ArraySlice<UInt8>
    let sum: WALSum

    /// `nil` where it is damaged.
    init?(_ bytes: [UInt8]) {
      guard bytes.count >= headerSize, [0x377F_0682, 0x377F_0683].contains(bytes.big(0)),
        bytes.big(4) == 3_007_000
      else { return nil }
      var sum = WALSum(isBigEndian: bytes[3] & 1 == 1)
      sum.add(bytes[0..<24])
      guard sum.first == bytes.big(24), sum.second == bytes.big(28) else { return nil }
      let size = Int(bytes.big(8))
      guard size >= 512, size <= 65_536, size & (size - 1) == 0 else { return nil }
      self.pageSize = size
      self.salt = bytes[16..<24]
      self.sum = sum
    }
  }

  /// How far the index says that transactions reach, in frames.
  private var indexedFrames: (count: Int, salt: ArraySlice<UInt8>, isPending: Bool)? {
    // Two copies of 48 bytes, then how much was moved into the database. They are in the machine's order.
    guard index.count >= 100, index[0..<48].elementsEqual(index[48..<96]), index[12] == 1,
      index.little(0) == 3_007_000
    else { return nil }
    var sum = WALSum(isBigEndian: false)
    sum.add(index[0..<40])
    guard sum.first == index.little(40), sum.second == index.little(44) else { return nil }
    let count = Int(index.little(16))
    return (count, index[32..<40], count > Int(index.little(96)))
  }

  private static func contents(_ path: FilePath, limit: Int) throws -> [UInt8] {
    let file: FileDescriptor
    do {
      file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
    } catch Errno.noSuchFileOrDirectory {
      return []
    }
    defer { try? file.close() }  // opened for reading: closing loses nothing
    let size = min(Int(try file.seek(offset: 0, from: .end)), limit)
    var bytes = [UInt8](repeating: 0, count: size)
    var count = 0
    while count < size {
      let read = try bytes.withUnsafeMutableBytes {
        try file.read(fromAbsoluteOffset: Int64(count), into: .init(rebasing: $0[count...]))
      }
      if read == 0 { break }
      count += read
    }
    return Array(bytes.prefix(count))
  }
}

/// The frames of a log: each a page with where it belongs.
private struct WALFrames {
  /// How many fit their checksums, from the first on.
  private(set) var valid = 0
  /// Whether a transaction that was synced lies behind one that is damaged.
  private(set) var areCutByDamage = false

  init(_ bytes: [UInt8], _ header: WriteAheadLog.Header) {
    let size = header.pageSize + 24
    let starts = stride(from: WriteAheadLog.headerSize, through: bytes.count - size, by: size)
    var sum = header.sum
    var isWhole = true
    var hasEnded = false
    for start in starts {
      // A frame of an earlier round of the log ends this one.
      let isOfRound = bytes[(start + 8)..<(start + 16)].elementsEqual(header.salt)
      guard isWhole || isOfRound else { continue }
      sum.add(bytes[start..<(start + 8)])
      sum.add(bytes[(start + 24)..<(start + size)])
      let fits = isOfRound && sum.first == bytes.big(start + 16) && sum.second == bytes.big(start + 20)
      // Each checksum goes on from the one before; what stands in a frame tells whether the next one fits.
      sum.first = bytes.big(start + 16)
      sum.second = bytes.big(start + 20)
      if isWhole, fits {
        valid += 1
        continue
      }
      isWhole = false
      if hasEnded, fits {
        areCutByDamage = true
        return
      }
      if isOfRound, bytes.big(start + 4) != 0 { hasEnded = true }
    }
  }
}

/// The checksum of logs and their indexes.
struct WALSum {
  var first: UInt32 = 0
  var second: UInt32 = 0
  private let isBigEndian: Bool

  init(isBigEndian: Bool) { self.isBigEndian = isBigEndian }

  /// Goes on over a multiple of eight bytes.
  mutating func add(_ bytes: ArraySlice<UInt8>) {
    bytes.withUnsafeBytes { raw in
      for place in stride(from: 0, to: raw.count - 7, by: 8) {
        let (one, two) = (word(raw, place), word(raw, place + 4))
        first = first &+ one &+ second
        second = second &+ two &+ first
      }
    }
  }

  private func word(_ raw: UnsafeRawBufferPointer, _ place: Int) -> UInt32 {
    let word = raw.loadUnaligned(fromByteOffset: place, as: UInt32.self)
    return isBigEndian ? UInt32(bigEndian: word) : UInt32(littleEndian: word)
  }
}

extension [UInt8] {
  fileprivate func big(_ place: Int) -> UInt32 {
    self[place..<(place + 4)].reduce(0) { $0 << 8 | UInt32($1) }
  }

  fileprivate func little(_ place: Int) -> UInt32 {
    self[place..<(place + 4)].reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }
}
