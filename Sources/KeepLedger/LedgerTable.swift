/// The tables of a ledger, parents before those that name them.
enum LedgerTable: String, CaseIterable {
  case workflow, batch, submission, asset, request, output, stored, upload, hint, event, arrival, arrivalRun,
    watchFolder,
    watchDay, watchPause

  /// What its rows are ordered by.
  var key: [String] {
    switch self {
    case .workflow: ["checksum"]
    case .batch, .request, .event, .arrival, .watchPause: ["id"]
    case .submission: ["key"]
    case .asset: ["submission", "node", "input"]
    case .output: ["request", "checksum"]
    case .stored: ["request", "store"]
    case .upload: ["target", "name"]
    case .hint: ["submission", "request"]
    case .arrivalRun: ["arrival", "submission"]
    case .watchFolder: ["folder"]
    case .watchDay: ["day"]
    }
  }

  /// `key` in SQL, in one direction.
  func order(isForward: Bool) -> String {
    key.map { "\"\($0)\" \(isForward ? "ASC" : "DESC")" }.joined(separator: ", ")
  }
}
