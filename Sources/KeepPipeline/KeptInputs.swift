import KeepFiles
import KeepInput
package import KeepModel
package import SystemPackage

/// Copies of the assets of runs that are not kept yet, named by checksum.
///
/// What is sent is read from here, and what goes into the bundle too: a photo that is edited, moved or
/// deleted while its run is under way changes nothing.
package struct KeptInputs: Sendable {
  private let folder: FilePath

  package init(_ folder: FilePath) { self.folder = folder }

  /// Where the copy of an asset lies, or would lie.
  package func path(_ checksum: Checksum) -> FilePath { folder.appending(checksum.hexadecimal) }

  /// The checksums of the copies that are there.
  package func all() throws(KeepError) -> [Checksum] {
    try Folder.names(in: folder).compactMap { Checksum(hexadecimal: $0.string) }
  }

  /// A copy under a name that ends as the asset's own does, for programs that go by it; the copy itself where it has
  /// no such ending, or cannot have a second name.
  package func lend(_ copy: Asset) -> Asset {
    guard let ending = FilePath(copy.filename).extension?.lowercased(), (1...8).contains(ending.utf8.count),
      ending.utf8.allSatisfy({ (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) })
    else { return copy }
    let name = folder.appending("\(copy.checksum.hexadecimal).\(ending)")
    guard Folder.giveSecondName(name, to: copy.path) else { return copy }
    return Asset(
      path: name, size: copy.size, checksum: copy.checksum, mediaType: copy.mediaType,
      dimensions: copy.dimensions,
      traits: copy.traits, filename: copy.filename)
  }

  /// Takes a lent name back; one that cannot be is taken back when the next writer cleans up.
  package func takeBack(_ lent: Asset) {
    if lent.path != path(lent.checksum) { try? Folder.removeFile(lent.path) }
  }

  /// Removes names that a killed process has lent.
  package func removeLent() throws(KeepError) {
    for name in try Folder.names(in: folder) where name.string.prefix(64).count == 64 && name.extension != nil
    {
      guard let stem = name.stem.isEmpty ? nil : Checksum(hexadecimal: name.stem),
        stem.hexadecimal == name.stem
      else {
        continue
      }
      try Folder.removeFile(folder.appending(name))
    }
  }

  /// Copies an asset, sharing blocks where the file system can, and checks the copy. One that is to be sent without
  /// its metadata is copied without them.
  ///
  /// - Throws: ``KeepError`` with `input_rejected` when the file is no longer what was read, `local_io`.
  package func keep(_ asset: Asset) throws(KeepError) {
    let target = path(asset.checksum)
    if try checksum(of: target) == asset.checksum { return }
    try Folder.removeFile(target)
    guard FileReader.exists(asset.path) else {
      throw KeepError(.inputRejected, .path(asset.path), "is gone since it was checked")
    }
    if asset.original == nil {
      _ = try FileCopy.clone(from: asset.path, to: target, permissions: .ownerReadWrite)
    } else {
      _ = try MetadataStripper.write(asset, to: target)
    }
    guard try checksum(of: target) == asset.checksum else {
      try Folder.removeFile(target)
      throw KeepError(
        .inputRejected, .path(asset.path), "changed after it was checked",
        hint: "run the same command again once nothing writes to it")
    }
  }

  /// A whole copy of an asset: ours, else the file it was read from if that still has the same bytes. Of a file that
  /// was sent without its metadata the copy is made again.
  package func locate(_ asset: Asset) -> FilePath? {
    let copy = path(asset.checksum)
    if asset.original != nil { return (try? keep(asset)) == nil ? nil : copy }
    return [copy, asset.path].first { candidate in
      // A file that cannot be read is no copy; the next candidate may be.
      (try? checksum(of: candidate)) == asset.checksum
    }
  }

  /// Removes the copy of an asset; one that is not there is no failure.
  package func discard(_ checksum: Checksum) throws(KeepError) { try Folder.removeFile(path(checksum)) }

  /// An asset as its kept copy, which is sent as it is.
  fileprivate func copy(of asset: Asset) -> Asset {
    Asset(
      path: path(asset.checksum), size: asset.size, checksum: asset.checksum, mediaType: asset.mediaType,
      dimensions: asset.dimensions, traits: asset.traits, filename: asset.filename)
  }

  private func checksum(of path: FilePath) throws(KeepError) -> Checksum? {
    FileReader.exists(path) ? try FileReader.checksum(of: path) : nil
  }
}

extension Submission {
  /// This submission with its assets read from their kept copies.
  package func reading(from kept: KeptInputs) -> Submission {
    var overrides = overrides
    for (input, value) in overrides.sorted {
      switch value {
      case .asset(.inline(let asset)): overrides[input] = .asset(.inline(kept.copy(of: asset)))
      case .asset(.upload(let asset)): overrides[input] = .asset(.upload(kept.copy(of: asset)))
      case .asset(.hosted), .json, .randomSeed: break
      }
    }
    return Submission(
      deployment: deployment, mode: mode, workflow: workflow, overrides: overrides)
  }
}
