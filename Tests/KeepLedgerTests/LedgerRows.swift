import GRDB
import KeepModel
import SystemPackage

@testable import KeepLedger

/// Rows as SQL alone makes them, for ledgers of any version.
enum LedgerRows {
  /// The states of a submission that has a request, and those of one that has none.
  static let withRequest: [SubmissionState] = [
    .submitted, .finished, .archived, .partial, .failed, .canceled, .empty, .expired,
  ]
  static let withoutRequest: [SubmissionState] = [.claimed, .submitting, .inDoubt, .rejected, .abandoned]
  static let kept: [SubmissionState] = [.archived, .partial, .failed, .canceled, .empty]

  /// A submission's key, the same for the same name.
  static func key(_ name: String) -> SubmissionKey {
    SubmissionKey(Checksum(of: Array(name.utf8)).hexadecimal)
  }

  static func checksum(_ name: String) -> String { Checksum(of: Array(name.utf8)).hexadecimal }

  /// Opens a file as any program may.
  static func open(_ path: FilePath) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.foreignKeysEnabled = true
    return try DatabaseQueue(path: path.string, configuration: configuration)
  }

  /// A file as the version with so many migrations left it, with a submission in each state, its request, its bundle, an
  /// adopted request, and what else that version knew.
  static func make(version: Int, at path: FilePath) throws {
    let queue = try open(path)
    try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
    let name = LedgerSchema.migrator.migrations[version - 1]
    try LedgerSchema.migrator.migrate(queue, upTo: name)
    try queue.write { database in
      for state in SubmissionState.allCases { try insert(state, into: database, version: version) }
      try database.execute(
        sql: """
          INSERT INTO request (id, deployment, word, submittedAt) VALUES ('adopted', 'd-9', 'in_queue', 5);
          INSERT INTO event (at, request, name) VALUES (5, 'adopted', 'adopted')
          """)
    }
    try queue.close()
  }

  /// A submission that went the allowed way to a state.
  static func insert(_ state: SubmissionState, into database: Database, version: Int) throws {
    let (key, name) = (key(state.rawValue).rawValue, state.rawValue)
    let checksum = checksum("asset of \(name)")
    try database.execute(
      sql: """
        INSERT INTO submission (key, deployment, mode, overrides, state, reason, createdAt, updatedAt)
        VALUES (?, 'd-1', 'overrides', ?, 'claimed', 'why', 1, 2)
        """,
      arguments: [
        key, Blob(Array(#"[{"node":"189","input":"image","inline":"\#(checksum)"}]"#.utf8)),
      ])
    try database.execute(
      sql: """
        INSERT INTO asset (submission, node, input, path, size, checksum, mediaType)
        VALUES (?, '189', 'image', ?, 3, ?, 'image/png')
        """, arguments: [key, Blob(Array("photos/\(name).png".utf8)), checksum])
    if withRequest.contains(state) { try insertRequest(state, into: database, version: version) }
    for step in LedgerPath.steps(to: state) {
      try database.execute(
        sql: "UPDATE submission SET state = ? WHERE key = ?", arguments: [step.rawValue, key])
      try database.execute(
        sql: "INSERT INTO event (at, submission, request, name) VALUES (3, ?, ?, ?)",
        arguments: [key, withRequest.contains(step) ? "r-\(name)" : nil, step.rawValue])
    }
  }

  private static func insertRequest(
    _ state: SubmissionState, into database: Database, version: Int
  ) throws {
    let (key, name) = (key(state.rawValue).rawValue, state.rawValue)
    let isKept = kept.contains(state)
    try database.execute(
      sql: """
        INSERT INTO request (id, deployment, submission, word, submittedAt, bundle, bundleChecksum, outputs,
          archivedAt) VALUES (?, 'd-1', ?, 'completed', 4, ?, ?, 2, ?)
        """,
      arguments: [
        "r-\(name)", key, isKept ? Blob(Array("2026-09-21/\(name)/run.zip".utf8)) : nil,
        isKept ? checksum("bundle of \(name)") : nil, isKept ? 6 : nil,
      ])
    if version >= 2, isKept {
      try database.execute(
        sql: "INSERT INTO output (request, checksum) VALUES (?, ?)",
        arguments: ["r-\(name)", checksum("output of \(name)")])
    }
    if version >= 4, isKept {
      try database.execute(
        sql: """
          INSERT INTO stored (request, store, place, checksum, keepsLocal, boundAt, storedAt)
          VALUES (?, 's3://a', 's3://a/run.zip', ?, 1, 7, 8)
          """, arguments: ["r-\(name)", checksum("bundle of \(name)")])
    }
  }

  /// The migrations that a file has had.
  static func applied(_ path: FilePath) throws -> Set<String> {
    try open(path).read { try LedgerSchema.applied($0) }
  }

  /// Everything in a table, in words.
  static func dump(_ path: FilePath, _ table: String, _ columns: [String]) throws -> [String] {
    let queue = try open(path)
    let list = columns.map { "quote(\"\($0)\")" }.joined(separator: " || ',' || ")
    return try queue.read { try String.fetchAll($0, sql: "SELECT \(list) FROM \"\(table)\" ORDER BY 1") }
  }

  /// The tables of a file with their columns.
  static func tables(_ path: FilePath) throws -> [(name: String, columns: [String])] {
    try open(path).read { database in
      try String.fetchAll(
        database,
        sql: """
          SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
            AND name NOT LIKE 'grdb_%' ORDER BY name
          """
      ).map { name in (name, try database.columns(in: name).map(\.name)) }
    }
  }
}
