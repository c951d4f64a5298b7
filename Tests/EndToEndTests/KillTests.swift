import Foundation
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

/// The process is killed at random moments and started again, until every photo is kept.
///
/// Only a kill counts that struck a living process with work left. When all photos are kept before the kills
/// are up, it goes on with fresh photos in a fresh archive.
@Suite struct KillTests {
  /// `COMFYKEEP_KILLS` sets how many; 20 by default.
  static let kills =
    ProcessInfo.processInfo.environment["COMFYKEEP_KILLS"].flatMap { Int($0) } ?? 20

  /// What a kill waits for in the service's log before it strikes; the moments take turns.
  enum Moment: CaseIterable {
    case launch
    case refusedSubmit
    case submit
    case poll
    case download

    /// Whether a line of the log is what is waited for.
    func isSeen(in line: Substring) -> Bool {
      switch self {
      case .launch: false
      case .refusedSubmit: line.contains(#"/inference","query":"","status":429"#)
      case .submit: line.contains(#""event":"submission""#)
      case .poll: line.contains(#"/status","query""#)
      case .download: line.contains(#""event":"storage""#)
      }
    }
  }

  /// What the service's log grows by.
  private struct LogTail {
    private let file: FileHandle
    private var lines: [Substring] = []

    init(_ path: FilePath) throws {
      file = try #require(FileHandle(forReadingAtPath: path.string))
      try file.seekToEnd()
    }

    /// Takes what was written since; the service writes whole lines.
    mutating func read() throws {
      let text = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
      lines += text.split(separator: "\n")
    }

    func count(of moment: Moment) -> Int { lines.count { moment.isSeen(in: $0) } }
  }

  /// Ten photos and where they are kept.
  private final class Job {
    let photos: TemporaryFolder
    let archive: TemporaryFolder
    var verified: Set<String> = []
    func arguments(concurrency: Int) -> [String] {
      [
        "run", photos.path.string, "--deployment", Service.Deployment.image, "--archive",
        archive.path.string, "--json", "--poll-interval", "20ms", "--concurrency", "\(concurrency)",
      ]
    }
    var bundles: [String] { archive.files().filter { $0.hasSuffix(".zip") }.map { archive($0).string } }
    var isDone: Bool { bundles.count == 10 }

    init(number: Int) throws {
      photos = try SamplePhotos.folder(10, from: number * 10)
      archive = try TemporaryFolder()
    }
  }

  @Test func killedTwentyTimesTenPhotosBecomeTenBundlesAndNoneIsPaidTwice() throws {
    let service = try Service("--queue", "50ms", "--cold-start", "50ms", "--run-time", "400ms")
    var jobs = [try Job(number: 0)]
    var random = SplitMix(seed: UInt64(Self.kills) &* 7919)
    var resubmits: [String: Int] = [:]
    var (before, after) = (0, 0)
    while before + after < Self.kills, jobs.count < Self.kills {
      let job = jobs[jobs.count - 1]
      let moment = Moment.allCases[(before + after) % Moment.allCases.count]
      let blow = try strike(service, job, at: moment, &random)
      try expectNewBundlesToBeWhole(job)
      if blow.hasStruck, !job.isDone {
        (before, after) = blow.submissions == 0 ? (before + 1, after) : (before, after + 1)
      }
      // Every other doubt is settled by a person, so that doubts come up early and late.
      if random.next() % 2 == 0 { try settle(service, job, &resubmits) }
      guard !blow.hasStruck || job.isDone else { continue }
      try finish(service, job, &resubmits)
      jobs.append(try Job(number: jobs.count))
    }
    #expect(before + after == Self.kills)
    // One turn of five strikes while no submit is taken, another once one was.
    #expect(before >= Self.kills / 5)
    #expect(after >= Self.kills / 5)
    try finish(service, jobs[jobs.count - 1], &resubmits)
    try Judges.judge(jobs[0].bundles)
    try expectPaid(service, photos: jobs.count * 10, resubmits)
  }

  /// Starts the job and kills it shortly after the moment came; says whether it was alive then, and how many
  /// submissions the service had taken from it.
  private func strike(
    _ service: Service, _ job: Job, at moment: Moment, _ random: inout SplitMix
  ) throws -> (hasStruck: Bool, submissions: Int) {
    if moment == .refusedSubmit { try service.setFaults("throttle-submit") }
    var log = try LogTail(service.folder("log.jsonl"))
    let process = try service.program.start(job.arguments(concurrency: 2))
    let deadline = ContinuousClock.now + .seconds(60)
    let awaited = moment == .launch ? 0 : 1 + Int(random.next() % 3)
    let delay = random.next() % (moment == .launch ? 250_000 : 30_000)
    while log.count(of: moment) < awaited, process.isRunning, ContinuousClock.now < deadline {
      usleep(3_000)
      try log.read()
    }
    if process.isRunning { usleep(UInt32(delay)) }
    process.signal(SIGKILL)
    // An end by itself has an exit status.
    let hasStruck = process.waitForKill()
    if moment == .refusedSubmit { try service.setFaults() }
    try log.read()
    return (hasStruck, log.count(of: .submit))
  }

  /// A person says of every submission in doubt that it may be submitted again.
  private func settle(_ service: Service, _ job: Job, _ resubmits: inout [String: Int]) throws {
    let archive = job.archive.path.string
    let list = try service.program.run("list", "--state", "in_doubt", "--json", "--archive", archive)
    for entry in list.objects where entry["type"] as? String == "run" {
      let key = try #require(entry["submission_key"] as? String)
      let input = try #require((entry["inputs"] as? [String])?.first)
      let checksum = Checksum(of: Array(try Data(contentsOf: URL(fileURLWithPath: input))))
      resubmits[checksum.hexadecimal, default: 0] += 1
      let settled = try service.program.run("resolve", key, "--resubmit", "--archive", archive)
      #expect(settled.status == 0, "\(settled.errors)")
    }
  }

  /// Whatever has a bundle's name is whole, from the moment it has it.
  private func expectNewBundlesToBeWhole(_ job: Job) throws {
    let bundles = job.bundles.filter { !job.verified.contains($0) }
    guard !bundles.isEmpty else { return }
    let verified = try Program().run(["verify", "--quiet"] + bundles)
    #expect(verified.status == 0, "\(verified.output)")
    job.verified.formUnion(bundles)
  }

  /// Runs the job to its end and looks at what is there.
  private func finish(_ service: Service, _ job: Job, _ resubmits: inout [String: Int]) throws {
    for _ in 0..<12 {
      try settle(service, job, &resubmits)
      if try service.program.run(job.arguments(concurrency: 8)).status == 0 { break }
    }
    let last = try service.program.run(job.arguments(concurrency: 8))
    #expect(last.status == 0, "\(last.errors)")
    #expect(Set(last.bundles) == Set(job.bundles))
    #expect(job.isDone)
    let verified = try Program().run(["verify", "--quiet"] + job.bundles)
    #expect(verified.status == 0, "\(verified.output)")
    let integrity = try Judges.run(
      "/usr/bin/env", ["sqlite3", job.archive(".comfykeep/ledger.sqlite").string, "PRAGMA integrity_check"])
    #expect(integrity.output == "ok\n")
    #expect(job.archive.files().filter { $0.hasSuffix(".part") } == [], "leftovers of the killed are gone")
  }

  /// Each photo was paid once, and once more at most for each time a person said so.
  private func expectPaid(_ service: Service, photos: Int, _ resubmits: [String: Int]) throws {
    var counts: [String: Int] = [:]
    for submission in try service.submissions() {
      let media = try #require(submission["media"] as? [[String: Any]])
      for medium in media { counts[medium["sha256"] as? String ?? "", default: 0] += 1 }
    }
    #expect(counts.count == photos)
    for (checksum, count) in counts {
      let allowed = 1 + resubmits[checksum, default: 0]
      #expect(count <= allowed, "\(checksum) was submitted \(count) times, \(allowed) were allowed")
    }
  }
}

/// A small seeded generator (splitmix64).
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
