import Foundation
import KeepTestKit
import SystemPackage
import Testing

/// A run of forty large outputs, killed twice while they come down: what was fetched counts.
///
/// 160 MiB in all, or 20 GiB with `COMFYKEEP_LONG_TESTS=1`, which takes 40 GiB of disk for a while.
@Suite struct LargeRunTests {
  private static let isLong = ProcessInfo.processInfo.environment["COMFYKEEP_LONG_TESTS"] == "1"
  private static let count = 40
  private static let mebibytes = isLong ? 512 : 4

  private let service: Service
  private let folder: TemporaryFolder

  init() throws {
    // Slow enough for a kill to find the small ones under way.
    let rate = Self.isLong ? [] : ["--fault", "output-rate=8"]
    service = try Service(
      ["--fault", "large-outputs=\(Self.mebibytes)", "--fault", "many-outputs=\(Self.count)"] + rate)
    folder = try SamplePhotos.folder(1)
  }

  private var arguments: [String] {
    [
      "run", folder("photo-00.png").string, "--deployment", Service.Deployment.image, "--archive",
      folder("archive").string, "--json", "--poll-interval", "20ms", "--inputs", "omit",
    ]
  }

  /// The names of the files of the spool, such as `0007.part`.
  private var spool: Set<String> {
    let partial = folder("archive/.comfykeep/partial").string
    let run = (try? FileManager.default.contentsOfDirectory(atPath: partial))?.first ?? ""
    return Set((try? FileManager.default.contentsOfDirectory(atPath: "\(partial)/\(run)")) ?? [])
  }

  @Test func killedTwiceItFetchesNoByteAThirdTimeInLittleMemory() throws {
    let first = try killed { $0.count { $0.hasSuffix(".data") } >= Self.count / 3 }
    let underWay = first.spool.filter { $0.hasSuffix(".part") }.map { $0.replacing(".part", with: ".data") }
    // What the first kill broke off is whole by then: nothing can break off twice.
    let second = try killed { spool in
      spool.isSuperset(of: underWay) && spool.count { $0.hasSuffix(".data") } >= Self.count * 2 / 3
    }

    let started = ContinuousClock.now
    let last = try service.program.measured(arguments)
    let wall = ContinuousClock.now - started
    #expect(last.result.words == ["archived"], "\(last.result.output)\(last.result.errors)")
    #expect(last.result.outcomes.first?["outputs"] as? Int == Self.count)
    #expect(try service.submissions().count == 1)
    let peaks = [first.peak, second.peak, last.peak]
    // Some 49 MiB of a debug build are its own pages; the small form leaves room for a busy machine.
    let limit = Self.isLong ? 64 : 80
    for peak in peaks { #expect(peak < limit << 10, "KiB") }
    #expect(try Program().run(["verify", "--quiet"] + last.result.bundles).status == 0)
    #expect(spool.isEmpty)

    let sent = try SentBytes(service.log())
    let whole = Self.count * Self.mebibytes << 20
    #expect(sent.whole == whole)
    #expect(sent.depth <= 2, "the most often that a byte was sent")
    #expect(sent.resumed > 0, "a file was gone on with")
    // All but what was between the two ends at the kills, in the system's buffers above all, came once: of each of
    // eight files less than a half, and than what buffers hold.
    #expect(sent.total - whole <= 2 * 8 * min(16, Self.mebibytes / 2) << 20)
    print("large run: peaks \(peaks) KiB, last \(wall), sent \(sent.total) for \(whole) bytes")
  }

  /// Starts the job, kills it once the spool is as told and a file is under way, and gives what is there then.
  private func killed(
    when isReached: (Set<String>) -> Bool
  ) throws -> (spool: Set<String>, peak: Int) {
    let process = try service.program.start(arguments)
    let deadline = ContinuousClock.now + .seconds(Self.isLong ? 1800 : 60)
    var seen = spool
    while !isReached(seen) || !seen.contains(where: { $0.hasSuffix(".part") }) {
      try #require(process.isRunning, "the run ended before it could be killed: \(seen.sorted())")
      try #require(ContinuousClock.now < deadline, "the run does not come so far: \(seen.sorted())")
      usleep(2_000)
      seen = spool
    }
    let status = try String(contentsOfFile: "/proc/\(process.identifier)/status", encoding: .utf8)
    let peak = status.split(separator: "\n").first { $0.hasPrefix("VmHWM") }?
      .split(separator: " ").compactMap { Int($0) }.first
    process.signal(SIGKILL)
    try #require(process.waitForKill(), "the run ended before it could be killed")
    return (spool, try #require(peak))
  }
}

/// How often the service sent which bytes of its outputs.
private struct SentBytes {
  /// All that was sent.
  private(set) var total = 0
  /// How many different bytes.
  private(set) var whole = 0
  /// How often the most frequent byte was sent.
  private(set) var depth = 0
  /// How many answers began behind the first byte of their file.
  private(set) var resumed = 0

  init(_ log: [[String: Any]]) throws {
    var edges: [String: [(place: Int, step: Int)]] = [:]
    for line in log where line["event"] as? String == "sent" {
      let path = try #require(line["path"] as? String)
      let first = try #require(line["first"] as? Int)
      let count = try #require(line["count"] as? Int)
      edges[path, default: []] += [(first, 1), (first + count, -1)]
      total += count
      resumed += first > 0 ? 1 : 0
    }
    for ends in edges.values {
      var (level, before) = (0, 0)
      for end in ends.sorted(by: { ($0.place, $0.step) < ($1.place, $1.step) }) {
        if level > 0 { whole += end.place - before }
        before = end.place
        level += end.step
        depth = max(depth, level)
      }
    }
  }
}
