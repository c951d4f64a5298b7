import KeepArchive
import KeepFiles
import KeepModel
import SystemPackage

/// Writes the catalogue's files, and takes away those that it no longer needs. Only what it wrote itself is ever
/// replaced or removed.
struct CatalogFiles: Sendable {
  let place: CatalogPlace

  /// Makes the folders, and clears away what a killed run left in them.
  ///
  /// - Throws: ``KeepError`` with code `local_io`.
  func prepare() throws(KeepError) {
    try Folder.make(place.layout.hidden, isPrivate: true)
    try Folder.make(place.hidden, isPrivate: true)
    try Folder.make(place.thumbnails)
    for folder in [place.hidden, place.pages, place.thumbnails] { try Folder.removeLeftovers(in: folder) }
  }

  /// Refuses when something is where the catalogue's folders go that is no folder: a link leads to what is not ours.
  ///
  /// - Throws: ``KeepError`` with code `bundle_exists`, `local_io`.
  func checkFolders() throws(KeepError) {
    for folder in [place.pages, place.thumbnails] where try kind(of: folder) ?? .folder != .folder {
      throw KeepError(
        .bundleExists, .path(folder), "is no folder of comfykeep catalog, and stays as it is", hint: Self.hint
      )
    }
  }

  /// Refuses when a file is in the way that is not ours, or a link.
  ///
  /// - Throws: ``KeepError`` with code `bundle_exists`, `local_io`.
  func check(_ paths: [FilePath]) throws(KeepError) {
    for path in paths where try kind(of: path) != nil && !isOurs(path) {
      throw KeepError(
        .bundleExists, .path(path), "was not written by comfykeep catalog, and stays as it is",
        hint: Self.hint)
    }
  }

  private static let hint = "move it away, or give it another name"

  /// What lies under a name, links not followed; `nil` where nothing does.
  private func kind(of path: FilePath) throws(KeepError) -> FileKind? {
    if let kind = FileKind(of: path) { return kind }
    _ = try FileReader.isThere(path)  // throws where that cannot be told
    return nil
  }

  /// Whether the catalogue wrote a file, by what it begins with.
  private func isOurs(_ path: FilePath) -> Bool {
    guard let reader = try? FileReader(path, followsLinks: false) else { return false }
    var start = [UInt8](repeating: 0, count: 4096)
    let count = start.withUnsafeMutableBytes { buffer in (try? reader.read(into: buffer)) ?? 0 }
    let text = String(decoding: start.prefix(count), as: UTF8.self)
    return path == place.table ? text.hasPrefix(CatalogTable.mark) : text.contains(CatalogPage.mark)
  }

  /// Writes a file unless it holds these bytes already; whether it was written.
  ///
  /// - Throws: ``KeepError`` with code `local_io`.
  @discardableResult
  func write(_ bytes: [UInt8], to path: FilePath) throws(KeepError) -> Bool {
    if FileStamp(of: path)?.size == UInt64(bytes.count),
      let there = try? FileReader.bytes(of: path, limit: ByteCount(UInt64(bytes.count))), there == bytes
    {
      return false
    }
    try FileReplacement.write(bytes, to: path)
    return true
  }

  /// Keeps what was read, for the next time.
  ///
  /// - Throws: ``KeepError`` with code `local_io`.
  func keep(_ cache: CatalogCache) throws(KeepError) {
    try FileReplacement.write(cache.bytes, to: place.cache, permissions: .ownerReadWrite)
  }

  /// The sizes of the thumbnails that are there, by their names.
  ///
  /// - Throws: ``KeepError`` with code `local_io`.
  func thumbnails() throws(KeepError) -> [String: UInt64] {
    guard Folder.isFolder(place.thumbnails) else { return [:] }
    var sizes: [String: UInt64] = [:]
    for name in try Folder.names(in: place.thumbnails) {
      guard case .file(let size) = FileKind(of: place.thumbnails.appending(name)) else { continue }
      sizes[name.string] = size
    }
    return sizes
  }

  /// Removes pages of ours that are none any more, and of the thumbnails that were written before those that no page
  /// shows. Whatever else lies there stays, also what is named like a thumbnail.
  ///
  /// - Throws: ``KeepError`` with code `local_io`.
  func clear(
    keeping pages: [FilePath], thumbnails: Set<String>, writtenBefore: Set<String>
  ) throws(KeepError) {
    let kept = Set(pages.compactMap { $0.lastComponent?.string })
    for name in try Folder.names(in: place.pages)
    where name.string.hasSuffix(".html") && !kept.contains(name.string) {
      let path = place.pages.appending(name)
      if isOurs(path) { try Folder.removeFile(path) }
    }
    for name in try Folder.names(in: place.thumbnails)
    where writtenBefore.contains(name.string) && !thumbnails.contains(name.string)
      && Self.isThumbnail(name.string)
    {
      let path = place.thumbnails.appending(name)
      if case .file = FileKind(of: path) { try Folder.removeFile(path) }
    }
  }

  /// Whether a name is one that thumbnails have: a checksum and the end of a picture's name.
  private static func isThumbnail(_ name: String) -> Bool {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    return parts.count == 2 && Checksum(hexadecimal: parts[0]) != nil
      && ["jpg", "png", "gif", "webp", "avif"].contains(parts[1])
  }
}
