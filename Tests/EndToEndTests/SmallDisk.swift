import Foundation
import KeepTestKit
import SystemPackage
import Testing

/// A mounted tmpfs, unmounted with the value; a mere folder where none can be mounted.
final class SmallDisk {
  let folder: TemporaryFolder
  var path: FilePath { folder("disk") }

  init(_ options: String) throws {
    folder = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: true)
    guard Self.canMount else { return }
    let mounted = try Judges.run("/bin/mount", ["-t", "tmpfs", "-o", options, "tmpfs", path.string])
    try #require(mounted.status == 0, "\(mounted.output)")
  }

  func change(_ options: String) throws {
    let changed = try Judges.run("/bin/mount", ["-o", "remount,\(options)", path.string])
    try #require(changed.status == 0, "\(changed.output)")
  }

  /// Bytes in use.
  var used: Int { get throws { try inUse(of: .systemSize, free: .systemFreeSize) } }

  /// Inodes in use.
  var usedNames: Int { get throws { try inUse(of: .systemNodes, free: .systemFreeNodes) } }

  private func inUse(of all: FileAttributeKey, free: FileAttributeKey) throws -> Int {
    let attributes = try FileManager.default.attributesOfFileSystem(forPath: path.string)
    return try #require(attributes[all] as? Int) - #require(attributes[free] as? Int)
  }

  /// The paths of the files on it whose names end so.
  func files(named end: String) -> [String] {
    let names = FileManager.default.enumerator(atPath: path.string)?.compactMap { $0 as? String } ?? []
    return names.filter { $0.hasSuffix(end) }.map { path.appending($0).string }
  }

  /// Whether a file system can be mounted here.
  static let canMount: Bool = {
    guard let folder = try? TemporaryFolder() else { return false }
    let mounted = try? Judges.run(
      "/bin/mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder.path.string])
    _ = try? Judges.run("/bin/umount", ["-l", folder.path.string])
    return mounted?.status == 0
  }()

  deinit { _ = try? Judges.run("/bin/umount", ["-l", path.string]) }
}
