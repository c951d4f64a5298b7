import Foundation
import KeepTestKit
import SystemPackage
import Testing

/// A full disk stops a run without losing it; with space again the same command keeps it.
///
/// A small file system has to be mounted, which takes root; elsewhere the test is passed over and says so.
@Suite struct DiskFullTests {
  /// A mounted tmpfs, unmounted with the value.
  private final class SmallDisk {
    let folder: TemporaryFolder
    var path: FilePath { folder("disk") }

    init?(_ size: String) throws {
      folder = try TemporaryFolder()
      try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: true)
      let mounted = try Judges.run(
        "/bin/mount", ["-t", "tmpfs", "-o", "size=\(size)", "tmpfs", path.string])
      guard mounted.status == 0 else {
        print("passed over: no file system can be mounted here: \(mounted.output)")
        return nil
      }
    }

    func grow(_ size: String) throws {
      #expect(try Judges.run("/bin/mount", ["-o", "remount,size=\(size)", path.string]).status == 0)
    }

    deinit { _ = try? Judges.run("/bin/umount", ["-l", path.string]) }
  }

  @Test(arguments: ["350k", "550k", "700k", "800k"])
  func aFullDiskLosesNothingAndSpaceEndsIt(_ size: String) throws {
    guard let disk = try SmallDisk(size) else { return }
    let service = try Service()
    let photo = SamplePhotos.samples.appendingPathComponent("photos/dunes.png").path
    let arguments = [
      "run", photo, "--deployment", Service.Deployment.image, "--archive",
      disk.path.appending("archive").string, "--json", "--poll-interval", "20ms",
    ]
    let full = try service.program.run(arguments)
    #expect(full.status == 74, "\(full.errors)")
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
