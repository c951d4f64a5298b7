internal import KeepFiles
package import KeepModel
package import SystemPackage

/// The media files that paths on a command line stand for.
package struct AssetList: Sendable {
  /// A file in a named folder that is left out.
  package struct Skipped: Sendable, Hashable {
    /// The file.
    package let path: FilePath
    /// Why, in words.
    package let reason: String
  }

  /// What a path stands for.
  package enum Entry: Sendable, Equatable {
    /// A file.
    case file(FilePath)
    /// Nothing: of several paths one is not there, or is a folder that gives no file.
    case refused(FilePath, KeepError)
  }

  /// The files in the order of the paths, each once, and the paths that give none.
  package private(set) var entries: [Entry] = []
  /// Files in named folders that are no media.
  package private(set) var skipped: [Skipped] = []
  private var seen: Set<FilePath> = []
  /// The path of each file of a named folder below that folder.
  private var below: [FilePath: FilePath] = [:]
  private let filter: GlobFilter

  /// The files alone.
  package var files: [FilePath] {
    entries.compactMap { if case .file(let path) = $0 { path } else { nil } }
  }

  /// The path of a file below the folder that was named, or its name alone where it was named itself.
  package func relative(_ path: FilePath) -> FilePath {
    below[path] ?? FilePath(root: nil, path.lastComponent.map { [$0] } ?? [])
  }

  /// Takes named files as they are, and the media in named folders by the bytes of their names, but for what
  /// lies in an `excluded` folder below a named one and what the filter leaves out.
  ///
  /// - Throws: ``KeepError`` with code `inputRejected` when there is nothing at the only path, or it is a folder
  ///   that cannot be read or has no media; of several paths each stands for itself.
  package init(
    at paths: [FilePath], isRecursive: Bool = false, excluding excluded: [FilePath] = [],
    filter: GlobFilter? = nil
  ) throws(KeepError) {
    self.filter = if let filter { filter } else { try GlobFilter() }
    for path in paths {
      do throws(KeepError) {
        try add(path, isRecursive: isRecursive, excluded)
      } catch {
        guard paths.count > 1 else { throw error }
        if seen.insert(path).inserted { entries.append(.refused(path, error)) }
      }
    }
  }

  private mutating func add(
    _ path: FilePath, isRecursive: Bool, _ excluded: [FilePath]
  ) throws(KeepError) {
    if Folder.isFolder(path) { return try addFolder(path, isRecursive: isRecursive, excluded) }
    guard FileStamp(of: path) != nil else {
      throw KeepError(.inputRejected, .path(path), "is not there")
    }
    add(path)
  }

  private mutating func addFolder(
    _ folder: FilePath, isRecursive: Bool, _ excluded: [FilePath]
  ) throws(KeepError) {
    var hasMedia = false
    var isFiltered = false
    let listing = try FolderListing(
      of: folder, isRecursive: isRecursive, excluding: excluded, code: .inputRejected)
    skipped += listing.leftOut.map {
      Skipped(path: $0, reason: "is not looked into: the archive or the exported outputs lie there")
    }
    for path in listing.files {
      let relative = Self.relative(path, to: folder)
      if let reason = filter.reasonToSkip(relative) {
        isFiltered = true
        skipped.append(Skipped(path: path, reason: reason))
      } else if let reason = Self.reasonToPassOver(path) {
        skipped.append(Skipped(path: path, reason: reason))
      } else {
        hasMedia = true
        if below[path] == nil { below[path] = relative }
        add(path)
      }
    }
    skipped += listing.below.map {
      Skipped(path: $0, reason: "is a folder, not looked into without --recursive")
    }
    if listing.passedOver > 0 {
      let names =
        listing.passedOver == 1
        ? "1 hidden or temporary name" : "\(listing.passedOver) hidden or temporary names"
      skipped.append(Skipped(path: folder, reason: "\(names) in it are passed over"))
    }
    for (path, error) in listing.unreadable where seen.insert(path).inserted {
      hasMedia = true
      entries.append(.refused(path, error))
    }
    guard hasMedia || !isFiltered else {
      throw KeepError(
        .inputRejected, .path(folder), "none of its files is left: \(skipped.last?.reason ?? "")",
        hint: "look at --include and --exclude")
    }
    guard hasMedia else {
      throw KeepError(
        .inputRejected, .path(folder), "has no image, video, audio or 3D files",
        hint: isRecursive ? nil : "files in folders below it count with --recursive")
    }
  }

  private static func relative(_ path: FilePath, to folder: FilePath) -> FilePath {
    FilePath(root: nil, path.components.dropFirst(folder.components.count))
  }

  private mutating func add(_ path: FilePath) {
    if seen.insert(path).inserted { entries.append(.file(path)) }
  }

  /// `nil` for media by name or by first bytes. A file whose name claims to be media is left to be read, and
  /// refused with the exact reason if it is not.
  package static func reasonToPassOver(_ path: FilePath) -> String? {
    if ["yaml", "yml"].contains(path.extension?.lowercased()) {
      return "is no media; with --sidecars it gives values to the file that it is named after"
    }
    if let type = AssetName(path).type {
      return type.isMedia ? nil : "is \(type) by its name, which is no image, video, audio or 3D file"
    }
    do {
      guard let type = MediaType(magic: try prefix(of: path)) else { return "is of no known type" }
      return type.isMedia ? nil : "is \(type), which is no image, video, audio or 3D file"
    } catch {
      return error.reason
    }
  }

  private static func prefix(of path: FilePath) throws(KeepError) -> [UInt8] {
    let reader = try FileReader(path, code: .inputRejected)
    var bytes = [UInt8](repeating: 0, count: MediaType.magicCount)
    let result = bytes.withUnsafeMutableBytes { buffer in
      Result { () throws(KeepError) in try reader.read(into: buffer) }
    }
    return Array(bytes.prefix(try result.get()))
  }
}

extension MediaType {
  /// Whether it can be the input of a workflow's node: an image, video, audio or 3D file.
  var isMedia: Bool { [.image, .video, .audio, .model3D].contains(kind) }
}
