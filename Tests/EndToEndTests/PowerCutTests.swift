import Foundation
import KeepTestKit
import SystemPackage
import Testing

/// The power of the archive's disk is cut while photos are on their way; the service goes on running.
///
/// After each cut the disk has what was synced and forgets the rest; then the same command goes on.
@Suite(.serialized, .enabled(if: PowerCutDisk.hindrance == nil, "\(PowerCutDisk.hindrance ?? "")"))
struct PowerCutTests {
  /// `COMFYKEEP_POWER_CUTS` sets how many; 4 by default, and 24 where many kills are wanted.
  static let cuts =
    ProcessInfo.processInfo.environment["COMFYKEEP_POWER_CUTS"].flatMap { Int($0) }
    ?? (KillTests.kills >= 500 ? 24 : 4)

  /// The points that a cut can lose most after: a step is done, and its promise is all that holds it.
  private static let points = [
    "answered", "bundlePublished", "kept", "inputsDiscarded", "submitted", "submitBegun", "bundleNamed",
    "exported",
    "fileNamed", "finished", "spoolRemoved", "inputKept",
  ]
  private static let scenarios: [KillScenario] = [.inline, .upload, .archive, .sweep]

  @Test(.timeLimit(.minutes(60)))
  func afterAPowerCutNothingIsLostAndNoneIsPaidTwice() throws {
    var random = SplitMix(seed: UInt64(Self.cuts) &* 104_729)
    let service = try Self.service()
    var (cuts, jobs, bundles, doubts, resubmits) = (0, 0, 0, 0, 0)
    var kinds: [String: Int] = [:]
    while cuts < Self.cuts {
      try #require(jobs <= Self.cuts * 2, "the cuts come too late")
      let disk = try PowerCutDisk(PowerCutDisk.Habit.allCases[jobs % 2])
      let scenario = Self.scenarios[jobs % Self.scenarios.count]
      let job = try KillJob(scenario, number: jobs, service, at: disk.path)
      jobs += 1
      for _ in 0..<(Self.cuts < 10 ? 2 : 4) where cuts < Self.cuts {
        let blow = Self.blow(cuts, scenario, &random)
        let hasStruck = try blow.strike(service, job) { try disk.cut() }
        guard hasStruck else { break }
        try disk.restart()
        cuts += 1
        if case .point = blow {
          kinds["at crash points", default: 0] += 1
        } else {
          kinds["at random", default: 0] += 1
        }
        let violations = try job.violations(service)
        #expect(violations == [], "after \(blow): \(violations)")
        if Bool.random(using: &random) { try job.settle(service, &random) }
      }
      bundles += try job.finish(service, &random)
      doubts += job.doubts
      resubmits += job.resubmits.values.reduce(0, +)
    }
    let submissions = try service.submissions().count
    print(
      "POWER CUTS \(cuts): \(kinds.sorted { $0.key < $1.key }.map { "\($1) \($0)" }.joined(separator: ", ")); "
        + "\(jobs * KillJob.count) photos, \(submissions) submissions, \(doubts) in doubt of which \(resubmits) were "
        + "submitted again by a person's word, \(bundles) bundles")
    #expect(bundles == jobs * KillJob.count)
    #expect(submissions <= jobs * KillJob.count + resubmits)
  }

  /// What these tests are worth: a process that does not sync what it should is found out.
  @Test(arguments: [
    ("", "there is no ledger"), (".part", "a bundle does not verify"),
    ("ledger.sqlite-wal", "the ledger knows of 0"),
  ])
  func aMissingSyncIsFound(of names: String, by words: String) throws {
    let library = try Self.withoutSync()
    var random = SplitMix(seed: 1)
    let service = try Self.service()
    var found: [String] = []
    for number in 0..<6 where found.isEmpty {
      let disk = try PowerCutDisk(.lazy)
      let job = try KillJob(.inline, number: number, service, at: disk.path)
      let point = names == ".part" ? "kept" : "submitted"
      let hasStruck = try KillBlow.point(point, passing: .random(in: 2...5, using: &random)).strike(
        service, job, environment: ["LD_PRELOAD": library("sync.so").string, "UNSYNCED": names]
      ) { try disk.cut() }
      try #require(hasStruck)
      try disk.restart()
      found = try job.violations(service)
    }
    #expect(found.contains { $0.contains(words) }, "a process that does not sync '\(names)': \(found)")
  }

  private static func service() throws -> Service {
    try Service("--fetch", "--queue", "50ms", "--cold-start", "50ms", "--run-time", "300ms")
  }

  private static func blow(_ number: Int, _ scenario: KillScenario, _ random: inout SplitMix) -> KillBlow {
    let points = points.filter(scenario.points.contains)
    let moments = scenario.moments.filter { $0 != .refusedSubmit }
    return number % 2 == 0
      ? .random(moments[(number / 2 + 1) % moments.count], &random)
      : .point(points[number / 2 % points.count], passing: .random(in: 1...3, using: &random))
  }

  /// A library that makes a process believe that files whose paths end so are synced.
  private static func withoutSync() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let source = """
      #define _GNU_SOURCE
      #include <stdio.h>
      #include <stdlib.h>
      #include <string.h>
      #include <sys/syscall.h>
      #include <unistd.h>
      static int spared(int file) {
        char link[64], path[4096];
        const char *end = getenv("UNSYNCED");
        snprintf(link, sizeof link, "/proc/self/fd/%d", file);
        ssize_t length = readlink(link, path, sizeof path - 1);
        if (length < 0 || !end) return 0;
        path[length] = 0;
        return (size_t)length >= strlen(end) && !strcmp(path + length - strlen(end), end);
      }
      int fsync(int file) { return spared(file) ? 0 : (int)syscall(SYS_fsync, file); }
      int fdatasync(int file) { return spared(file) ? 0 : (int)syscall(SYS_fdatasync, file); }
      """
    let file = try folder.write(Array(source.utf8), to: "sync.c").string
    let built = try Judges.run(
      "/usr/bin/env", ["cc", "-shared", "-fPIC", "-o", folder("sync.so").string, file])
    try #require(built.status == 0, "\(built.output)")
    return folder
  }
}
