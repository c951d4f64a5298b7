import Foundation
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

/// Photos on their way through a scenario, what a person said about them, and what is there of them.
final class KillJob {
  static let count = 6

  let scenario: KillScenario
  /// The checksums of the photos.
  let sums: [String]
  /// What the command said last, for a test that fails.
  let words: String
  /// How often a person said that a photo may be submitted again, by its checksum.
  private(set) var resubmits: [String: Int] = [:]
  /// How many doubts a person settled.
  private(set) var doubts = 0
  private let photos: TemporaryFolder
  private let said: TemporaryFolder
  private let own: TemporaryFolder?
  private let place: FilePath
  private let prefix = "kept-\(UUID().uuidString)"
  private var requests: [String] = []
  private var verified: Set<String> = []
  /// The checksums of what lies in verified bundles.
  private var payload: Set<String> = []

  var archive: String { place.appending("archive").string }
  private var export: String { place.appending("export").string }

  /// Photos that no other job has, in an archive below a place; a temporary one if `nil`.
  init(_ scenario: KillScenario, number: Int, _ service: Service, at place: FilePath? = nil) throws {
    self.scenario = scenario
    photos = try TemporaryFolder()
    said = try TemporaryFolder()
    own = place == nil ? try TemporaryFolder() : nil
    self.place = try place ?? #require(own).path
    var sums: [String] = []
    for index in 0..<Self.count {
      let bytes = Self.photo("\(scenario.name) \(number) \(index)")
      try photos.write(bytes, to: "photo-\(index).png")
      sums.append(Checksum(of: bytes).hexadecimal)
    }
    self.sums = sums
    words = try said.write([], to: "words").string
    if scenario.origin != .command { try submitBefore(service) }
  }

  /// A PNG of one pixel, and some words to tell it from others.
  private static func photo(_ words: String) -> [UInt8] {
    let plain = Pictures.png(7)
    return plain.dropLast(12) + Pictures.chunk("tEXt", Array("Comment\0\(words)".utf8)) + plain.suffix(12)
  }

  private func submitBefore(_ service: Service) throws {
    let elsewhere = try TemporaryFolder()
    let archive = scenario.origin == .elsewhere ? elsewhere.path.string : archive
    let left = try service.program.run(
      "run", photos.path.string, "--deployment", Service.Deployment.image, "--archive", archive, "--json",
      "--concurrency", "8", "--max-wait", "1ms")
    requests = left.outcomes.compactMap { $0["request_id"] as? String }
    try #require(requests.count == Self.count, "\(left.errors)")
  }

  // MARK: - The command

  func program(_ service: Service) throws -> Program {
    var program = service.program
    if scenario.usesStore { program.environment.merge(try StoreServer.shared().environment()) { $1 } }
    return program
  }

  func arguments(_ service: Service, concurrency: Int) throws -> [String] {
    try scenario.words.flatMap { word in
      switch word {
      case "PHOTOS": [photos.path.string]
      case "REQUESTS": requests
      case "EXPORT": [export]
      case "WIDTH": ["\(concurrency)"]
      case "STORE": try StoreServer.shared().archiveOptions(prefix: prefix)
      default: [word.replacingOccurrences(of: "UPLOADS", with: try service.uploads)]
      }
    } + ["--archive", archive, "--json"]
  }

