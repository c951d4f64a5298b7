import Foundation
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

/// A watch of folders that are written to in every way, killed and started again, and what must be true in the end.
final class Torture {
  /// How much is done.
  struct Size {
    let files: Int
    let kills: Int
    let large: Int
    let largeSeconds: Int
    let settle: Double

    /// 1,000 files and a large one of 1 GiB with `COMFYKEEP_LONG_TESTS=1`, else as few as are told.
    static func wanted(_ few: Int) -> Size {
      ProcessInfo.processInfo.environment["COMFYKEEP_LONG_TESTS"] == "1"
        ? Size(files: 1000, kills: 10, large: 1 << 30, largeSeconds: 90, settle: 2)
        : Size(files: few, kills: 3, large: 24 << 20, largeSeconds: 5, settle: 0.5)
    }
  }

  let name: String
  let size: Size
  let files: TortureFiles
  private let place: WatchPlace
  private let movesFiles: Bool
  private let options: [String]
  private(set) var kills = 0
  private(set) var doubts = 0
  private var random: SplitMix

  init(
    _ name: String, movesFiles: Bool, options: [String] = [], shortFiles: Int = 100, seed: UInt64,
    _ places: (TemporaryFolder, MemoryFolder) -> TortureFiles.Places
  ) throws {
    self.name = name
    self.movesFiles = movesFiles
    size = Size.wanted(shortFiles)
    files = try TortureFiles(places)
    place = try WatchPlace("--fetch", "--instances", "64")
    random = SplitMix(seed: seed)
    self.options =
      options + [
        "--settle", "\(Int(size.settle * 1000))ms", "--existing", "run", "--after",
        movesFiles ? "move" : "leave",
        "--upload", "\(files.shelf)/{sha256}.{ext}", "--concurrency", "8",
      ]
    try files.write(
      count: size.files, settle: size.settle, large: size.large, largeSeconds: size.largeSeconds, seed: seed)
  }

  private func start() throws -> WatchProcess {
    let arguments =
      files.roots + ["--deployment", Service.Deployment.image, "--archive", place.archive.string]
      + ["--poll-interval", "20ms"] + options
    return try WatchProcess(place.service.program, arguments)
  }

  /// Kills the watch again and again while files are written, and once while it works off the rest; then lets it come
  /// to an end, and starts it once more.
  func play() throws {
    let started = ContinuousClock.now
    var watch = try start()
    for number in 1..<size.kills {
      let share = size.files * 3 / 4 * number / size.kills
      try watch.wait(for: "the writers", within: .seconds(600)) {
        try files.contents().count >= share || !files.isWriting
      }
      watch = try kill(watch)
    }
    try watch.wait(for: "the writers' end", within: .seconds(1800)) { !files.isWriting }
    try files.expectEnd()
    watch = try kill(watch)
    try settle(watch)
    #expect(watch.stop() == 0, "\(watch.errors)")
    let last = try start().ready()
    try settle(last)
    #expect(last.stop() == 0, "\(last.errors)")
    try judge()
    let contents = try files.contents()
    let counts = Dictionary(grouping: contents, by: \.expect).mapValues(\.count)
    let submissions = try place.service.submissions().count
    print(
      "WATCH TORTURE \(name): \(size.files) files, \(contents.count) contents (\(counts[.must] ?? 0) to be submitted, "
        + "\(counts[.may] ?? 0) perhaps, \(counts[.never] ?? 0) never), \(kills) kills, \(submissions) submissions, "
        + "\(doubts) in doubt, \((ContinuousClock.now - started).components.seconds) s")
  }

  private func kill(_ watch: WatchProcess) throws -> WatchProcess {
    usleep(.random(in: 0..<600_000, using: &random))
    try #require(watch.kill(), "the watch ended by itself: \(watch.errors)")
    kills += 1
    #expect(try tooMany() == [])
    doubts += try place.resolveDoubts(besides: true)
    return try start()
  }

