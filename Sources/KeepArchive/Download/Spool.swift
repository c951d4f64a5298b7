import Glibc
import KeepFiles
import KeepModel
import SystemPackage

/// The name of a file in the spool, from the place of its output in the sorted list: `0003`.
struct SpoolName: Sendable, Hashable {
  let text: String

  init(position: Int) {
    let digits = String(position)
    text = String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
  }
}

/// The folder where the files of one run lie until its bundle is written. Only a cache: nothing is synced,
/// and what a killed run left is used again only after its bytes were hashed.
struct Spool: Sendable {
  enum Part: String { case part, data }

  let folder: FilePath

  func path(_ name: SpoolName, _ part: Part) -> FilePath {
    folder.appending("\(name.text).\(part.rawValue)")
  }

  /// One line a finished file, so that thousands of small files cost one write each.
  private var journal: FilePath { folder.appending("finished.jsonl") }

  /// Notes that a file is whole.
  ///
  /// - Throws: ``KeepError`` with code `localIO`.
  func record(_ payload: PayloadFile, _ name: SpoolName, _ url: HTTPURL) throws(KeepError) {
    let line = CanonicalJSON.compact([
      "name": .string(name.text), "url": .string(url.withoutQuery.description),
      "sha256": .string(payload.checksum.hexadecimal), "size": .integer(payload.size),
    ])
    do {
      let file = try FileDescriptor.open(
        journal, .writeOnly, options: [.create, .append, .noFollow, .closeOnExec],
        permissions: .ownerReadWrite)
      // A line feed on both sides: a line torn by a crash cannot spoil the next.
      try file.closeAfter { _ = try file.writeAll([0x0A] + line + [0x0A]) }
    } catch {
      throw .file(error, journal, "cannot be written")
    }
  }

  /// What an earlier process finished, the latest of each name. A journal that cannot be read holds nothing.
  func finished() -> [SpoolName: FinishedFile] {
    // The spool is only a cache: without it, everything is downloaded again.
    guard let bytes = try? FileReader.bytes(of: journal, limit: .mebibytes(256)) else { return [:] }
    return bytes.split(separator: 0x0A).reduce(into: [:]) { files, line in
      guard let value = try? JSONDocument(parsing: Array(line)).value,
        let file = FinishedFile(value)
      else { return }
      files[file.name] = file
    }
  }

  /// Reads what an earlier process finished, if it is still what it was then; else `nil`.
  func reuse(_ file: FinishedFile, url: HTTPURL, filename: String) -> PayloadFile? {
    let data = path(file.name, .data)
    guard file.url == url.withoutQuery.description,
      let reader = try? FileReader(data, followsLinks: false), reader.size == file.size
    else { return nil }
    var partial = PartialFile()
    guard (try? reader.forEachPiece { partial.count(Array($0)) }) != nil else { return nil }
    let type = PayloadType(filename: filename, head: partial.head, size: partial.size)
    let payload = partial.payload(at: data, mediaType: type.mediaType)
    return payload.checksum == file.checksum ? payload : nil
  }

  func remove(_ name: SpoolName, _ part: Part) {
    unlink(path(name, part).string)
  }
}

/// A line of the spool's journal.
struct FinishedFile: Sendable, Equatable {
  let name: SpoolName
  let url: String
  let size: UInt64
  let checksum: Checksum

  init?(_ json: JSONValue) {
    guard let name = json["name"]?.string.flatMap(SpoolName.init(text:)),
      let url = json["url"]?.string, let size = json["size"]?.number?.unsigned,
      let checksum = json["sha256"]?.string.flatMap(Checksum.init(hexadecimal:))
    else { return nil }
    self.name = name
    self.url = url
    self.size = size
    self.checksum = checksum
  }
}

extension SpoolName {
  init?(text: String) {
    guard let position = Int(text), position >= 0 else { return nil }
    self.init(position: position)
  }
}
