import KeepFiles
import KeepLedger
import KeepModel
import SystemPackage

/// What a killed process leaves: temporary files, the downloads of runs that were kept all the same, and copies
/// of assets that no run needs any more.
///
/// A ``WriterMark`` that nobody living set tells that there may be some. Held under the archive's lock, alone.
struct Leftovers {
  let layout: ArchiveLayout

  /// Clears away what killed processes left, where their marks tell of them.
  ///
  /// What a process with another ledger left is not judged by this one, and stays.
  func clear(_ ledger: Ledger, at path: FilePath) async throws(KeepError) {
    let marks = try WriterMark.all(in: layout.hidden)
    guard !marks.isEmpty, marks.allSatisfy({ WriterMark.otherLedger(of: $0, than: path) == nil }) else {
      return
    }
    try await clean(ledger)
    CrashPoint.leftoversCleaned.pass()
    for mark in marks { try Folder.removeFile(mark) }
  }

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
