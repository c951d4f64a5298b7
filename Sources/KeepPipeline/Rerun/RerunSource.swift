import KeepArchive
import KeepModel
import SystemPackage

/// A bundle that was verified, and what it says was asked for.
struct RerunSource: Sendable {
  let path: FilePath
  let manifest: Manifest
  let request: ArchivedRequest
  /// What is worth saying about the bundle.
  let warnings: [String]

  /// The name that a person knows it by.
  var label: String { path.lastComponent?.string ?? path.string }

  /// Reads a bundle, by what its verification found.
  ///
  /// - Throws: ``KeepError`` with `not_a_bundle`, `unsafe_bundle`, `fixity` or `local_io` for one that does not
  ///   verify; `input_rejected` for one that does not say what was asked for.
  init(_ report: VerificationReport) throws(KeepError) {
    if let error = report.refusal { throw error }
    let reader = try BundleReader(report.path)
    self.path = report.path
    self.manifest = try Manifest(reading: reader)
    self.request = try ArchivedRequest(manifest, reading: reader)
    self.warnings =
      report.exitStatus == KeepError.Code.notCanonical.exitStatus
      ? ["its container is not canonical, its content is whole"] : []
  }

  /// A file as the text that it was: a data URI that was given as a value, and has no other name than `data`.
  ///
  /// - Throws: ``KeepError`` with `fixity`, `local_io`.
  func dataURI(of stored: Manifest.Stored) throws(KeepError) -> String {
    let bytes = try BundleReader(path).bytes(of: "data/" + stored.path, limit: .mebibytes(256))
    return DataURI.prefix(stored.mediaType) + Base64.encode(bytes)
  }
}
