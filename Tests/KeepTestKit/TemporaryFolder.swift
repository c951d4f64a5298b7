import Foundation
public import SystemPackage

/// A fresh folder that is removed with everything in it when the value goes.
public final class TemporaryFolder: Sendable {
  /// Where it lies.
  public let path: FilePath

  /// Makes a folder under the system's place for temporary files.
  public init() throws {
    self.path = FilePath(NSTemporaryDirectory()).appending("comfykeep-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path.string) }

  /// A path inside.
  public func callAsFunction(_ name: String) -> FilePath { path.appending(name) }

  /// Writes a file inside, making folders as needed, and returns its path.
  @discardableResult
  public func write(_ bytes: [UInt8], to name: String) throws -> FilePath {
    let target = path.appending(name)
    try FileManager.default.createDirectory(
      atPath: target.removingLastComponent().string, withIntermediateDirectories: true)
    let file = try FileDescriptor.open(
      target, .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
    try file.closeAfter { _ = try file.writeAll(bytes) }
    return target
  }

  /// The bytes of a file inside.
  public func read(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: path.appending(name).string)))
  }

  /// The relative paths of all files inside, hidden ones too, sorted.
  public func files() -> [String] {
    (FileManager.default.enumerator(atPath: path.string)?.compactMap { $0 as? String } ?? [])
      .filter { name in
        var isFolder: ObjCBool = false
        _ = FileManager.default.fileExists(
          atPath: path.appending(name).string, isDirectory: &isFolder)
        return !isFolder.boolValue
      }.sorted()
  }
}
