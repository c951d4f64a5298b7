/// Little-endian numbers in ZIP records.
struct ByteField: Sendable {
  /// What the field is called in messages.
  let name: String
  /// Bytes from the start of the record.
  let offset: Int
  /// Bytes.
  let width: Int

  init(_ name: String, _ offset: Int, _ width: Int) {
    self.name = name
    self.offset = offset
    self.width = width
  }

  /// The number in a record that is long enough.
  func value(in record: [UInt8]) -> UInt64 {
    record[offset..<offset + width].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Each fixed field that differs, as `flags is 0x8, not 0x0`.
  static func differences(_ found: [UInt8], _ expected: [UInt8], _ fields: [ByteField]) -> [String] {
    fields.compactMap { field in
      guard found.count >= field.offset + field.width, expected.count >= field.offset + field.width
      else { return nil }
      let (left, right) = (field.value(in: found), field.value(in: expected))
      return left == right
        ? nil : "\(field.name) is 0x\(String(left, radix: 16)), not 0x\(String(right, radix: 16))"
    }
  }

  /// Appends a number to a record, low byte first.
  static func append(_ value: some FixedWidthInteger & UnsignedInteger, to record: inout [UInt8]) {
    var rest = value
    for _ in 0..<(value.bitWidth / 8) {
      record.append(UInt8(truncatingIfNeeded: rest))
      rest >>= 8
    }
  }

  /// The number of `width` bytes at `offset`, which must be there.
  static func number(in record: [UInt8], at offset: Int, width: Int) -> UInt64 {
    ByteField("", offset, width).value(in: record)
  }
}
