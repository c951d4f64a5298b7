import KeepArchive
import KeepModel
import SystemPackage

extension BundleVerifier {
  /// The SHA-256 of a bundle that was just written and reads back without fault.
  ///
  /// - Throws: ``KeepError`` with code `fixity`, naming the first fault.
  func requireWhole(_ path: FilePath) throws(KeepError) -> Checksum {
    let report = verify(path)
    let fault = report.findings.first { finding in
      finding.status != nil && finding.status != .partial
    }
    guard fault == nil, let checksum = report.checksum else {
      throw KeepError(
        .fixity, .path(path),
        "the bundle does not read back as it was written: \(fault?.description ?? "it cannot be read")",
        hint: "check the disk; nothing was published, and the downloads are still there")
    }
    return checksum
  }
}
