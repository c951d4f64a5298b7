internal import GRDB
internal import KeepModel
package import SystemPackage

/// Whatever can still be read of a damaged ledger: its rows, and what indexes and events tell of rows that cannot.
package struct LedgerSalvage: Sendable {
  /// The rows of each table.
  private(set) var rows: [LedgerTable: [LedgerRow]] = [:]
  /// The state of each submission as the index of states tells it.
  private(set) var states: [String: String] = [:]
  /// The submission of each request, as the index of requests and the events tell it.
  private(set) var owners: [String: String] = [:]
  /// Whether later changes are known to be lost, so that a submission may have got further than its row says.
  package private(set) var isStale = false
  /// Whether there is a ledger of which nothing at all could be read.
  package private(set) var isUnreadable = false
  /// What could not be read, in words.
  package private(set) var losses: [String] = []

  /// Nothing: there is no file.
  package init() {}

  /// Reads a copy of a ledger with its write-ahead log and index beside it. The copy is changed: it is not to be the
  /// ledger itself.
  package init(ofCopy path: FilePath) {
    if let damage = try? WriteAheadLog.damage(besideLedger: path) {
      isStale = true
      losses.append(damage)
    }
    let repairs: [(words: String?, repair: (FilePath) throws -> Void)] =
      [(nil, { _ in }), ("the header of the file is damaged", LedgerPages.mendHeader)]
      + LedgerSchema.migrator.migrations.reversed().map { version in
        ("the list of tables is damaged", { try LedgerPages.mendSchema($0, as: version) })
      }
    var failure: (any Error)?
    for (words, repair) in repairs {
      do {
        try repair(path)
        let lost = losses
        try read(path)
        if let words { losses = lost + [words] + losses.dropFirst(lost.count) }
        return
      } catch {
        failure = failure ?? error
      }
    }
    isUnreadable = true
    losses.append("no table can be read" + (failure.map { ": \(Ledger.failure($0, path).reason)" } ?? ""))
  }

  private mutating func read(_ path: FilePath) throws {
    let queue = try DatabaseQueue(path: path.string)
    // Each statement is a transaction of its own: one that has met a damaged page cannot be ended, and what was read in
    // it would be thrown away.
    try queue.unsafeRead { try read($0) }
    // Closing moves the log of the copy into it, or fails; nothing depends on it.
    try? queue.close()
  }

  private mutating func read(_ database: Database) throws {
    guard try database.tableExists("submission") else {
      throw KeepError(.ledgerUnusable, .none, "there is no table of submissions")
    }
    var walks: [LedgerTable: LedgerWalk] = [:]
    for table in LedgerTable.allCases where try database.tableExists(table.rawValue) {
      walks[table] = LedgerWalk(table, in: database)
    }
    let events = walks[.event]?.rows ?? []
    let states = Self.states(database)
    let owners = Self.owners(database, events)
    walks[.submission]?.look(for: Set(states.keys).union(owners.values))
    walks[.request]?.look(for: Set(owners.keys))
    // Tables that were found in the wrong places hold nothing that makes sense.
    let isLedger = walks.values.contains { walk in walk.rows.contains(where: Self.makesSense) }
    guard isLedger || !states.isEmpty || !owners.isEmpty || walks.values.allSatisfy({ $0.failure == nil })
    else { throw KeepError(.ledgerUnusable, .none, "no row can be read") }
    (self.states, self.owners) = (states, owners)
    for table in LedgerTable.allCases {
      guard let walk = walks[table] else { continue }
      rows[table] = walk.rows
      guard let failure = walk.failure else { continue }
      losses.append("\(walk.rows.count) rows of the table \(table.rawValue) were read, then: \(failure)")
    }
  }

  private static func states(_ database: Database) -> [String: String] {
    database.pairs("SELECT key, state FROM submission INDEXED BY submissionByState").filter { key, state in
      Checksum(hexadecimal: key) != nil && SubmissionState(rawValue: state) != nil
    }
  }

  private static func owners(_ database: Database, _ events: [LedgerRow]) -> [String: String] {
    var owners = database.pairs(
      "SELECT id, submission FROM request INDEXED BY requestBySubmission WHERE submission IS NOT NULL")
    for event in events where event.text("name") == "submitted" {
      guard let request = event.text("request"), let submission = event.text("submission") else { continue }
      if owners[request] == nil { owners[request] = submission }
    }
    return owners.filter { id, owner in !id.isEmpty && Checksum(hexadecimal: owner) != nil }
  }
}

