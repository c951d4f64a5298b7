internal import KeepFiles
package import KeepModel
package import SystemPackage

/// A run's bundle that lies under its final name already, whole: who wrote it was stopped before that was recorded.
///
/// It may have been written with other options than are asked for now. It is the run's bundle all the same, and nothing is
/// ever overwritten.
package struct StandingBundle: Sendable {
  /// The bundle.
  package let published: PublishedBundle
  /// The checksums of the output files in it.
  package let outputs: [Checksum]

  /// Looks for one.
  ///
  /// - Parameters:
  ///   - isComplete: Whether a complete one is looked for, or a partial one: they have different names.
  ///   - receipt: Who archived it and when, to be told beside the bundle where that is not there yet.
  ///   - verify: Checks the file that it is given like any bundle, throws if it is not whole, and returns the SHA-256 of
  ///     all its bytes.
  /// - Returns: `nil` where there is none, where it does not verify, and where it is another run's.
  /// - Throws: ``KeepError`` with code `localIO` when its checksum or receipt cannot be written beside it.
  package static func find(
    of record: RunRecord, in folder: FilePath, isComplete: Bool, receipt: Receipt?,
    verify: (FilePath) throws(KeepError) -> Checksum
  ) throws(KeepError) -> StandingBundle? {
    let run = Manifest.Run(deployment: record.deployment, request: record.request, status: "", errors: [])
    let path = folder.appending(RunName(run).file(isComplete: isComplete) + ".zip")
    // What is wrong with it is told by who tries to give its name to another.
    guard (try? FileReader.isThere(path)) == true, let checksum = try? verify(path),
      let (manifest, size) = try? Self.read(path), manifest.run.request == record.request,
      manifest.run.deployment == record.deployment,
      manifest.completeness == (isComplete ? .complete : .partial)
    else { return nil }
    try BundleSidecars(of: path).write(
      checksum, receipt: receipt?.json(record, manifest, checksum: checksum, size: size))
    return StandingBundle(
      published: PublishedBundle(
        path: path, checksum: checksum, size: size,
        outputs: manifest.outputs.count { $0.status == .archived },
        missing: manifest.outputs.count { $0.status == .missing }, wasThere: true),
      outputs: manifest.outputs.filter { $0.kind == .file }.compactMap(\.stored?.checksum))
  }

  private static func read(_ path: FilePath) throws(KeepError) -> (Manifest, ByteCount) {
    let size = ByteCount(try FileReader(path).size)
    return (try Manifest(reading: BundleReader(path)), size)
  }
}
