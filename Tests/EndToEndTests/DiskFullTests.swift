import Foundation
import KeepTestKit
import SystemPackage
import Testing

/// A full disk stops a run without losing it; with space again the same command keeps it.
///
/// A small file system has to be mounted, which takes root; elsewhere the test is skipped.
@Suite struct DiskFullTests {
  /// A mounted tmpfs, unmounted with the value.
  private final class SmallDisk {
    let folder: TemporaryFolder
    var path: FilePath { folder("disk") }

    /// Bytes in use.
    var used: Int {
      get throws {
        let attributes = try FileManager.default.attributesOfFileSystem(forPath: path.string)
        let size = try #require(attributes[.systemSize] as? Int)
        return size - (try #require(attributes[.systemFreeSize] as? Int))
      }
    }

    init(_ size: String) throws {
      folder = try TemporaryFolder()
      try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: true)
      let mounted = try Judges.run(
        "/bin/mount", ["-t", "tmpfs", "-o", "size=\(size)", "tmpfs", path.string])
      try #require(mounted.status == 0, "\(mounted.output)")
    }

    func grow(_ size: String) throws {
      #expect(try Judges.run("/bin/mount", ["-o", "remount,size=\(size)", path.string]).status == 0)
    }

    deinit { _ = try? Judges.run("/bin/umount", ["-l", path.string]) }
  }

  /// Whether a file system can be mounted here.
  private static let mounts: Bool = {
    guard let folder = try? TemporaryFolder() else { return false }
    let mounted = try? Judges.run(
      "/bin/mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder.path.string])
    _ = try? Judges.run("/bin/umount", ["-l", folder.path.string])
    return mounted?.status == 0
  }()

  private func arguments(_ disk: SmallDisk) -> [String] {
    [
      "run", SamplePhotos.samples.appendingPathComponent("photos/dunes.png").path, "--deployment",
      Service.Deployment.image, "--archive", disk.path.appending("archive").string, "--json",
      "--poll-interval", "20ms",
    ]
  }

  /// What is left of a whole run must fit, so a smaller disk is full at some step, by its size.
  @Test(.enabled(if: mounts, "no file system can be mounted here")) func aFullDiskLosesNothingAndSpaceEndsIt()
    throws
  {
    let large = try SmallDisk("40m")
    let service = try Service()
    #expect(try service.program.run(arguments(large)).status == 0)
    let needed = try large.used
    for percent in [20, 40, 60, 80, 95] { try fill(bytes: needed * percent / 100) }
  }

  private func fill(bytes size: Int) throws {
    let disk = try SmallDisk("\(size)")
    let service = try Service()
    let arguments = arguments(disk)
    let full = try service.program.run(arguments)
    #expect(full.status == 74, "\(size): \(full.errors)")
    #expect((full.output + full.errors).contains("free some space"), "\(full.output)")
    let submitted = try service.submissions().count
    #expect(submitted <= 1)
    let names = FileManager.default.enumerator(atPath: disk.path.string)?.compactMap { $0 as? String } ?? []
    for name in names where name.hasSuffix(".zip") {
      let bundle = disk.path.appending(name).string
      #expect(try service.program.run("verify", bundle).status == 0, "published, so whole")
    }

    try disk.grow("40m")
    let again = try service.program.run(arguments)
    #expect(again.status == 0, "\(again.errors)")
    #expect(again.words == ["archived"])
    #expect(try service.submissions().count == 1, "one run was paid for")
    try Judges.judge(again.bundles)
  }
}
