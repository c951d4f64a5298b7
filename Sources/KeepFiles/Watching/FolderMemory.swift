internal import SystemPackage

/// Which files a folder has and in what state each was told, in little room: 24 bytes a file and its name.
struct FolderMemory {
  private struct Entry {
    /// The hash of the state that was told.
    var state: Int
    /// Where the name begins in ``names``.
    var start: UInt32
    /// The scan that saw it last.
    var scan: UInt32
  }

  /// By the hash of the name. Hashes are seeded afresh in each process, so nobody can make two names meet.
  private var entries: [Int: Entry] = [:]
  /// The names, each ended by a zero.
  private var names: [UInt8] = []
  /// How many bytes of ``names`` are of files that are gone.
  private var unused = 0
  private var scan: UInt32 = 0

  /// How many files it knows.
  var count: Int { entries.count }

  /// Begins a scan; what is not seen or kept until ``endScan()`` is gone.
  mutating func beginScan() { scan &+= 1 }

  /// Whether a file is new or was in another state.
  mutating func see(_ name: UnsafeBufferPointer<UInt8>, _ state: FileState) -> Bool {
    let (key, state) = (Self.hash(name), state.hashValue)
    if let entry = entries[key] {
      entries[key] = Entry(state: state, start: entry.start, scan: scan)
      return entry.state != state
    }
    entries[key] = Entry(state: state, start: UInt32(truncatingIfNeeded: names.count), scan: scan)
    names.append(contentsOf: name)
    names.append(0)
    return true
  }

  /// Forgets in what state files were told: the next scan tells all of them again.
  mutating func forgetStates() {
    // No longer the hash that it was.
    for key in entries.keys { entries[key]?.state ^= 1 }
  }

  /// Keeps a file that cannot be looked at just now.
  mutating func keep(_ name: UnsafeBufferPointer<UInt8>) { entries[Self.hash(name)]?.scan = scan }

  /// Whether a file is known.
  func knows(_ name: UnsafeBufferPointer<UInt8>) -> Bool { entries[Self.hash(name)] != nil }

  /// Forgets a file; whether it was known.
  mutating func forget(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
    guard entries.removeValue(forKey: Self.hash(name)) != nil else { return false }
    unused += name.count + 1
    tidyUp()
    return true
  }

  /// Forgets the files that the scan did not see, and names them.
  mutating func endScan() -> [FilePath.Component] {
    let gone = entries.filter { $0.value.scan != scan }
    for (key, entry) in gone {
      entries[key] = nil
      unused += name(from: entry.start).count + 1
    }
    defer { tidyUp() }
    return components(gone.values)
  }

  /// The names of all files.
  var all: [FilePath.Component] { components(entries.values) }

  private func components(_ entries: some Sequence<Entry>) -> [FilePath.Component] {
    // In the order in which they were seen, so that the same changes are told alike.
    entries.map(\.start).sorted().compactMap { start in
      FilePath.Component(platformString: (name(from: start) + [0]).map { CChar(bitPattern: $0) })
    }
  }

  private func name(from start: UInt32) -> ArraySlice<UInt8> { names[Int(start)...].prefix { $0 != 0 } }

  /// Drops the names of files that are gone once they are more than half.
  private mutating func tidyUp() {
    guard unused > 4096, unused > names.count / 2 else { return }
    var kept: [UInt8] = []
    for (key, entry) in entries.sorted(by: { $0.value.start < $1.value.start }) {
      entries[key]?.start = UInt32(truncatingIfNeeded: kept.count)
      kept += name(from: entry.start)
      kept.append(0)
    }
    (names, unused) = (kept, 0)
  }

  private static func hash(_ name: UnsafeBufferPointer<UInt8>) -> Int {
    var hasher = Hasher()
    hasher.combine(bytes: UnsafeRawBufferPointer(name))
    return hasher.finalize()
  }
}
