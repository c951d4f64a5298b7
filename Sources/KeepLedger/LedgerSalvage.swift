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
    do {
      try read(path)
    } catch {
      // The header is the same in every ledger, but for its counters.
      do {
        try LedgerHeader.mend(path)
        try read(path)
        losses.append("the header of the file is damaged")
      } catch {
        losses.append("no table can be read: \(Ledger.failure(error, path).reason)")
      }
    }
  }

  private mutating func read(_ path: FilePath) throws {
    let queue = try DatabaseQueue(path: path.string)
    let found = try queue.read { database in
      guard try database.tableExists("submission") else {
        throw KeepError(.ledgerUnusable, .none, "there is no table of submissions")
      }
      return try LedgerTable.allCases.filter { try database.tableExists($0.rawValue) }
    }
    for table in found {
      let walk = try queue.read { LedgerWalk(table, in: $0) }
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

/// The first bytes of a ledger's file, which are the same in every ledger but for counters.
enum LedgerHeader {
  /// Writes them anew, and the file's size in pages with them.
  static func mend(_ path: FilePath) throws {
    let file = try FileDescriptor.open(path, .readWrite, options: .closeOnExec)
    try file.closeAfter {
      let size = try file.seek(offset: 0, from: .end)
      let pages = UInt32(clamping: size / 4096)
      try write("SQLite format 3\0".utf8 + [0x10, 0, 2, 2, 0, 64, 32, 32], at: 0, file)
      // The page count counts only where two change counters agree.
      try write(big(1) + big(pages) + big(0) + big(0), at: 24, file)
      try write(big(4) + big(0) + big(0) + big(1), at: 44, file)
      try write(big(0) + big(UInt32(bitPattern: LedgerSchema.applicationID)), at: 64, file)
      try write([UInt8](repeating: 0, count: 20) + big(1), at: 72, file)
    }
  }

  private static func big(_ number: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
  }

  private static func write(_ bytes: [UInt8], at place: Int64, _ file: FileDescriptor) throws {
    _ = try file.writeAll(toAbsoluteOffset: place, bytes)
  }
}
