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
    losses.append("no table can be read" + (failure.map { ": \(Ledger.failure($0, path).reason)" } ?? ""))
  }

  private mutating func read(_ path: FilePath) throws {
    let queue = try DatabaseQueue(path: path.string)
    let found = try queue.read { database in
      guard try database.tableExists("submission") else {
        throw KeepError(.ledgerUnusable, .none, "there is no table of submissions")
      }
      return try LedgerTable.allCases.filter { try database.tableExists($0.rawValue) }
    }
    let walks = try found.map { table in try queue.read { (table, LedgerWalk(table, in: $0)) } }
    // Tables that were found in the wrong places hold nothing that makes sense.
    let isLedger = walks.contains { table, walk in
      table == .submission && walk.rows.contains(where: Self.isSubmission)
    }
    guard isLedger || walks.allSatisfy({ $0.1.failure == nil }) else {
      throw KeepError(.ledgerUnusable, .none, "no submission can be read")
    }
    for (table, walk) in walks {
      rows[table] = walk.rows
      guard let failure = walk.failure else { continue }
      losses.append("\(walk.rows.count) rows of the table \(table.rawValue) were read, then: \(failure)")
    }
    states = queue.pairs("SELECT key, state FROM submission INDEXED BY submissionByState")
    owners = queue.pairs(
      "SELECT id, submission FROM request INDEXED BY requestBySubmission WHERE submission IS NOT NULL")
    for event in rows[.event] ?? [] where event.text("name") == "submitted" {
      guard let request = event.text("request"), let submission = event.text("submission") else { continue }
      if owners[request] == nil { owners[request] = submission }
    }
    // Closing moves the log of the copy into it, or fails; nothing depends on it.
    try? queue.close()
  }
}

extension LedgerSalvage {
  private static func isSubmission(_ row: LedgerRow) -> Bool {
    row.text("key").flatMap(Checksum.init(hexadecimal:)) != nil
      && row.text("state").flatMap(SubmissionState.init) != nil
  }
}

extension DatabaseQueue {
  /// Pairs of texts, as far as they can be read from either end.
  fileprivate func pairs(_ sql: String) -> [String: String] {
    var pairs: [String: String] = [:]
    for order in ["ASC", "DESC"] {
      let found = unsafeRead { database -> [(String, String)] in
        var found: [(String, String)] = []
        guard let rows = try? Row.fetchCursor(database, sql: "\(sql) ORDER BY 2 \(order)") else { return [] }
        while let row = try? rows.next() {
          guard let key = String.fromDatabaseValue(row[0]), let value = String.fromDatabaseValue(row[1])
          else { continue }
          found.append((key, value))
        }
        return found
      }
      for (key, value) in found { pairs[key] = value }
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
  private mutating func walk(_ condition: String, isForward: Bool) -> (any Error)? {
    do {
      let cursor = try Row.fetchCursor(
        database,
        sql: """
          SELECT * FROM "\(table.rawValue)" WHERE \(condition) ORDER BY \(table.order(isForward: isForward))
          """)
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
