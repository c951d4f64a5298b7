internal import Glibc
package import KeepModel
package import SystemPackage

/// The regular files in a folder that a person would call its files.
///
/// Names are bytes. Hidden and temporary names are left out; symbolic links are followed. Each folder is
/// looked into once, so links that lead back up cannot loop.
package struct FolderListing {
  /// The files, sorted by the bytes of their names, those of a folder where its own name sorts.
  package private(set) var files: [FilePath] = []
  /// The folders that were not looked into because they were not to be.
  package private(set) var leftOut: [FilePath] = []
  /// The folders below the named one that cannot be read, with the reason.
  package private(set) var unreadable: [(folder: FilePath, error: KeepError)] = []
  /// The folders below the named one that were not looked into because only it was to be.
  package private(set) var below: [FilePath] = []
  /// How many hidden and temporary names were passed over.
  package private(set) var passedOver = 0
  private let isRecursive: Bool
  private let excluded: Set<Place>
  private var visited: Set<Place> = []

  private struct Place: Hashable {
    let device: UInt64
    let inode: UInt64

    init?(_ path: FilePath) {
      guard let stamp = FileStamp(of: path.isEmpty ? "." : path) else { return nil }
      self.device = stamp.device
      self.inode = stamp.inode
    }
  }

  /// Lists a folder and, with `isRecursive`, the folders in it but the `excluded` ones, by whatever path or link
  /// they are reached.
  ///
  /// - Throws: ``KeepError`` with `code` when the folder itself cannot be read.
  package init(
    of folder: FilePath, isRecursive: Bool = false, excluding excluded: [FilePath] = [],
    code: KeepError.Code = .localIO
  ) throws(KeepError) {
    self.isRecursive = isRecursive
    self.excluded = Set(excluded.compactMap { Place($0) })
    try add(folder, code)
  }

  /// The files of a folder sorted by the bytes of their names, with `isRecursive` those of the folders in it
  /// where the folder's own name sorts.
  ///
  /// - Throws: ``KeepError`` with `code` when the folder, or one in it, cannot be read.
  package static func files(
    in folder: FilePath, isRecursive: Bool = false, code: KeepError.Code = .localIO
  ) throws(KeepError) -> [FilePath] {
    let listing = try FolderListing(of: folder, isRecursive: isRecursive, code: code)
    if let unreadable = listing.unreadable.first { throw unreadable.error }
    return listing.files
  }

  private mutating func add(_ folder: FilePath, _ code: KeepError.Code) throws(KeepError) {
    let names = try Folder.names(in: folder, code: code)
    guard let place = Place(folder), visited.insert(place).inserted else { return }
    for name in names {
      guard !Self.isPassedOver(name) else {
        passedOver += 1
        continue
      }
      let path = folder.appending(name)
      // What vanished since, and links to nothing, are no files.
      guard let status = FileStatus.of(path) else { continue }
      if status.isRegularFile {
        files.append(path)
      } else if status.isFolder, !isRecursive {
        below.append(path)
      } else if status.isFolder {
        if let place = Place(path), excluded.contains(place) {
          leftOut.append(path)
        } else {
          addBelow(path, code)
        }
      }
    }
  }

  /// A folder that cannot be read leaves the others alone.
  private mutating func addBelow(_ folder: FilePath, _ code: KeepError.Code) {
    do throws(KeepError) {
      try add(folder, code)
    } catch {
      unreadable.append((folder, error))
    }
  }

  /// Whether a name is hidden, or one that programs give to files they have not finished or to files of their own.
  package static func isPassedOver(_ name: FilePath.Component) -> Bool { TemporaryName.isTemporary(name) }
}

extension Folder {
  /// All names in a folder but `.` and `..`, sorted by their bytes.
  ///
  /// - Throws: ``KeepError`` with `code` when the folder cannot be read.
  package static func names(
    in folder: FilePath, code: KeepError.Code = .localIO
  ) throws(KeepError) -> [FilePath.Component] {
    guard let stream = (folder.isEmpty ? "." : folder).withPlatformString({ opendir($0) }) else {
      let reason = Errno(rawValue: errno).description.lowercased()
      throw KeepError(code, .path(folder), "the folder cannot be read: \(reason)")
    }
    defer { closedir(stream) }
    var names: [[CChar]] = []
    while let entry = nextEntry(stream) {
      withUnsafePointer(to: &entry.pointee.d_name) { name in
        name.withMemoryRebound(to: CChar.self, capacity: 256) {
          names.append(Array(UnsafeBufferPointer(start: $0, count: strlen($0) + 1)))
        }
      }
    }
    guard errno == 0 else {
      throw KeepError(code, .path(folder), "the folder cannot be read: \(Errno(rawValue: errno))")
    }
    return names.sorted { strcmp($0, $1) < 0 }.compactMap { FilePath.Component(platformString: $0) }
      .filter { $0.kind == .regular }
  }

  /// `readdir`, with `errno` 0 at the end of the folder.
  private static func nextEntry(_ stream: OpaquePointer) -> UnsafeMutablePointer<dirent>? {
    errno = 0
    return readdir(stream)
  }
}
