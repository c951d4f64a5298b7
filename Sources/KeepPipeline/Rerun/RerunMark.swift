import KeepFiles
import KeepModel
import SystemPackage

/// Files that say that a plan's runs are being made again, one for each, and which run there was before.
///
/// They are there from before the first submit until every run of a command has ended. Where one is found at the start,
/// such a command was stopped: what it made since is not paid for a second time, though a rerun repeats what is kept,
/// whatever else is in the plan by now.
struct RerunMark {
  private let layout: ArchiveLayout
  private let keys: [SubmissionKey]

  /// The marks of a plan's runs.
  init(of plan: RerunPlan, in layout: ArchiveLayout) {
    self.layout = layout
    self.keys = Set(plan.runs.runs.compactMap(\.key)).sorted()
  }

  private func path(_ key: SubmissionKey) -> FilePath {
    layout.hidden.appending("rerun-\(key.rawValue.prefix(32)).json")
  }

  /// The submissions that ended since their marks were made; none without a mark.
  ///
  /// - Parameter entries: What the ledger knows by now.
  /// - Throws: ``KeepError`` with code `local_io` when a mark is there and cannot be read.
  func ended(among entries: [SubmissionKey: LedgerEntry]) throws(KeepError) -> Set<SubmissionKey> {
    var ended: Set<SubmissionKey> = []
    for key in keys {
      guard let entry = entries[key], let before = try before(key) else { continue }
      let isNew = before != .optional(entry.request?.rawValue)
      let isOver =
        switch entry.state {
        case .archived, .partial, .failed, .canceled, .empty, .expired: isNew
        case .abandoned: true
        case .claimed, .rejected, .submitting, .inDoubt, .submitted, .finished: false
        }
      if isOver { ended.insert(key) }
    }
    return ended
  }

  /// The request before the one that is being made, or `null`; `nil` without a mark.
  private func before(_ key: SubmissionKey) throws(KeepError) -> JSONValue? {
    let path = path(key)
    guard try FileReader.isThere(path) else { return nil }
    let bytes = try FileReader.bytes(of: path, limit: .mebibytes(1))
    guard let before = try? JSONDocument(parsing: bytes).value.object?[key.rawValue] else {
      throw KeepError(
        .localIO, .path(path), "does not say which rerun was under way",
        hint: "look at comfykeep list, then remove the file: the same command submits it again")
    }
    return before
  }

  /// Makes the marks, durably; those that are there stay.
  ///
  /// - Throws: ``KeepError`` with code `local_io`.
  func begin(_ entries: [SubmissionKey: LedgerEntry]) throws(KeepError) {
    for key in keys {
      var before = JSONObject()
      before[key.rawValue] = .optional(entries[key]?.request?.rawValue)
      _ = try AtomicFile.publish(
        CanonicalJSON.compact(.object(before)), as: path(key), permissions: .ownerReadWrite)
    }
  }

  /// Takes the marks away, now that every run has ended. If that fails, the next such command makes no new run, and says
  /// so.
  func end() { for key in keys { try? Folder.removeFile(path(key)) } }
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
