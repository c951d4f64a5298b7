import KeepFiles
import KeepModel
import SystemPackage

/// A file that says that a plan's runs are being made again, and which runs there were before.
///
/// It is there from before the first submit until every run has ended. Where it is found at the start, the same command
/// was stopped: what it made since is not paid for a second time, though a rerun repeats what is kept.
struct RerunMark {
  let path: FilePath
  private let keys: [SubmissionKey]

  /// The mark of a plan: the same bundles with the same changes have the same one.
  init(of plan: RerunPlan, in layout: ArchiveLayout) {
    let keys = Set(plan.runs.runs.compactMap(\.key)).sorted()
    let digest = Checksum(of: Array(keys.map(\.rawValue).joined(separator: "\n").utf8))
    self.keys = keys
    self.path = layout.hidden.appending("rerun-\(digest.hexadecimal.prefix(32)).json")
  }

  /// The submissions that ended since the mark was made; none without a mark.
  ///
  /// - Parameter entries: What the ledger knows by now.
  /// - Throws: ``KeepError`` with code `local_io` when the mark is there and cannot be read.
  func ended(among entries: [SubmissionKey: LedgerEntry]) throws(KeepError) -> Set<SubmissionKey> {
    guard try FileReader.isThere(path) else { return [] }
    let bytes = try FileReader.bytes(of: path, limit: .mebibytes(64))
    guard let before = try? JSONDocument(parsing: bytes).value.object else {
      throw KeepError(
        .localIO, .path(path), "does not say which reruns were under way",
        hint: "look at comfykeep list, then remove the file: the same command submits them all again")
    }
    return Set(
      keys.filter { key in
        guard let entry = entries[key] else { return false }
        let isNew = before[key.rawValue] != .optional(entry.request?.rawValue)
        switch entry.state {
        case .archived, .partial, .failed, .canceled, .empty, .expired: return isNew
        case .abandoned: return true
        case .claimed, .rejected, .submitting, .inDoubt, .submitted, .finished: return false
        }
      })
  }

  /// Makes the mark, durably; one that is there stays.
  ///
  /// - Throws: ``KeepError`` with code `local_io`.
  func begin(_ entries: [SubmissionKey: LedgerEntry]) throws(KeepError) {
    var before = JSONObject()
    for key in keys { before[key.rawValue] = .optional(entries[key]?.request?.rawValue) }
    _ = try AtomicFile.publish(
      CanonicalJSON.compact(.object(before)), as: path, permissions: .ownerReadWrite)
  }

  /// Takes the mark away, now that every run has ended. If that fails, the next such command makes no new run, and says
  /// so.
  func end() { try? Folder.removeFile(path) }
}

extension Archive {
  /// The latest of every submission.
  ///
  /// - Throws: ``KeepError`` with code `ledger_unusable`.
  func submissions() async throws(KeepError) -> [SubmissionKey: LedgerEntry] {
    var known: [SubmissionKey: LedgerEntry] = [:]
    for entry in try await entries() { if let key = entry.key { known[key] = entry } }
    return known
  }
}
