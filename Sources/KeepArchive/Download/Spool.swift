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
  enum Part: String {
    /// What is still coming.
    case part
    /// What ties the rest of it to its beginning.
    case resume
    /// Whole files.
    case data
  }

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
    // A line feed on both sides: a line torn by a crash cannot spoil the next.
    try write([0x0A] + line + [0x0A], to: journal, options: [.create, .append])
  }

  private func write(
    _ bytes: [UInt8], to path: FilePath, options: FileDescriptor.OpenOptions
  ) throws(KeepError) {
    do {
      let file = try FileDescriptor.open(
        path, .writeOnly, options: options.union([.noFollow, .closeOnExec]),
        permissions: .ownerReadWrite)
      try file.closeAfter { _ = try file.writeAll(bytes) }
    } catch {
      throw .file(error, path, "cannot be written")
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

  /// Reads what an earlier process finished, if it is still what it was then; else `nil`. A process that was
  /// killed may have left it under its temporary name.
  func reuse(_ file: FinishedFile, url: HTTPURL, filename: String) -> PayloadFile? {
    guard file.url == url.withoutQuery.description else { return nil }
    if let payload = reuse(file, as: .data, filename: filename) { return payload }
    guard let payload = reuse(file, as: .part, filename: filename) else { return nil }
    let result = path(file.name, .part).withPlatformString { old in
      payload.path.withPlatformString { rename(old, $0) }
    }
    guard result == 0 else { return nil }
    remove(file.name, .resume)
    return payload
  }

  private func reuse(_ file: FinishedFile, as part: Part, filename: String) -> PayloadFile? {
    guard let reader = try? FileReader(path(file.name, part), followsLinks: false), reader.size == file.size
    else { return nil }
    var partial = PartialFile()
    guard (try? reader.forEachPiece { partial.count(Array($0)) }) != nil else { return nil }
    let type = PayloadType(filename: filename, head: partial.head, size: partial.size)
    let payload = partial.payload(at: path(file.name, .data), mediaType: type.mediaType)
    return payload.checksum == file.checksum ? payload : nil
  }

  func remove(_ name: SpoolName, _ part: Part) {
    path(name, part).withPlatformString { _ = unlink($0) }
  }
}

extension Spool {
  /// Smaller files are as soon downloaded again.
  private static let smallestResumed: UInt64 = 4 << 20

  /// Notes how a later process can ask for the rest of a file, if that pays.
  ///
  /// - Throws: ``KeepError`` with code `localIO`.
  func remember(
    _ validator: RangeValidator, _ name: SpoolName, _ url: HTTPURL
  ) throws(KeepError) {
    guard validator.total >= Self.smallestResumed, let boot = Self.boot else { return }
    let note = CanonicalJSON.compact([
      "boot": .string(boot), "condition": .string(validator.condition),
      "total": .integer(validator.total), "url": .string(url.withoutQuery.description),
    ])
    try write(note, to: path(name, .resume), options: [.create, .truncate])
  }

  /// Whether a later process may be able to ask for the rest of a file.
  func isResumable(_ name: SpoolName) -> Bool { FileReader.exists(path(name, .resume)) }

  /// What an earlier process left of a file, if the rest can be asked for.
  ///
  /// Since nothing is synced, bytes are trusted only as long as the machine has not been started anew.
  func resumable(_ name: SpoolName, _ url: HTTPURL) -> PartialFile? {
    guard let bytes = try? FileReader.bytes(of: path(name, .resume), limit: .mebibytes(1)),
      let note = try? JSONDocument(parsing: bytes).value, let boot = Self.boot,
      note["boot"]?.string == boot, note["url"]?.string == url.withoutQuery.description,
      let condition = note["condition"]?.string, RangeValidator.isStrong(condition),
      let total = note["total"]?.number?.unsigned,
      let reader = try? FileReader(path(name, .part), followsLinks: false), reader.size <= total
    else { return nil }
    var partial = PartialFile()
    guard (try? reader.forEachPiece { partial.count(Array($0)) }) != nil else { return nil }
    partial.validator = RangeValidator(condition: condition, total: total)
    return partial
  }

  /// Differs each time the machine starts; `nil` where the system does not say.
  private static let boot: String? = {
    let path: FilePath = "/proc/sys/kernel/random/boot_id"
    return (try? FileReader.bytes(of: path, limit: 1024)).map { String(decoding: $0, as: UTF8.self) }
  }()
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