  /// Waits until nothing is left to do, and settles doubts meanwhile.
  private func settle(_ watch: WatchProcess) throws {
    let limit: Duration = size.kills > 3 ? .seconds(1800) : .seconds(120)
    let end = ContinuousClock.now + limit
    while true {
      let missing = try missing()
      let open = try place.arrivals().filter { Self.openStates.contains($0["state"] as? String ?? "") }
      if missing.isEmpty, open.isEmpty { return }
      let isOver = ContinuousClock.now > end || !watch.isRunning
      try #require(
        !isOver,
        "\(name) does not end: missing \(missing), open \(open), said \(watch.errors.suffix(4000))")
      if open.contains(where: { $0["state"] as? String == "in_doubt" }) {
        doubts += try place.resolveDoubts()
      }
      usleep(200_000)
    }
  }

  private static let openStates: Set<String> = ["waiting", "running", "in_doubt"]

  // MARK: - What must be true

  /// Contents that the service has not got, in words.
  private func missing() throws -> [String] {
    let submitted = try place.submitted()
    return try files.contents().filter { $0.expect == .must && submitted[$0.sha256] == nil }.map(Self.words)
  }

  private static func words(_ content: TortureFiles.Content) -> String { "\(content.how): \(content.name)" }

  /// What the service has got more often than it should, or not as a whole, in words.
  private func tooMany() throws -> [String] {
    let contents = Dictionary(grouping: try files.contents(), by: \.sha256)
    return try place.submitted().compactMap { sum, count in
      guard count > 1 || contents[sum]?.contains(where: { $0.expect != .never }) != true else { return nil }
      // A content that is in no line yet may be in one a moment later.
      if contents[sum] == nil, files.isWriting { return nil }
      return "\(contents[sum]?.first.map(Self.words) ?? "half a file, \(sum)") was submitted \(count) times"
    }
  }

  private func judge() throws {
    #expect(try tooMany() == [], "\(name)")
    #expect(try missing() == [], "\(name)")
    let all = try place.command("list", "--json").objects.filter { $0["type"] as? String == "run" }
    // A file that is written anew in the moment before it is sent is not sent.
    let rejected = all.filter { $0["state"] as? String == "rejected" }
    #expect(rejected.allSatisfy { $0["reason"] as? String == "changed after it was checked" }, "\(rejected)")
    let list = all.filter { $0["state"] as? String != "rejected" }
    #expect(list.count == (try place.service.submissions().count), "\(name)")
    let unkept = list.filter { $0["state"] as? String != "archived" }.compactMap { $0["reason"] as? String }
    #expect(unkept == [], "\(name): all are kept")
    let verified = try Program().run("verify", "--quiet", place.archive.string)
    #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
    let checked = try place.command("ledger", "check")
    #expect(checked.status == 0, "\(checked.output)\(checked.errors)")
    try judgeFiles()
  }

  /// Nothing is lost, and nothing lies where it does not belong.
  private func judgeFiles() throws {
    let found = try files.found()
    let sums = Set(found.map(\.sha256))
    let contents = try files.contents()
    #expect(contents.filter { $0.stays && !sums.contains($0.sha256) }.map(Self.words) == [], "\(name): lost")
    let taken = Set(try place.submitted().keys)
    #expect(sums.subtracting(contents.map(\.sha256)) == [], "\(name): files that nobody wrote")
    if movesFiles {
      #expect(
        found.filter { taken.contains($0.sha256) == $0.area.isEmpty }.map { "\($0.area) \($0.name)" } == [],
        "\(name): what was submitted is moved, and nothing else")
      #expect(found.filter { $0.area == "failed" }.map(\.name) == [], "\(name): nothing failed")
    } else {
      #expect(found.filter { !$0.area.isEmpty }.map(\.name) == [], "\(name): nothing is moved")
    }
  }
}
