import Foundation
import KeepTestKit
import SystemPackage
import Testing

/// The process is killed at random moments and started again, until every photo is kept.
@Suite struct KillTests {
  /// `COMFYKEEP_KILLS` sets how many; 20 by default.
  static let kills =
    ProcessInfo.processInfo.environment["COMFYKEEP_KILLS"].flatMap { Int($0) } ?? 20

  @Test func killedTwentyTimesTenPhotosBecomeTenBundlesAndNoneIsPaidTwice() throws {
    let service = try Service()
    let photos = try SamplePhotos.folder(10)
    let archive = try TemporaryFolder()
    let arguments = [
      "run", photos.path.string, "--deployment", Service.Deployment.image, "--archive",
      archive.path.string, "--json", "--poll-interval", "20ms", "--concurrency", "2",
    ]
    var random = SplitMix(seed: UInt64(Self.kills) &* 7919)
    var resubmitted: Set<String> = []
    for _ in 0..<Self.kills {
      try killed(service, arguments, after: .milliseconds(Int64(random.next() % 700)))
      try expectWholeBundlesOnly(archive)
      // Every other doubt is settled by a person, so that doubts come up early and late.
      if random.next() % 2 == 0 { try settle(service, archive, &resubmitted) }
    }
    for _ in 0..<12 {
      try settle(service, archive, &resubmitted)
      if try service.program.run(arguments).status == 0 { break }
    }
    let last = try service.program.run(arguments)
    #expect(last.status == 0, "\(last.errors)")
    #expect(Set(last.bundles).count == 10)
    #expect(try service.program.run(["verify", "--quiet"] + last.bundles).status == 0)
    try Judges.judge(last.bundles)
    try expectPaidOnce(service, resubmitted: resubmitted)
    let integrity = try Judges.run(
      "/usr/bin/env", ["sqlite3", archive(".comfykeep/ledger.sqlite").string, "PRAGMA integrity_check"])
    #expect(integrity.output == "ok\n")
    #expect(archive.files().filter { $0.hasSuffix(".part") } == [], "leftovers of the killed are gone")
  }

  private func killed(_ service: Service, _ arguments: [String], after delay: Duration) throws {
    let process = try service.program.start(arguments)
    let deadline = ContinuousClock.now + delay
    while process.isRunning, ContinuousClock.now < deadline { usleep(2_000) }
    process.signal(SIGKILL)
    _ = process.waitForEnd()
  }

  /// A person says of every submission in doubt that it may be submitted again.
  private func settle(
    _ service: Service, _ archive: TemporaryFolder, _ resubmitted: inout Set<String>
  ) throws {
    let list = try service.program.run(
      "list", "--state", "in_doubt", "--json", "--archive", archive.path.string)
    for entry in list.objects where entry["type"] as? String == "run" {
      let key = try #require(entry["submission_key"] as? String)
      let input = try #require((entry["inputs"] as? [String])?.first)
      resubmitted.insert(try Judges.run("/usr/bin/sha256sum", [input]).output.prefix(64).description)
      let settled = try service.program.run("resolve", key, "--resubmit", "--archive", archive.path.string)
      #expect(settled.status == 0, "\(settled.errors)")
    }
  }

  private func expectWholeBundlesOnly(_ archive: TemporaryFolder) throws {
    let bundles = archive.files().filter { $0.hasSuffix(".zip") }.map { archive($0).string }
    guard !bundles.isEmpty else { return }
    let verified = try Program().run(["verify", "--quiet"] + bundles)
    #expect(verified.status == 0, "\(verified.output)")
  }

  private func expectPaidOnce(_ service: Service, resubmitted: Set<String>) throws {
    var counts: [String: Int] = [:]
    for submission in try service.submissions() {
      let checksums = try #require(submission["media"] as? [[String: Any]])
      for checksum in checksums { counts[checksum["sha256"] as? String ?? "", default: 0] += 1 }
    }
    #expect(counts.count == 10)
    for (checksum, count) in counts where !resubmitted.contains(checksum) {
      #expect(count == 1, "\(checksum) was submitted \(count) times and never in doubt")
    }
  }
}

/// A small seeded generator (splitmix64), so that a failure can be had again.
private struct SplitMix {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }
}
