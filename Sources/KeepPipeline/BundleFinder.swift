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
  /// A folder that cannot be read, and among others one without a ZIP, stands in the list by itself, so that its reader
  /// says so and goes on with the rest.
  ///
  /// - Throws: ``KeepError`` with code `usage` when no path leads to a ZIP at all.
  public static func bundles(at paths: [FilePath]) throws(KeepError) -> [FilePath] {
    var found: [FilePath] = []
    var seen: Set<FilePath> = []
    var empty: [FilePath] = []
    for path in paths {
      let bundles = Folder.isFolder(path) ? bundles(below: path) : [path]
      if bundles.isEmpty { empty.append(path) }
      for bundle in bundles where seen.insert(bundle.lexicallyNormalized()).inserted { found.append(bundle) }
    }
    guard !found.isEmpty || empty.isEmpty else {
      throw KeepError(
        .usage, .path(empty[0]), "holds no bundle", hint: "name an archive, or bundles themselves")
    }
    return found + empty
  }

  /// Refuses a folder where a bundle itself is wanted.
  ///
  /// - Throws: ``KeepError`` with code `usage`.
  public static func requireFile(_ path: FilePath) throws(KeepError) {
    guard Folder.isFolder(path) else { return }
    throw KeepError(
      .usage, .path(path), "is a folder, and a bundle is wanted",
      hint: "name the ZIP files themselves; of an unpacked bundle, repack makes a bundle again")
  }

  private static func bundles(below folder: FilePath) -> [FilePath] {
    guard let listing = try? FolderListing(of: folder, isRecursive: true) else { return [folder] }
    return listing.files.filter(isZIP) + listing.unreadable.map(\.folder)
  }

  /// Every ZIP in a folder and below; there may be none.
  static func files(below folder: FilePath) throws(KeepError) -> [FilePath] {
    try FolderListing.files(in: folder, isRecursive: true)
      .filter(isZIP)
  }

  private static func isZIP(_ path: FilePath) -> Bool { path.extension?.lowercased() == "zip" }
}
