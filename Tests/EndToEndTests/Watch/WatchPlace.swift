import Foundation
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

/// A service, a folder to be watched, and an archive.
struct WatchPlace {
  let service: Service
  private let place: TemporaryFolder

  init(_ options: String...) throws {
    try self.init(service: try Service(options))
  }

  init(service: Service) throws {
    self.service = service
    place = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
  }

  /// The folder that is watched.
  var folder: FilePath { place("drop") }
  var archive: FilePath { place("archive") }
  /// A path that is not watched.
  func callAsFunction(_ name: String) -> FilePath { place(name) }

  // MARK: - Files

  /// Puts a file of these bytes there in one instant, in place of what may lie there.
  @discardableResult
  func drop(_ bytes: [UInt8], as name: String) throws -> FilePath {
    let source = try place.write(bytes, to: "fresh")
    let target = folder.pushing(FilePath(name))
    try FileManager.default.createDirectory(
      atPath: target.removingLastComponent().string, withIntermediateDirectories: true)
    try #require(rename(source.string, target.string) == 0)
    return target
  }

  /// Puts a picture of its own for each value there.
  @discardableResult
  func drop(_ value: UInt8, as name: String) throws -> FilePath {
    try drop(Pictures.png(value), as: name)
  }

  /// Writes a file outside the watched folder, or in it.
  func write(_ bytes: [UInt8], to name: String) throws { try place.write(bytes, to: name) }
  func write(_ text: String, to name: String) throws { try place.write(Array(text.utf8), to: name) }

  /// The paths below the watched folder, without hidden ones, sorted.
  var files: [String] {
    (FileManager.default.enumerator(atPath: folder.string)?.compactMap { $0 as? String } ?? []).filter {
      name in
      var isFolder: ObjCBool = false
      _ = FileManager.default.fileExists(
        atPath: folder.pushing(FilePath(name)).string, isDirectory: &isFolder)
      return !isFolder.boolValue && !name.hasPrefix(".") && !name.contains("/.")
    }.sorted()
  }

  func read(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: folder.pushing(FilePath(name)).string)))
  }

  // MARK: - Commands

  /// Starts the watch with short waits.
  func start(
    _ options: String..., folders: [FilePath]? = nil, environment: [String: String] = [:]
  ) throws -> WatchProcess {
    var program = service.program
    program.environment.merge(environment) { $1 }
    return try WatchProcess(program, arguments(options, folders))
  }

  /// Runs a watch that is to end by itself.
  func run(_ options: String...) throws -> Program.Result {
    try service.program.run(["watch", "--json"] + arguments(options, nil))
  }

  private func arguments(_ options: [String], _ folders: [FilePath]?) -> [String] {
    (folders ?? [folder]).map(\.string) + [
      "--deployment", Service.Deployment.image, "--archive", archive.string, "--settle", "200ms",
      "--poll-interval", "20ms",
    ] + options
  }

  /// Runs another command in the archive.
  func command(_ words: String...) throws -> Program.Result { try command(words) }

  func command(_ words: [String]) throws -> Program.Result {
    try service.program.run(words + ["--archive", archive.string])
  }

  /// What became of the files so far.
  func arrivals(_ state: String? = nil) throws -> [[String: Any]] {
    let queue = try command("queue", "--state", state ?? "all", "--json")
    // Before the watch has made its archive there is nothing in it.
    if queue.status == 64 { return [] }
    try #require(queue.status == 0, "\(queue.errors)")
    return queue.objects.filter { $0["type"] as? String == "arrival" }
  }

  /// Waits until so many files are in a state.
  func wait(for count: Int, _ state: String, _ watch: WatchProcess) throws {
    try watch.wait(for: "\(count) \(state)", every: .milliseconds(100)) { try arrivals(state).count == count }
  }

  /// How often the service took which content, by checksum.
  func submitted() throws -> [String: Int] {
    try service.submissions().reduce(into: [:]) { counts, submission in
      for media in submission["media"] as? [[String: Any]] ?? [] {
        if let sum = media["sha256"] as? String { counts[sum, default: 0] += 1 }
      }
    }
  }

  /// That these pictures were submitted once each, and nothing else.
  func expectOnce(_ values: some Sequence<UInt8>, _ note: Comment? = nil) throws {
    let wanted = values.map { (Checksum(of: Pictures.png($0)).hexadecimal, 1) }
    #expect(try submitted() == Dictionary(uniqueKeysWithValues: wanted), note)
  }

  /// A person looks at the service's page and says of each submission in doubt which run it is, or that there is none.
  ///
  /// - Parameter besides: Whether what was being submitted is in doubt too, as it is while nobody is at it.
  /// - Returns: How many there were.
  func resolveDoubts(besides: Bool = false) throws -> Int {
    guard let ledger = try LedgerCopy(archive.string) else { return 0 }
    let open = try ledger.rows(
      """
      SELECT submission.key AS key, asset.checksum AS sum FROM submission
      JOIN asset ON asset.submission = submission.key
      WHERE submission.state IN ('inDoubt'\(besides ? ", 'submitting'" : ""))
      """)
    guard !open.isEmpty else { return 0 }
    let known = try ledger.column("SELECT id FROM request")
    for row in open {
      let (key, sum) = (try #require(row["key"] as? String), row["sum"] as? String)
      let run = try service.submissions().first { submission in
        let media = submission["media"] as? [[String: Any]] ?? []
        return media.contains { $0["sha256"] as? String == sum }
          && !known.contains(submission["request_id"] as? String ?? "")
      }
      let id = run?["request_id"] as? String
      let said = try command(["resolve", key] + (id.map { ["--request", $0] } ?? ["--resubmit"]))
      #expect(said.status == 0, "\(said.errors)")
    }
    return open.count
  }
}
