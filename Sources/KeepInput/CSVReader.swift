/// The records of a CSV text as RFC 4180 has them: fields parted by commas, quoted with `"` where they hold commas,
/// quotes (doubled) or line ends. Lines end in LF or CRLF; a byte order mark in front and empty lines are passed over.
package enum CSVReader {
  /// A line of fields.
  package struct Record: Sendable, Hashable {
    /// The line that it starts on, from 1.
    package let line: Int
    /// The fields in order, quotes taken off.
    package let fields: [String]
  }

  /// Why a text is not CSV.
  package struct Defect: Error, Sendable, Hashable {
    /// The line, from 1.
    package let line: Int
    /// What is wrong, in words.
    package let reason: String
  }

  /// Reads all records.
  ///
  /// - Throws: ``Defect`` for bytes that are not UTF-8, a quote in the middle of a plain field, text after a closing
  ///   quote, a quote that is never closed, and a NUL.
  package static func records(of bytes: [UInt8]) throws(Defect) -> [Record] {
    var reader = Pass(bytes: bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...])
    return try reader.records()
  }

  private struct Pass {
    let bytes: ArraySlice<UInt8>
    var place: Int
    var line = 1

    init(bytes: ArraySlice<UInt8>) {
      self.bytes = bytes
      self.place = bytes.startIndex
    }

    private var next: UInt8? { place < bytes.endIndex ? bytes[place] : nil }

    mutating func records() throws(Defect) -> [Record] {
      var records: [Record] = []
      while place < bytes.endIndex {
        let start = line
        let fields = try self.fields()
        if fields != [""] { records.append(Record(line: start, fields: fields)) }
      }
      return records
    }

    /// The fields up to the end of a record, which is passed.
    private mutating func fields() throws(Defect) -> [String] {
      var fields: [String] = []
      while true {
        fields.append(try next == UInt8(ascii: "\"") ? quoted() : plain())
        guard next == UInt8(ascii: ",") else { break }
        place += 1
      }
      if next == UInt8(ascii: "\r") { place += 1 }
      if next == UInt8(ascii: "\n") {
        place += 1
        line += 1
      }
      return fields
    }

    private mutating func plain() throws(Defect) -> String {
      let start = place
      while let byte = next, byte != UInt8(ascii: ","), !isLineEnd(byte) {
        guard byte != UInt8(ascii: "\"") else {
          throw Defect(line: line, reason: "has a quote inside a field that does not begin with one")
        }
        place += 1
      }
      return try text(Array(bytes[start..<place]))
    }

    private mutating func quoted() throws(Defect) -> String {
      let start = line
      var content: [UInt8] = []
      place += 1
      while let byte = next {
        place += 1
        if byte == UInt8(ascii: "\n") { line += 1 }
        guard byte == UInt8(ascii: "\"") else {
          content.append(byte)
          continue
        }
        if next == UInt8(ascii: "\"") {
          content.append(byte)
          place += 1
          continue
        }
        guard next.map({ $0 == UInt8(ascii: ",") || isLineEnd($0) }) ?? true else {
          throw Defect(line: line, reason: "goes on after a closing quote; write a quote inside as \"\"")
        }
        return try text(content)
      }
      throw Defect(line: start, reason: "begins a quoted field that is never closed")
    }

    /// A lone carriage return is part of a field.
    private func isLineEnd(_ byte: UInt8) -> Bool {
      byte == UInt8(ascii: "\n")
        || byte == UInt8(ascii: "\r")
          && (place + 1 >= bytes.endIndex || bytes[place + 1] == UInt8(ascii: "\n"))
    }

    private func text(_ bytes: [UInt8]) throws(Defect) -> String {
      guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
        throw Defect(line: line, reason: "is not UTF-8 text; save the table as UTF-8")
      }
      return text
    }
  }
}
