import Foundation
import KeepTestKit
import SystemPackage
import Testing

/// A full disk stops a run without losing it; with space again the same command keeps it.
///
/// A small file system has to be mounted, which takes root; elsewhere the test is skipped.
@Suite struct DiskFullTests {
  private func arguments(_ disk: SmallDisk) -> [String] {
    [
      "run", SamplePhotos.samples.appendingPathComponent("photos/dunes.png").path, "--deployment",
      Service.Deployment.image, "--archive", disk.path.appending("archive").string, "--json",
      "--poll-interval", "20ms",
    ]
  }

  /// What is left of a whole run must fit, so a smaller disk is full at some step, by its size.
  @Test(.enabled(if: SmallDisk.canMount, "no file system can be mounted here"))
  func aFullDiskLosesNothingAndSpaceEndsIt() throws {
    let large = try SmallDisk("size=40m")
    let service = try Service()
    #expect(try service.program.run(arguments(large)).status == 0)
    let needed = try large.used
    for percent in [20, 40, 60, 80, 95] { try fill(bytes: needed * percent / 100) }
  }

  private func fill(bytes size: Int) throws {
    let disk = try SmallDisk("size=\(size)")
    let service = try Service()
    let arguments = arguments(disk)
    let full = try service.program.run(arguments)
    #expect(full.status == 74, "\(size): \(full.errors)")
    #expect((full.output + full.errors).contains("free some space"), "\(full.output)")
    let submitted = try service.submissions().count
    #expect(submitted <= 1)
    for bundle in disk.files(named: ".zip") {
      #expect(try service.program.run("verify", bundle).status == 0, "published, so whole")
    }

    try disk.change("size=40m")
    let again = try service.program.run(arguments)
    #expect(again.status == 0, "\(again.errors)")
    #expect(again.words == ["archived"])
    #expect(try service.submissions().count == 1, "one run was paid for")
    try Judges.judge(again.bundles)
  }
}
