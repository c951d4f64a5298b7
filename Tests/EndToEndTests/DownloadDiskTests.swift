import Foundation
import KeepTestKit
import SystemPackage
import Testing

/// Disks that fail while outputs come down: the run is told as a local failure, nothing is lost, nothing is paid
/// twice, and the same command ends it once the disk is well.
///
/// A file system has to be mounted, or system calls have to be made to fail, which takes root; elsewhere the tests
/// are skipped.
@Suite struct DownloadDiskTests {
  private let service: Service
  private let disk: SmallDisk

  init() throws {
    service = try Service("--fault", "large-outputs=8", "--fault", "many-outputs=3")
    disk = try SmallDisk("size=200m")
  }

  private var arguments: [String] {
    [
      "run", SamplePhotos.samples.appendingPathComponent("photos/dunes.png").path, "--deployment",
      Service.Deployment.image, "--archive", disk.path.appending("archive").string, "--json",
      "--poll-interval", "20ms", "--inputs", "omit",
    ]
  }

  /// Submits the run and leaves it: what follows has only to fetch and to keep.
  private func submit(to service: Service? = nil) throws {
    let left = try (service ?? self.service).program.run(arguments + ["--max-wait", "1ms"])
    #expect(left.status == 23, "\(left.output)\(left.errors)")
  }

  private func expectTheEnd(of service: Service? = nil) throws {
    let service = service ?? self.service
    let again = try service.program.run(arguments)
    #expect(again.words == ["archived"], "\(again.output)\(again.errors)")
    #expect(again.status == 0)
    #expect(try service.submissions().count == 1, "one run was paid for")
    #expect(try service.program.run(["verify", "--quiet"] + again.bundles).status == 0)
    #expect(disk.files(named: ".part") == [])
  }

  /// Three files of 8 MiB need 48 MiB with their bundle: that they will not fit is told as soon as their lengths are
  /// known, and the one with which they are too much is not begun.
  @Test(.enabled(if: SmallDisk.canMount, "no file system can be mounted here"))
  func whatWillNotFitIsToldBeforeTheDiskIsFull() throws {
    try submit()
    try disk.change("size=40m")
    let refused = try service.program.run(arguments)
    #expect(refused.status == 74, "\(refused.output)")
    let error = try #require(refused.outcomes.first?["error"] as? [String: Any])
    #expect("\(error)".contains("are needed"), "\(error)")
    #expect("\(error)".contains("are free"), "\(error)")
    #expect("\(error)".contains("free some space"), "\(error)")
    #expect(try disk.used < 24 << 20)
    try disk.change("size=200m")
    try expectTheEnd()
  }

  /// A body without a length is no reason to refuse it: the disk is full in the middle.
  @Test(.enabled(if: SmallDisk.canMount, "no file system can be mounted here"))
  func anEndlessBodyFillsTheDiskAndIsNoHarm() throws {
    let server = try RawServer { connection in
      while try connection.readHead() != nil {
        try connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        let piece = Array("10000\r\n".utf8) + [UInt8](repeating: 7, count: 0x10000) + Array("\r\n".utf8)
        while true { try connection.write(piece) }
      }
    }
    defer { server.stop() }
    let service = try Service("--fault", "output-redirect=\(try server.url("x"))")
    try submit(to: service)
    try disk.change("size=24m")
    let full = try service.program.run(arguments)
    #expect(full.status == 74, "\(full.output)")
    #expect(full.output.contains("free some space"), "\(full.output)")
    #expect(disk.files(named: ".part") == [], "what cannot be gone on with gives its room back")
    try service.setFaults()
    try expectTheEnd(of: service)
  }

  @Test(.enabled(if: SmallDisk.canMount, "no file system can be mounted here"))
  func withoutFreeNamesItIsALocalFailure() throws {
    try submit()
    for free in [0, 2, 3, 4] {
      try disk.change("nr_inodes=\(try disk.usedNames + free)")
      let few = try service.program.run(arguments)
      // The ledger cannot be opened without two names for the files beside it.
      let statuses: [Int32] = free < 2 ? [40, 74] : [74]
      #expect(statuses.contains(few.status), "\(free): \(few.output)\(few.errors)")
      #expect(try service.submissions().count == 1)
    }
    try disk.change("nr_inodes=1000")
    try expectTheEnd()
  }

