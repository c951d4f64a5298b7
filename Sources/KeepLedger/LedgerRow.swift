internal import GRDB

/// A row of a table as it lies there, for those who look at a ledger from outside of what it means.
package struct LedgerRow: Sendable, Equatable {
  /// A value in a column.
  package enum Value: Sendable, Hashable {
    case null
    case integer(Int64)
    case text(String)
    case bytes([UInt8])
  }

  /// The table.
  package let table: String
  /// The values by column, in the table's order.
  package let columns: [(name: String, value: Value)]

  package init(_ table: String, _ columns: [(name: String, value: Value)]) {
    self.table = table
    self.columns = columns
  }

  init(_ table: String, _ row: Row) {
    self.table = table
    self.columns = row.map { name, value in (name, Value(value)) }
  }

  package static func == (left: Self, right: Self) -> Bool {
    left.table == right.table && left.columns.elementsEqual(right.columns) { $0 == $1 }
  }

  /// The value in a column; `nil` where it is NULL or there is no such column.
  package subscript(_ name: String) -> Value? {
    columns.first { $0.name == name && $0.value != .null }?.value
  }

  package func text(_ name: String) -> String? {
    if case .text(let text) = self[name] { text } else { nil }
  }

  package func integer(_ name: String) -> Int64? {
    if case .integer(let number) = self[name] { number } else { nil }
  }

  package func bytes(_ name: String) -> [UInt8]? {
    if case .bytes(let bytes) = self[name] { bytes } else { nil }
  }
}

extension LedgerRow.Value {
  init(_ value: DatabaseValue) {
    switch value.storage {
    case .null: self = .null
    case .int64(let number): self = .integer(number)
    // No table has a column of this kind.
    case .double(let number): self = .text("\(number)")
    case .string(let text): self = .text(text)
    case .blob: self = .bytes(Blob.fromDatabaseValue(value)?.bytes ?? [])
    }
  }

  var databaseValue: DatabaseValue {
    switch self {
    case .null: .null
    case .integer(let number): number.databaseValue
    case .text(let text): text.databaseValue
    case .bytes(let bytes): Blob(bytes).databaseValue
    }
  }
}
