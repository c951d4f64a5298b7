import KeepInput

/// Any bytes: records come out, or a defect with a line that the text has. What was read and is written again, every
/// field in quotes, is read as the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  let lines = bytes.count { $0 == 0x0A } + 1
  let records: [CSVReader.Record]
  do throws(CSVReader.Defect) {
    records = try CSVReader.records(of: bytes)
  } catch {
    precondition((1...lines).contains(error.line), "a defect is in line \(error.line) of \(lines)")
    return 0
  }
  precondition(records.allSatisfy { (1...lines).contains($0.line) && !$0.fields.isEmpty })
  precondition(zip(records, records.dropFirst()).allSatisfy { $0.line < $1.line })
  var text: [UInt8] = []
  for record in records {
    for (index, field) in record.fields.enumerated() {
      // By bytes: to a String, a quote with an accent behind it is no quote.
      let inside = field.utf8.flatMap { $0 == 0x22 ? [$0, $0] : [$0] }
      text += [index == 0 ? 0x0A : 0x2C, 0x22] + inside + [0x22]
    }
  }
  guard let again = try? CSVReader.records(of: text) else {
    preconditionFailure("is no CSV when written")
  }
  precondition(again.map(\.fields) == records.map(\.fields), "is another table when written")
  return 0
}
