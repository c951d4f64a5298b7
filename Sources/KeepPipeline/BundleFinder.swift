import KeepFiles
public import KeepModel
public import SystemPackage

/// Finds the bundles that paths mean: a file is one by being named, a folder means every ZIP in it and below.
public enum BundleFinder {
  /// The bundles in the order of the paths, those of a folder by the bytes of their paths; each once.
  ///
  /// Hidden folders, such as an archive's own, and hidden or temporary names are passed over. Nothing is opened: whether
  /// a file is a bundle is for its reader to say.
  ///
  /// - Throws: ``KeepError`` with code `usage` when a folder holds no ZIP at all, `local_io` when a folder cannot be
  ///   read or a path leads nowhere.
  public static func bundles(at paths: [FilePath]) throws(KeepError) -> [FilePath] {
    var found: [FilePath] = []
    var seen: Set<FilePath> = []
    for path in paths {
      for bundle in Folder.isFolder(path) ? try bundles(below: path) : [path]
      where seen.insert(bundle.lexicallyNormalized()).inserted { found.append(bundle) }
    }
    return found
  }

  private static func bundles(below folder: FilePath) throws(KeepError) -> [FilePath] {
    let bundles = try files(below: folder)
    guard !bundles.isEmpty else {
      throw KeepError(
        .usage, .path(folder), "holds no bundle", hint: "name an archive, or bundles themselves")
    }
    return bundles
  }

  /// Every ZIP in a folder and below; there may be none.
  static func files(below folder: FilePath) throws(KeepError) -> [FilePath] {
    try FolderListing.files(in: folder, isRecursive: true)
      .filter { $0.lastComponent?.string.hasSuffix(".zip") == true }
  }
}
