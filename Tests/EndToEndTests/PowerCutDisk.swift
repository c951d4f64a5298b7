import Foundation
import Glibc
import KeepTestKit
import SystemPackage

/// A disk whose power can be cut in an instant.
///
/// It is an ext4 file system in an image file, mounted by a loop device; the image lies on XFS, which can clone a file in
/// one instant (`FICLONE`, under the lock that every write to the file needs). What the clone holds is what was given to
/// the disk until then. A file that was only written, and not synced, lies in the kernel's memory above ext4 and is not
/// given to the disk; the clone does not have it, as a disk would not after its power failed. Nothing is unmounted before
/// the clone, and mounting it replays the journal. Kinder than a real cut in one way: what the disk was given and
/// was not told to flush is there.
final class PowerCutDisk {
  /// How the file system gives things to the disk by itself.
  enum Habit: String, CaseIterable {
    /// Metadata every five seconds.
    case usual = "data=ordered,commit=5"
    /// Nothing that it is not told to, for as long as a test runs.
    case lazy = "data=ordered,commit=900"
  }

  /// `FICLONE` of `linux/fs.h`, `_IOW(0x94, 9, int)`, which Swift cannot see.
  private static let cloneRequest: UInt = 0x4004_9409

  private let folder: TemporaryFolder
  private let habit: Habit
  private var generation = 0

  /// Where it is mounted.
  var path: FilePath { folder("disk") }
  private var image: String { folder("host").appending("disk-\(generation).img").string }

  init(_ habit: Habit) throws {
    folder = try TemporaryFolder()
    self.habit = habit
    do { try prepare() } catch {
      release()
      throw error
    }
  }

  private func prepare() throws {
    for name in ["host", "disk"] {
      try FileManager.default.createDirectory(
        atPath: folder(name).string, withIntermediateDirectories: true)
    }
    let host = folder("host.img").string
    try Self.makeFile(host, size: 512 << 20)
    try Self.call("mkfs.xfs", "-q", "-m", "reflink=1", host)
    try Self.call("mount", "-o", "loop", host, folder("host").string)
    try Self.makeFile(image, size: 128 << 20)
    try Self.call("mkfs.ext4", "-q", "-F", image)
    try mount()
  }

  deinit { release() }

  private func release() {
    for name in ["disk", "host"] { _ = try? Self.call("umount", "-l", folder(name).string) }
  }

  /// Takes what the disk holds at this instant. The process that writes to it must be stopped, or dead.
  func cut() throws {
    let source = open(image, O_RDONLY | O_CLOEXEC)
    generation += 1
    let target = open(image, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    defer { for descriptor in [source, target] { close(descriptor) } }
    guard ioctl(target, Self.cloneRequest, source) == 0 else {
      throw ChildProcess.Failure(reason: "the image cannot be cloned: \(errno)")
    }
  }

  /// Puts what was taken in place of the disk, as if the machine was started again.
  func restart() throws {
    try unmount()
    try? FileManager.default.removeItem(
      atPath: folder("host").appending("disk-\(generation - 1).img").string)
    try mount()
  }

  private func mount() throws { try Self.call("mount", "-o", "loop,\(habit.rawValue)", image, path.string) }

  /// A process that was just killed may hold it for a moment.
  private func unmount() throws {
    for _ in 0..<100 {
      if try Judges.run("/usr/bin/env", ["umount", path.string]).status == 0 { return }
      usleep(20_000)
    }
    try Self.call("umount", path.string)
  }

  private static func makeFile(_ path: String, size: Int) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    defer { close(descriptor) }
    guard descriptor >= 0, ftruncate(descriptor, size) == 0 else {
      throw ChildProcess.Failure(reason: "no image can be made: \(errno)")
    }
  }

  private static func call(_ words: String...) throws {
    let result = try Judges.run(
      "/usr/bin/env", ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"] + words)
    guard result.status == 0 else {
      throw ChildProcess.Failure(
        reason: "\(words[0]): \(result.output.split(separator: "\n").first ?? "\(result.status)")")
    }
  }

  /// Why no power can be cut here; `nil` where it can, which is tried once.
  static let hindrance: String? = {
    do {
      let disk = try PowerCutDisk(.usual)
      try disk.cut()
      try disk.restart()
      return nil
    } catch {
      return "no power can be cut here, which takes root, loop devices, ext4 and XFS: "
        + ((error as? ChildProcess.Failure)?.reason ?? "\(error)")
    }
  }()
}
