import Foundation
import KeepTestKit

/// The checkout that these tests were built from.
enum Repository {
  /// A file that git tracks.
  struct Entry {
    let path: String
    let isExecutable: Bool
    var topLevel: String { path.split(separator: "/").first.map(String.init) ?? path }
  }

  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Whether git can be asked; a source archive has no index.
  static let isCheckout = FileManager.default.fileExists(atPath: root.appending(path: ".git").path)

  /// All that git tracks and that is there.
  static func tracked() throws -> [Entry] {
    let (status, listing) = try ChildProcess.run(
      ["git", "-c", "safe.directory=*", "-C", root.path, "ls-files", "--stage", "-z"])
    guard status == 0 else { throw CocoaError(.executableLoad) }
    // Each record is `100644 <object> 0<TAB>path`; 120000 is a link, which has no bytes of its own here.
    return listing.split(separator: 0).compactMap { record in
      let parts = String(decoding: record, as: UTF8.self).split(separator: "\t", maxSplits: 1)
      guard parts.count == 2, parts[0].hasPrefix("100"),
        FileManager.default.fileExists(atPath: root.appending(path: String(parts[1])).path)
      else { return nil }
      return Entry(path: String(parts[1]), isExecutable: parts[0].hasPrefix("100755"))
    }
  }

  static func bytes(of path: String) throws -> Data {
    try Data(contentsOf: root.appending(path: path))
  }

  /// The Swift files of `Sources` or `Tests`, without build folders.
  static func swiftFiles(under folder: String) throws -> [SourceFile] {
    let names = FileManager.default.enumerator(atPath: root.appending(path: folder).path) ?? .init()
    return try names.compactMap { $0 as? String }
      .filter { $0.hasSuffix(".swift") && !$0.split(separator: "/").contains { $0.hasPrefix(".") } }
      .sorted()
      .map { name in
        let path = "\(folder)/\(name)"
        return SourceFile(path: path, text: String(decoding: try bytes(of: path), as: UTF8.self))
      }
  }
}
