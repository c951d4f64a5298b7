import Foundation
import KeepTestKit
import SystemPackage
import Testing

/// An ext4 file system in an image file, whose device gets another number when it is mounted again, as happens to disks
/// when a machine is started anew.
final class RenumberedDisk {
  private let folder: TemporaryFolder
  private var devices: [String] = []

  /// Where it is mounted.
  var path: FilePath { folder("disk") }

  init() throws {
    folder = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: true)
    for name in ["image", "other"] { try Self.call("truncate", "-s", "16M", folder(name).string) }
    try Self.call("mkfs.ext4", "-q", "-F", folder("image").string)
    try mount()
  }

  deinit {
    _ = try? Self.call("umount", "-l", path.string)
    for device in devices { _ = try? Self.call("losetup", "-d", device) }
  }

  /// The number of the device.
  var number: UInt64 {
    get throws {
      let attributes = try FileManager.default.attributesOfItem(atPath: path.string)
      return try #require((attributes[.systemNumber] as? NSNumber)?.uint64Value)
    }
  }

  private func mount() throws {
    let device = try Self.call("losetup", "--find", "--show", folder("image").string)
    devices.append(device)
    try Self.call("mount", device, path.string)
  }

  /// Mounts it again with another number.
  func renumber() throws {
    try Self.call("umount", path.string)
    let device = devices.removeLast()
    try Self.call("losetup", "-d", device)
    // Something else takes the number that it had.
    devices.append(try Self.call("losetup", "--find", "--show", folder("other").string))
    try mount()
  }

  /// Whether there are such disks here, which is tried once.
  static let isPossible: Bool = {
    guard let disk = try? RenumberedDisk(), let first = try? disk.number else { return false }
    try? disk.renumber()
    return (try? disk.number).map { $0 != first } == true
  }()

  @discardableResult
  private static func call(_ words: String...) throws -> String {
    let result = try Judges.run(
      "/usr/bin/env", ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"] + words)
    guard result.status == 0 else { throw ChildProcess.Failure(reason: "\(words): \(result.output)") }
    return result.output.trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