  /// Leaves what a process leaves that was killed while it had the archive open.
  func leaveMark() throws {
    let hidden = "\(archive)/.comfykeep"
    try FileManager.default.createDirectory(
      atPath: hidden, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    try #require(FileManager.default.createFile(atPath: "\(hidden)/writing-1-killed", contents: Data()))
  }

  /// A person says of every submission in doubt that it may be submitted again; or names its run, where the service
  /// has one that the ledger does not know.
  func settle(_ service: Service, _ random: inout SplitMix) throws {
    guard FileManager.default.fileExists(atPath: "\(archive)/.comfykeep/ledger.sqlite") else { return }
    let list = try service.program.run("list", "--state", "in_doubt", "--json", "--archive", archive)
    for entry in list.objects where entry["type"] as? String == "run" {
      let key = try #require(entry["submission_key"] as? String)
      let input = try #require((entry["inputs"] as? [String])?.first)
      let sum = Checksum(of: Array(try Data(contentsOf: URL(fileURLWithPath: input)))).hexadecimal
      doubts += 1
      let known = try LedgerCopy(archive)?.column("SELECT id FROM request") ?? []
      let lost = try service.submissions().first { submission in
        Self.media(submission).contains(sum) && !known.contains(submission["request_id"] as? String ?? "")
      }
      let settled: Program.Result
      if let id = lost?["request_id"] as? String, Bool.random(using: &random) {
        settled = try service.program.run("resolve", key, "--request", id, "--archive", archive)
      } else {
        resubmits[sum, default: 0] += 1
        settled = try service.program.run("resolve", key, "--resubmit", "--archive", archive)
      }
      #expect(settled.status == 0, "\(settled.errors)")
    }
  }

  // MARK: - What is there

  var bundles: [String] { files(below: archive).filter { $0.hasSuffix(".zip") } }

  private func files(below folder: String) -> [String] {
    (FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? [])
      .map { "\(folder)/\($0)" }
  }

  private static func media(_ submission: [String: Any]) -> [String] {
    (submission["media"] as? [[String: Any]] ?? []).compactMap { $0["sha256"] as? String }
  }

  /// How often the service took each photo of this job, by checksum.
  func submitted(to service: Service) throws -> [String: Int] {
    try service.submissions().reduce(into: [:]) { counts, submission in
      for sum in Self.media(submission) where sums.contains(sum) { counts[sum, default: 0] += 1 }
    }
  }

  /// What must never be, at any moment, whatever happened: in words.
  func violations(_ service: Service) throws -> [String] {
    let submitted = try submitted(to: service)
    var found = submitted.filter { $1 > 1 + resubmits[$0, default: 0] }.map {
      "\($0) was submitted \($1) times"
    }
    guard let ledger = try LedgerCopy(archive) else {
      return found
        + (submitted.isEmpty || scenario.origin == .elsewhere ? [] : ["submitted, and there is no ledger"])
    }
    found += try ledger.damage
    guard found.isEmpty else { return found }
    if scenario.origin != .elsewhere { found += try ledger.missingIntents(submitted) }
    found += try brokenBundles()
    found += try lostBundles(ledger)
    for file in files(below: export) where file.hasSuffix(".png") {
      let sum = Checksum(of: Array(try Data(contentsOf: URL(fileURLWithPath: file)))).hexadecimal
      if !payload.contains(sum) { found.append("\(file) is not what is in a bundle") }
    }
    return found
  }

  /// Whatever has a bundle's name is whole from the moment it has it, and so is the checksum beside it.
  private func brokenBundles() throws -> [String] {
    let fresh = bundles.filter { !verified.contains($0) }
    guard !fresh.isEmpty else { return [] }
    let result = try Program().run(["verify", "--quiet"] + fresh)
    guard result.status == 0 else { return ["a bundle does not verify: \(result.output)\(result.errors)"] }
    verified.formUnion(fresh)
    for bundle in fresh {
      let list = try Judges.run("/usr/bin/unzip", ["-p", bundle, "*/manifest-sha256.txt"])
      for line in list.output.split(separator: "\n") { payload.insert(String(line.prefix(64))) }
    }
    return []
  }

  /// What the ledger calls kept is there, with its checksum: in the folder, or in the store where it says so.
  private func lostBundles(_ ledger: LedgerCopy) throws -> [String] {
    let kept = try ledger.rows(
      """
      SELECT CAST(bundle AS TEXT) AS path, bundleChecksum AS sum,
        EXISTS (SELECT 1 FROM stored WHERE request = request.id AND storedAt IS NOT NULL) AS isStored
      FROM request WHERE bundle IS NOT NULL
      """)
    var found: [String] = []
    var objects: Set<String>?
    for row in kept {
      let path = try #require(row["path"] as? String)
      let sum = try #require(row["sum"] as? String)
      let isStored = row["isStored"] as? Int == 1
      if let bytes = try? Data(contentsOf: URL(fileURLWithPath: "\(archive)/\(path)")) {
        if Checksum(of: Array(bytes)).hexadecimal != sum { found.append("\(path) is kept with other bytes") }
      } else if !isStored {
        found.append("\(path) is kept and not there")
      }
      guard isStored else { continue }
      if try !(objects ?? stored()).contains(sum) { found.append("\(path) is not in the store") }
      objects = try objects ?? stored()
    }
    return found
  }

  /// The checksums of the bundles in the store, as another client fetches them.
  private func stored() throws -> Set<String> {
    let copy = try TemporaryFolder()
    let store = try StoreServer.shared()
    guard try store.rclone("copy", "keep:\(try store.bucket)/\(prefix)", copy.path.string) == 0 else {
      return []
    }
    return Set(
      try copy.files().filter { $0.hasSuffix(".zip") }.map { Checksum(of: try copy.read($0)).hexadecimal })
  }

  // MARK: - The end

  /// Runs the command until all is kept, and looks at what is there in the end; how many bundles there are.
  func finish(_ service: Service, _ random: inout SplitMix) throws -> Int {
    let program = try program(service)
    for _ in 0..<12 {
      try settle(service, &random)
      if try program.run(try arguments(service, concurrency: 8)).status == 0 { break }
    }
    let last = try program.run(try arguments(service, concurrency: 8))
    #expect(last.status == 0, "\(scenario.name): \(last.errors)")
    #expect(last.words.allSatisfy { $0 == "archived" }, "\(scenario.name): \(last.errors)")
    #expect(try violations(service) == [])
    #expect(try submitted(to: service).count == Self.count)
    let list = try Program().run("list", "--state", "archived", "--json", "--archive", archive)
    let kept = list.objects.filter { $0["type"] as? String == "run" }
    let sums = Set(kept.compactMap { $0["bundle_sha256"] as? String })
    #expect(sums.count == Self.count, "\(scenario.name): \(list.output)")
    let names = kept.compactMap { ($0["bundle"] as? String)?.split(separator: "/").last }
    #expect(Set(names) == Set(bundles.compactMap { $0.split(separator: "/").last }))
    if scenario.usesStore {
      #expect(try stored().isSuperset(of: sums))
      #expect(bundles.isEmpty)
    }
    let exported = files(below: export)
    if scenario.exports, scenario.origin == .command {
      let stems = Set(exported.compactMap { $0.split(separator: "/").last?.split(separator: ".").first })
      #expect(stems.isSuperset(of: (0..<Self.count).map { "photo-\($0)" }), "\(exported)")
    }
    let left = (files(below: archive) + exported).filter { path in
      path.hasSuffix(".part") || path.contains("/.comfykeep/inputs/") || path.contains("/.comfykeep/partial/")
    }
    #expect(left == [], "\(scenario.name): leftovers of the killed are gone")
    return sums.count
  }
}

extension Service {
  /// Where its storage takes uploads by PUT.
  var uploads: String {
    get throws {
      let ready = try JSONSerialization.jsonObject(with: Data(try folder.read("ready.json")))
      return try #require((ready as? [String: Any])?["uploads"] as? String)
    }
  }
}
