import KeepFiles
import KeepLedger
import KeepModel
import SystemPackage

/// What a killed process leaves: temporary files, the downloads of runs that were kept all the same, and copies
/// of assets that no run needs any more.
///
/// A mark says that a writer is at work; one that is still there when the next writer starts tells that the
/// last one was killed, and only then is the whole archive looked through. Held under the archive's lock.
struct Leftovers {
  let layout: ArchiveLayout

  private var mark: FilePath { layout.hidden.appending("writing") }

  /// Sets the mark; cleans up first if it stands already.
  func begin(_ ledger: Ledger) async throws(KeepError) {
    if FileReader.exists(mark) { try await clean(ledger) }
    CrashPoint.leftoversCleaned.pass()
    try Folder.makeMark(mark)
  }

  /// Takes the mark away; if that fails the next writer only cleans up once more.
  func end() { try? Folder.removeFile(mark) }

  private func clean(_ ledger: Ledger) async throws(KeepError) {
    for folder in [layout.hidden, layout.inputs] { _ = try Folder.removeLeftovers(in: folder) }
    for folder in try layout.bundleFolders() { _ = try Folder.removeLeftovers(in: folder) }
    for spool in try ArchiveLayout.folders(in: layout.spools) {
      let name = spool.lastComponent?.string ?? ""
      if try await ledger.record(of: RequestID(name))?.kept != nil { try Folder.removeSpool(spool) }
    }
    try layout.removeExtracted()
    let inputs = KeptInputs(layout.inputs)
    try inputs.removeLent()
    for checksum in try inputs.all() {
      if try await !ledger.needsInput(checksum) { try inputs.discard(checksum) }
    }
  }
}
