import Foundation
import KeepTestKit
import SystemPackage
import Testing

/// Folders that eight writers fill in every way that files are written; see `Tests/Writers/writers.py`.
final class TortureFiles {
  /// A content that was ever whole or half in a watched folder.
  struct Content: Decodable {
    /// What is to become of it: one submission, one at most, none.
    enum Expectation: String, Decodable { case must, may, never }
    let sha256: String
    let expect: Expectation
    /// How it was written.
    let how: String
    /// Where, as printable ASCII.
    let name: String
    let bytes: Int
    /// Whether it is to be found in the end.
    let stays: Bool
  }

  /// A file that is there in the end.
  struct Found: Decodable {
    let name: String
    let sha256: String
    /// `done`, `failed`, `skipped`, or nothing.
    let area: String
  }

  static let scripts = SamplePhotos.samples.deletingLastPathComponent().appendingPathComponent(
    "Tests/Writers"
  ).path

  /// What is watched, and where files are put.
  struct Places {
    let roots: [String]
    /// The roots, if `nil`.
    var targets: [String]?
  }

  /// The folders to be watched.
  let roots: [String]
  /// Where large files are uploaded to.
  let shelf: String
  private let targets: [String]
  private let place: TemporaryFolder
  private let elsewhere: MemoryFolder
  private let server: ChildProcess
  private var writers: ChildProcess?

  /// - Parameter choose: Names the folders, given one on disk and one on another file system.
  init(_ choose: (TemporaryFolder, MemoryFolder) -> Places) throws {
    place = try TemporaryFolder()
    elsewhere = try MemoryFolder()
    try place.write([], to: "words")
    for folder in ["outside", "shelf"] {
      try FileManager.default.createDirectory(atPath: place(folder).string, withIntermediateDirectories: true)
    }
    let places = choose(place, elsewhere)
    roots = places.roots
    targets = places.targets ?? places.roots
    for root in targets {
      try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    }
    server = try ChildProcess(["python3", "-B", "\(Self.scripts)/shelf.py", place("shelf").string])
    shelf = String(decoding: try server.read(), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    try #require(shelf.hasPrefix("http://"))
  }

  /// Starts to write.
  func write(count: Int, settle: Double, large: Int, largeSeconds: Int, seed: UInt64) throws {
    let words = place("words").string
    writers = try ChildProcess(
      [
        "python3", "-B", "\(Self.scripts)/writers.py", "write", "--journal", place("journal").string,
        "--outside", place("outside").string, "--elsewhere", elsewhere("outside").string, "--jpeg",
        SamplePhotos.samples.appendingPathComponent("photos/forest.jpg").path, "--settle", "\(settle)",
        "--count", "\(count)", "--large", "\(large)", "--large-time", "\(largeSeconds)", "--seed", "\(seed)",
      ] + targets, streams: .files(output: words, errors: words))
  }

  /// Whether somebody still writes.
  var isWriting: Bool { writers?.isRunning ?? false }

  /// That all writers came to their end, which is waited for.
  func expectEnd() throws {
    let words = String(decoding: try place.read("words"), as: UTF8.self)
    #expect(writers?.waitForEnd() == 0, "\(words)")
  }

  /// All contents so far.
  func contents() throws -> [Content] { try Self.lines((try? place.read("journal")) ?? []) }

  /// All files that are there now.
  func found() throws -> [Found] {
    let (status, text) = try ChildProcess.run(
      ["python3", "-B", "\(Self.scripts)/writers.py", "audit"] + roots)
    try #require(status == 0, "\(String(decoding: text, as: UTF8.self))")
    return try Self.lines(text)
  }

  private static func lines<Line: Decodable>(_ bytes: [UInt8]) throws -> [Line] {
    // The last line may be half written.
    try bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true)
      .dropLast(bytes.last == UInt8(ascii: "\n") ? 0 : 1)
      .map { try JSONDecoder().decode(Line.self, from: Data($0)) }
  }
}

/// A fresh folder on a file system in memory, gone with the value; on disk where there is none.
final class MemoryFolder {
  let path: FilePath

  init() throws {
    let memory = FileManager.default.fileExists(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()
    path = FilePath(memory).appending("comfykeep-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      atPath: path.appending("outside").string, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path.string) }

  /// A path inside.
  func callAsFunction(_ name: String) -> FilePath { path.appending(name) }
}
