import KeepFiles
import KeepModel
import SystemPackage

@testable import KeepArchive

/// One ZIP: no trap; what is called canonical and safe has portable names, each once, that lie one behind the other;
/// entries found without a directory are at least those of a sound one; no entry gives more bytes than it declares.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzZIP(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  MemoryFile.shared.fill(UnsafeRawBufferPointer(start: start, count: count))
  do {
    var reader = ZIPReader(try FileReader(MemoryFile.shared.path))
    if let directory = try reader.directory() {
      EntrySafety.check(directory, &reader.log)
      if !reader.log.has(.unsafeBundle), !reader.log.has(.fixity) { try ZIPFuzz.check(directory, reader) }
    }
    let walked = try LocalWalk.entries(of: reader.file)
    precondition(walked.count <= count / 30, "more entries than headers")
    for entry in walked { precondition(entry.dataOffset <= UInt64(count), "data outside of the file") }
  } catch {
    preconditionFailure("\(error)")
  }
  return 0
}

enum ZIPFuzz {
  static func check(_ directory: ZIPDirectory, _ reader: borrowing ZIPReader) throws(KeepError) {
    let entries = directory.entries.sorted { $0.offset < $1.offset }
    for (left, right) in zip(entries, entries.dropFirst()) {
      precondition(left.end <= right.offset, "entries overlap")
    }
    precondition(Set(entries.map { $0.path.lowercased() }).count == entries.count, "a name comes twice")
    for entry in entries {
      let inner = entry.name.drop { $0 != UInt8(ascii: "/") }.dropFirst()
      precondition(PayloadPath(String(decoding: inner, as: UTF8.self)) != nil, "a name is not portable")
      var size: UInt64 = 0
      let content = try reader.file.stream(entry) { size += UInt64($0.count) }
      precondition(size <= entry.size, "more bytes than declared")
      precondition(!content.isWhole(entry) || size == entry.size, "fewer bytes than declared")
    }
    let isSpelled = ![6, 30].contains { status in
      reader.log.finished().contains { $0.status?.exitStatus == status }
    }
    guard isSpelled else { return }
    let walked = try LocalWalk.entries(of: reader.file)
    precondition(walked.map(\.name) == directory.entries.map(\.name), "the walk finds other entries")
  }
}
