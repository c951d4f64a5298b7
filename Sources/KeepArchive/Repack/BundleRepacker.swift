import KeepFiles
package import KeepModel
package import SystemPackage

/// Writes the canonical file of a bundle again, from a ZIP that another program made of its files or from the folder
/// that it was unpacked into.
///
/// The files are copied as they are, in the profile's order and spelling, and the result is verified like any bundle:
/// one file more, less or altered is a no, and nothing is written. Where the original's SHA-256 is known, it must be
/// that of the result.
package struct BundleRepacker: Sendable {
  /// SHA-256 of originals by the name of the bundle's file, as the ledger has them.
  package let originals: [String: Checksum]
  /// SHA-256 that was given by hand.
  package let given: Checksum?

  /// How originals are known: `given` comes before `originals`, and both before what lies beside a source.
  package init(originals: [String: Checksum] = [:], given: Checksum? = nil) {
    self.originals = originals
    self.given = given
  }

  /// Writes the canonical file, with its checksum beside it, into a folder that exists, never overwriting.
  ///
  /// - Parameter watch: Told how many bytes were read since. It may throw to end everything.
  /// - Returns: What was made; or, with nothing written, what keeps it from being made.
  /// - Throws: ``KeepError`` with code `unsafeBundle`, `notABundle`; `fixity` when the ZIP itself is damaged;
  ///   `bundleExists` when another bundle has the name; `localIO`; and what `watch` throws.
  package func repack(
    _ source: FilePath, into folder: FilePath, watch: (UInt64) throws(KeepError) -> Void = { _ in }
  ) throws(KeepError) -> RepackReport {
    let files =
      Folder.isFolder(source)
      ? RepackSource.folder(try BagFolder(source))
      : RepackSource.zip(try BundleReader(source, tolerating: .folders))
    let strangers = try files.strangers()
    guard strangers.isEmpty else {
      return RepackReport(source: source, bundle: nil, checksum: nil, original: nil, findings: strangers)
    }
    let manifest = try files.manifest()
    let name = RunName(manifest.run)
    let zip = try write(files, as: name, in: folder, watch)
    let report = try BundleVerifier().verify(BundleCheck(zip.temporary), watch: watch)
    let file = name.file(isComplete: manifest.completeness == .complete) + ".zip"
    let original = try original(of: source, named: file, stem: name.stem)
    // Until it is published it has another name.
    let findings = report.findings.filter { $0.code != FindingCode.renamed.rawValue }
    let isWhole = [.whole, .partial].contains(report.verdict)
    guard isWhole, let checksum = report.checksum, original == nil || original?.checksum == checksum else {
      return RepackReport(
        source: source, bundle: nil, checksum: isWhole ? report.checksum : nil, original: original,
        findings: findings.filter { !isWhole || $0.status == nil })
    }
    return RepackReport(
      source: source, bundle: folder.appending(file), checksum: checksum, original: original,
      findings: findings,
      wasThere: try publish(zip, as: file, checksum, in: folder))
  }

  /// The ZIP under a temporary name: tag files first, then the payload, each by path.
  private func write(
    _ files: borrowing RepackSource, as name: RunName, in folder: FilePath,
    _ watch: (UInt64) throws(KeepError) -> Void
  ) throws(KeepError) -> ZIPWriter {
    var zip = try ZIPWriter(in: folder)
    let isTag = { (path: String) in !path.utf8.starts(with: "data/".utf8) }
    let paths = files.paths.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    for path in paths.filter(isTag) + paths.filter({ !isTag($0) }) {
      try files.add(path, as: "\(name.stem)/\(path)", to: &zip, watch)
    }
    try zip.finish()
    return zip
  }

  /// Gives the ZIP its name; returns whether the same file was there.
  private func publish(
    _ zip: consuming ZIPWriter, as file: String, _ checksum: Checksum, in folder: FilePath
  ) throws(KeepError) -> Bool {
    let target = folder.appending(file)
    let sidecars = BundleSidecars(of: target)
    try sidecars.check(checksum)
    let isNew = try zip.publish(as: file)
    let isSame = isNew ? true : try FileReader.checksum(of: target) == checksum
    guard isSame else {
      throw KeepError(
        .bundleExists, .path(target), "holds other bytes, and stays as it is",
        hint: "choose another place with --to")
    }
    try sidecars.write(checksum, receipt: nil)
    return !isNew
  }

  /// What the original's SHA-256 was, as far as anybody knows.
  private func original(
    of source: FilePath, named file: String, stem: String
  ) throws(KeepError) -> (checksum: Checksum, origin: RepackReport.Origin)? {
    if let given { return (given, .given) }
    if let known = originals[file] { return (known, .ledger) }
    let beside = source.lexicallyNormalized().removingLastComponent()
    for name in [file, source.lastComponent?.string ?? file] {
      guard let stated = BundleSurroundings(path: beside.appending(name)).sidecar() else { continue }
      // Somebody may have written down the checksum of the very ZIP that is to be made canonical.
      let isOfSource = Folder.isFolder(source) ? false : try FileReader.checksum(of: source) == stated
      if !isOfSource { return (stated, .sidecar) }
    }
    return nil
  }
}