extension LedgerSalvage {
  /// Whether a row is one that only the tables of a ledger hold.
  private static func makesSense(_ row: LedgerRow) -> Bool {
    switch LedgerTable(rawValue: row.table) {
    case .submission:
      row.text("key").flatMap(Checksum.init(hexadecimal:)) != nil
        && row.text("state").flatMap(SubmissionState.init) != nil
    case .request:
      row.text("id")?.isEmpty == false && row.text("deployment") != nil && row.integer("submittedAt") != nil
    case .event: row.integer("at") != nil && row.text("name") != nil
    default: false
    }
  }
}

extension LedgerSalvage {
  /// The submissions that events say to have been sent, or begun to be.
  var sentSubmissions: Set<String> {
    let unsent = ["claimed", "rejected", "uploaded"]
    return Set(
      (rows[.event] ?? []).filter { !unsent.contains($0.text("name") ?? "") }.compactMap {
        $0.text("submission")
      }
    ).filter { Checksum(hexadecimal: $0) != nil }
  }

  /// Whether the row of a request says that it is kept.
  func wasKept(_ id: String) -> Bool {
    (rows[.request] ?? []).contains { $0.text("id") == id && $0["bundle"] != nil }
  }

  /// Whether a request was taken away from its submission again, since the service does not know it.
  func wasTakenAway(_ id: String) -> Bool {
    let events = (rows[.event] ?? []).filter { $0.text("request") == id }
    let last = events.max { $0.integer("id") ?? 0 < $1.integer("id") ?? 0 }
    return last?.text("name") == "inDoubt" || last?.text("name") == "disowned"
  }

  func submittedAt(_ id: String) -> Int64? {
    (rows[.event] ?? []).filter { $0.text("request") == id }.compactMap { $0.integer("at") }.min()
  }
}

extension Database {
  /// Pairs of texts, as far as they can be read from either end.
  fileprivate func pairs(_ sql: String) -> [String: String] {
    var pairs: [String: String] = [:]
    for order in ["ASC", "DESC"] {
      guard let rows = try? Row.fetchCursor(self, sql: "\(sql) ORDER BY 2 \(order)") else { continue }
      while let row = try? rows.next() {
        guard let key = String.fromDatabaseValue(row[0]), let value = String.fromDatabaseValue(row[1])
        else { continue }
        pairs[key] = value
      }
    }
    return pairs
  }
}

/// The rows of a table, walked from both ends until they cannot be read, and then from places in between.
private struct LedgerWalk {
  private let table: LedgerTable
  private let database: Database
  private var found: [[LedgerRow.Value]: LedgerRow] = [:]
  /// Why they are not all there.
  private(set) var failure: String?

  init(_ table: LedgerTable, in database: Database) {
    self.table = table
    self.database = database
    if let error = walk("1", isForward: true) {
      failure = (error as? DatabaseError)?.message ?? "\(error)"
      _ = walk("1", isForward: false)
      for place in places {
        for isForward in [true, false] { _ = walk(place, isForward: isForward) }
      }
    }
  }

  var rows: [LedgerRow] { Array(found.values) }

  /// Reads the rows with keys that something else told of, where not all could be read.
  mutating func look(for keys: Set<String>) {
    guard failure != nil else { return }
    let known = Set(found.values.compactMap { $0.text(table.key[0]) })
    for key in keys.subtracting(known) { _ = walk("\"\(table.key[0])\" = ?", [key], isForward: true) }
  }

  /// Parts of the table: what lies on other pages than the damaged one can be reached by its key.
  private var places: [String] {
    let key = "\"\(table.key[0])\""
    guard table == .event else {
      return (0..<256).map { number in
        let digits = String(number, radix: 16)
        let prefix = (digits.utf8.count < 2 ? "0" : "") + digits
        return "\(key) >= '\(prefix)' AND \(key) < '\(prefix)g'"
      }
    }
    let last = found.values.compactMap { $0.integer("id") }.max() ?? 0
    return stride(from: 0, through: last, by: 20).map { "\(key) > \($0) AND \(key) <= \($0 + 20)" }
  }

  /// Reads on until the end or an error, which it returns.
  private mutating func walk(
    _ condition: String, _ arguments: StatementArguments = [], isForward: Bool
  ) -> (any Error)? {
    do {
      let cursor = try Row.fetchCursor(
        database,
        sql: """
          SELECT * FROM "\(table.rawValue)" WHERE \(condition) ORDER BY \(table.order(isForward: isForward))
          """, arguments: arguments)
      while let row = try cursor.next() {
        let row = LedgerRow(table.rawValue, row)
        found[table.key.map { row[$0] ?? .null }] = row
      }
      return nil
    } catch {
      return error
    }
  }
}
