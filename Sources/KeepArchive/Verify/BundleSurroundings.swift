import Glibc
import KeepFiles
import KeepModel
import SystemPackage

/// What lies around a bundle: its own name, and the `.sha256` file beside it.
struct BundleSurroundings {
  let path: FilePath
  private let filename: String

  init(path: FilePath) {
    self.path = path
    self.filename = path.lastComponent?.string ?? ""
  }

  /// The file's name is its top directory's, with `.partial` for a partial one.
  func checkName(
    _ top: String, _ completeness: Manifest.Completeness?, _ log: inout FindingLog
  ) {
    let isPartialName = filename.hasSuffix(".partial.zip")
    let stem = filename.dropLast(
      isPartialName ? ".partial.zip".utf8.count : filename.hasSuffix(".zip") ? ".zip".utf8.count : 0)
    if stem != top || !filename.hasSuffix(".zip") {
      log.note(.renamed, "the file is called \(filename), not \(top).zip")
    } else if let completeness, isPartialName != (completeness == .partial) {
      log.note(
        .partialMisnamed, "the file is called \(filename), but the bundle is \(completeness.rawValue)")
    }
  }

  /// What `NAME.zip.sha256` says, if it is there and can be used.
  func sidecar() -> Checksum? {
    var log = FindingLog()
    return stated(&log)
  }

  /// Compares with `NAME.zip.sha256`, if it is there.
  func checkSidecar(_ checksum: Checksum, _ log: inout FindingLog) {
    guard let stated = stated(&log), stated != checksum else { return }
    log.note(.sidecarDiffers, "SHA-256 is \(checksum); the .sha256 file says \(stated)")
  }

  private func stated(_ log: inout FindingLog) -> Checksum? {
    let sidecars = BundleSidecars(of: path)
    guard sidecars.checksum.withPlatformString({ access($0, F_OK) }) == 0 else { return nil }
    let bytes: [UInt8]
    do { bytes = try FileReader.bytes(of: sidecars.checksum, limit: 4096) } catch {
      log.note(.sidecarUnusable, "the .sha256 file beside the bundle cannot be used: \(error.reason)")
      return nil
    }
    guard let stated = sidecars.stated(in: bytes) else {
      log.note(.sidecarUnusable, "the .sha256 file beside the bundle is not a line of sha256sum for it")
      return nil
    }
    return stated
  }
}