  @Test(.enabled(if: SmallDisk.canMount, "no file system can be mounted here"))
  func aDiskThatTurnsReadOnlyKeepsWhatTheLedgerKnows() throws {
    try submit()
    try disk.change("ro")
    let refused = try service.program.run(arguments)
    #expect([40, 74].contains(refused.status), "\(refused.errors)")
    let listed = try service.program.run("list", "--json", "--archive", disk.path.appending("archive").string)
    #expect(listed.output.contains("submitted"), "\(listed.output)\(listed.errors)")
    try disk.change("rw")
    try expectTheEnd()
  }

  /// The n-th call of its kind fails, and so do all after it.
  @Test(
    .enabled(if: Strace.canTrace, "no call can be traced here"),
    arguments: [
      ("pwrite64", "ENOSPC"), ("pwrite64", "EIO"), ("pwrite64", "EDQUOT"), ("fsync", "ENOSPC"),
      ("fsync", "EIO"),
      ("rename", "ENOSPC"), ("rename", "EROFS"), ("ftruncate", "EIO"),
    ])
  func aCallThatFailsIsNoticedWhereverItIs(call: String, errno: String) throws {
    try submit()
    var isMet = false
    for number in [1, 6, 20] {
      let trace = disk.folder("trace").string
      let run = try service.program.run(
        arguments, launcher: Strace.failing(call, from: number, with: errno, in: trace))
      if String(decoding: try disk.folder.read("trace"), as: UTF8.self).contains("(INJECTED)") {
        isMet = true
      }
      #expect([0, 40, 74].contains(run.status), "\(call) \(number): \(run.output)\(run.errors)")
      for bundle in disk.files(named: ".zip") {
        #expect(try service.program.run("verify", "--quiet", bundle).status == 0, "published, so whole")
      }
      if run.status == 0 { break }
    }
    #expect(isMet, "no call was met")
    try expectTheEnd()
  }
}

/// The process is killed at the n-th call of a kind, while outputs come down or are kept: the next command goes on.
@Suite struct DownloadKillTests {
  @Test(
    .enabled(if: Strace.canTrace, "no call can be traced here"),
    arguments: ["pwrite64", "rename", "fsync", "ftruncate", "unlink", "write"])
  func aKillAtAnyCallLosesNothing(call: String) throws {
    let service = try Service("--fault", "large-outputs=5", "--fault", "many-outputs=3")
    let folder = try SamplePhotos.folder(1)
    let arguments = [
      "run", folder("photo-00.png").string, "--deployment", Service.Deployment.image, "--archive",
      folder("archive").string, "--json", "--poll-interval", "20ms",
    ]
    #expect(try service.program.run(arguments + ["--max-wait", "1ms"]).status == 23)
    var kills = 0
    for number in [1, 2, 3, 4, 6, 9, 14, 25, 60] {
      let run = try service.program.run(arguments, launcher: Strace.killing(at: number, of: call))
      for bundle in folder.files().filter({ $0.hasSuffix(".zip") }) {
        #expect(
          try service.program.run("verify", "--quiet", folder(bundle).string).status == 0,
          "published, so whole")
      }
      if run.status == 0 { break }
      try #require(run.wasKilled, "call \(number): \(run.status) \(run.output)\(run.errors)")
      kills += 1
    }
    #expect(kills > 0, "no call was met")
    let last = try service.program.run(arguments)
    #expect(last.status == 0, "\(last.output)\(last.errors)")
    #expect(try service.submissions().count == 1)
    let bundles = folder.files().filter { $0.hasSuffix(".zip") }
    #expect(bundles.count == 1)
    #expect(try service.program.run(["verify", "--quiet"] + bundles.map { folder($0).string }).status == 0)
    #expect(folder.files().filter { $0.hasSuffix(".part") || $0.contains("/partial/") } == [])
  }
}
