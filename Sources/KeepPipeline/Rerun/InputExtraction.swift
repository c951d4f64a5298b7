import KeepArchive
import KeepFiles
import KeepModel
import SystemPackage

/// A file to be taken out of a bundle, so that it can be sent as a local one.
struct InputExtraction: Sendable, Hashable {
  let bundle: FilePath
  /// Where it lies in the bundle, relative to `data/`.
  let path: String
  let checksum: Checksum
  /// Where it is to lie.
  let target: FilePath

  /// A file of a bundle that is to lie in a folder of its own below `folder`, under its own name where that can be the
  /// name of a file.
  init(_ bundle: FilePath, path: String, filename: String, _ checksum: Checksum, below folder: FilePath) {
    self.bundle = bundle
    self.path = path
    self.checksum = checksum
    self.target = folder.appending(checksum.hexadecimal).appending(Self.name(filename))
  }

  private static func name(_ filename: String) -> String {
    let component = FilePath.Component(filename)
    let isName =
      component?.kind == .regular && component?.string.utf8.elementsEqual(filename.utf8) == true
      && filename.utf8.count <= 255
    return isName ? filename : PayloadName.safe(filename)
  }

  /// Takes the file out, checking its bytes on the way; one that was taken out already stays.
  ///
  /// - Throws: ``KeepError`` with code `fixity` when the bytes are not those that the manifest lists, and
  ///   `local_io`.
  func extract() throws(KeepError) {
    guard !FileReader.exists(target) else { return }
    try Folder.make(target.removingLastComponent(), isPrivate: true)
    _ = try BundleReader(bundle).write(path, checksum, to: target, permissions: .ownerReadWrite)
  }
}

extension ArchiveLayout {
  /// Files that were taken out of bundles to be sent again; there only as long as a command is at it.
  var extracted: FilePath { hidden.appending("reruns") }

  /// Removes what was taken out of bundles.
  ///
  /// - Throws: ``KeepError`` with code `local_io`.
  func removeExtracted() throws(KeepError) {
    guard Folder.isFolder(extracted) else { return }
    for folder in try Self.folders(in: extracted) { try Folder.removeSpool(folder) }
    try Folder.removeSpool(extracted)
  }
}
