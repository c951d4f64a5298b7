import Foundation
import Glibc
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

/// Bundles that are kept in a real S3 server, as a user meets them.
@Suite(.enabled(if: StoreServer.isWanted), .timeLimit(.minutes(60))) struct ObjectArchiveTests {
  let store: StoreServer
  let service: Service
  let folder: TemporaryFolder
  private static let isLong = ProcessInfo.processInfo.environment["COMFYKEEP_LONG_TESTS"] == "1"
  private let prefix = "kept-\(UUID().uuidString)/runs"

  init() throws {
    store = try StoreServer.shared()
    service = try Service("--fetch", "--ca-file", store.authority)
    folder = try SamplePhotos.folder(4)
  }

  private var program: Program {
    get throws {
      var program = service.program
      program.environment.merge(try store.environment()) { $1 }
      return program
    }
  }

  private var archive: String { folder("archive").string }
  private var photos: [String] { (0..<4).map { folder("photo-0\($0).png").string } }
  private var zips: [String] { folder.files().filter { $0.hasPrefix("archive/") && $0.hasSuffix(".zip") } }

  private func arguments(_ photos: [String], _ options: [String]) throws -> [String] {
    try ["run"] + photos + [
      "--deployment", Service.Deployment.image, "--asset", "189.image", "--archive", archive, "--json",
      "--poll-interval", "20ms",
    ] + store.archiveOptions(prefix: prefix) + options
  }

  private func run(_ photos: [String]? = nil, _ options: String...) throws -> Program.Result {
    try program.run(try arguments(photos ?? [self.photos[0]], options))
  }

  /// Everything below the prefix, with its SHA-256, as rclone fetches it.
  private func objects() throws -> [String: String] {
    let copy = try TemporaryFolder()
    #expect(try store.rclone("copy", "keep:\(try store.bucket)/\(prefix)", copy.path.string) == 0)
    return try copy.files().reduce(into: [:]) { $0[$1] = Checksum(of: try copy.read($1)).hexadecimal }
  }

  @Test func aRunIsKeptInTheStoreAndTheRepetitionKnowsIt() throws {
    let first = try run()
    #expect(first.status == 0, "\(first.errors)")
    let outcome = try #require(first.outcomes.first)
    #expect(outcome["bundle"] is NSNull)
    let place = try #require(outcome["stored"] as? String)
    #expect(place.hasPrefix("s3://\(try store.bucket)/\(prefix)/20"), "\(place)")
    #expect(zips.isEmpty)
    let objects = try objects()
    let bundle = try #require(objects.keys.first { $0.hasSuffix(".zip") })
    #expect(objects[bundle] == outcome["bundle_sha256"] as? String)
    #expect(Set(objects.keys.map { ($0 as NSString).pathExtension }) == ["zip", "sha256", "json"])
    #expect(place.hasSuffix(bundle))

    let again = try run()
    #expect(again.status == 0 && again.words == ["archived"], "\(again.errors)")
    #expect(again.outcomes.first?["kept_already"] as? Bool == true)
    #expect(again.outcomes.first?["stored"] as? String == place)
    #expect(try service.submissions().count == 1)

    let listed = try Program().run("list", "--json", "--archive", archive)
    #expect(listed.objects.first?["stored"] as? [String] == [place])
    #expect(listed.objects.first?["bundle"] is NSNull)
    let shown = try Program().run(
      "show", try #require(outcome["request_id"] as? String), "--archive", archive)
    #expect(shown.output.contains("in the store  \(place)"), "\(shown.output)")
    let all = first.output + first.errors + listed.output + shown.output
    for secret in try store.environment().values { #expect(!all.contains(secret)) }

    // Brought back by any tool, it is as good as before.
    #expect(try store.rclone("copy", "keep:\(try store.bucket)/\(prefix)", archive) == 0)
    let verified = try Program().run(["verify"] + zips.map { folder($0).string })
    #expect(verified.status == 0, "\(verified.output)")
    let day = folder(try #require(zips.first)).removingLastComponent().string
    let sums = try Judges.run("/bin/sh", ["-c", "cd '\(day)' && sha256sum -c *.sha256"])
    #expect(sums.status == 0, "\(sums.output)")
  }

  @Test func withKeepLocalItLiesInBoth() throws {
    let result = try run(nil, "--keep-local")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.bundles.count == 1 && zips.count == 1)
    #expect(result.outcomes.first?["stored"] is String)
    #expect(try objects().count == 3)
  }

  @Test func whatCannotBePutWaitsForTheNextCommand() throws {
    var wrong = try program
    wrong.environment["AWS_SECRET_ACCESS_KEY"] = "never-to-be-seen/secret"
    let first = try wrong.run(try arguments(Array(photos[..<2]), []))
    #expect(first.status == 11, "\(first.errors)")
    #expect(first.words == ["archived", "archived"] && zips.count == 2)
    #expect(!(first.errors + first.output).contains("never-to-be-seen"))
    #expect((first.outcomes.first?["store_error"] as? [String: Any])?["code"] as? String == "upload_failed")
    let listed = try Program().run("list", "--archive", archive)
    #expect(listed.output.split(separator: "\n").count { $0.contains("waits for the store") } == 2)

    // A run of something else takes them along.
    let second = try run([photos[2]])
    #expect(second.status == 0, "\(second.errors)")
    #expect(second.objects.count { $0["type"] as? String == "deposit" && $0["stored"] is String } == 2)
    #expect(zips.isEmpty)
    #expect(try objects().keys.count { $0.hasSuffix(".zip") } == 3)
    #expect(try service.submissions().count == 3)
  }

  @Test func pendingPutsWhatWaitsWithoutAToken() throws {
    var wrong = try program
    wrong.environment["AWS_SECRET_ACCESS_KEY"] = "never-to-be-seen/secret"
    #expect(try wrong.run(try arguments([photos[0]], [])).status == 11)
    let pending = try ["archive", "--pending", "--archive", archive] + store.archiveOptions(prefix: prefix)
    var tokenless = Program(environment: try store.environment())
    let put = try tokenless.run(pending)
    #expect(put.status == 0, "\(put.errors)")
    #expect(put.output.hasPrefix("s3://"), "\(put.output)")
    let elsewhere = try program.run(
      try arguments([photos[1]], ["--archive-endpoint", "https://127.0.0.1:1"]))
    #expect(elsewhere.status == 69)
    let nothing = try tokenless.run(pending)
    #expect(nothing.errors.contains("nothing waits for s3://"))
    #expect(nothing.errors.contains("1 bundle waits for s3://"), "\(nothing.errors)")
    // The same command with the right address takes it from there.
    #expect(try run([photos[1]]).status == 0)
    #expect(try !tokenless.run(pending).errors.contains("1 bundle waits"))
    #expect(zips.isEmpty)
    tokenless.environment = [:]
    let keyless = try tokenless.run(pending)
    #expect(keyless.status == 64)
    #expect(keyless.errors.contains("AWS_ACCESS_KEY_ID"), "\(keyless.errors)")
    #expect(try tokenless.run("archive", "--pending", "--archive", archive).status == 64)
  }

  /// A clip of 80 MiB goes into the bundle, so that it is put in parts.
  @Test func aLargeBundleIsPutInPartsInLittleMemory() throws {
    let sample = try Data(contentsOf: SamplePhotos.samples.appendingPathComponent("clips/waves.mp4"))
    let size = (80 << 20) - sample.count
    let head = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: size >> $0) } + Array("free".utf8)
    let path = try folder.write([UInt8](sample) + head, to: "clip.mp4")
    #expect(truncate(path.string, sample.count + size) == 0)
    let options = try store.options(prefix: "up-\(prefix)") + store.archiveOptions(prefix: prefix).dropLast(2)
    let (result, growth) = try program.compared(
      { file in
        ["run", file.string, "--deployment", Service.Deployment.video, "--archive", archive, "--json"]
          + ["--poll-interval", "20ms", "--prefer", "upload"] + options
      }, small: try folder.write([UInt8](sample), to: "small.mp4"), large: path)
    #expect(result.status == 0, "\(result.errors)")
    let kept = try objects().filter { $0.key.hasSuffix(".zip") }.values
    let sum = try #require(result.outcomes.first?["bundle_sha256"] as? String)
    #expect(kept.count == 2 && kept.contains(sum))
    #expect(zips.isEmpty)
    #expect(growth < 24 << 10, "KiB")
  }

  /// Killed again and again while bundles are put and removed: none is ever nowhere, none is made twice.
  @Test func killedWhileBundlesArePutNoneIsLostAndNoneIsPaidTwice() throws {
    var (struck, waiting, resubmitted) = (0, 0, 0)
    for round in 0..<24 {
      let process = try program.start(try arguments(photos, ["--concurrency", "4"]))
      // Later and later: from the submits to the removal of the last bundle.
      let deadline = Date().addingTimeInterval(10)
      let puts = round % 3
      while process.isRunning, Date() < deadline {
        if zips.count >= puts { break }
        usleep(2_000)
      }
      usleep(UInt32(round * 7_000))
      process.signal(SIGKILL)
      if process.waitForKill() {
        struck += 1
        waiting += zips.isEmpty ? 0 : 1
      }
      try expectEveryKeptBundleSomewhere()
      resubmitted += try settle()
    }
    #expect(struck >= 6)
    #expect(waiting > 0, "no kill left a bundle that was not in the store yet")
    let last = try run(photos)
    #expect(last.status == 0, "\(last.errors)")
    #expect(last.words == Array(repeating: "archived", count: 4))
    #expect(
      try (4...4 + resubmitted).contains(service.submissions().count), "\(resubmitted) by a person's word")
    #expect(zips.isEmpty)
    let objects = try objects()
    #expect(
      Set(objects.filter { $0.key.hasSuffix(".zip") }.values)
        == Set(last.outcomes.compactMap { $0["bundle_sha256"] as? String }))
    #expect(objects.count == 12)
  }

  /// Killed at its calls that change something, one after the other, as a debugger does it: at a few, or at each of
  /// them or each third with COMFYKEEP_LONG_TESTS.
  @Test(
    .enabled(if: Strace.canTrace, "no call can be traced here"),
    arguments: [("fsync,fdatasync,unlink", isLong ? 1 : 4), ("write,sendto", isLong ? 3 : 15)])
  func killedAtCallsWhilePendingTheBundleIsSomewhere(_ calls: String, _ stride: Int) throws {
    var wrong = try program
    wrong.environment["AWS_SECRET_ACCESS_KEY"] = "wrong"
    #expect(try wrong.run(try arguments([photos[0]], [])).status == 11)
    let pending = try ["archive", "--pending", "--archive", archive] + store.archiveOptions(prefix: prefix)
    let spare = folder("spare").string
    #expect(try ChildProcess.run(["/bin/cp", "-a", archive, spare]).status == 0)
    var (number, kills) = (1, 0)
    while number < 100 {
      let traced = try program.run(
        pending, launcher: Strace.killing(at: number, of: calls))
      if traced.status == 0 { break }
      try #require(traced.wasKilled, "call \(number): \(traced.status) \(traced.errors)")
      kills += 1
      try expectEveryKeptBundleSomewhere()
      let finished = try program.run(pending)
      #expect(finished.status == 0, "after call \(number): \(finished.errors)")
      #expect(zips.isEmpty)
      #expect(try objects().count == 3)
      #expect(try store.rclone("purge", "keep:\(try store.bucket)/\(prefix)") == 0)
      #expect(try ChildProcess.run(["/bin/rm", "-rf", archive]).status == 0)
      #expect(try ChildProcess.run(["/bin/cp", "-a", spare, archive]).status == 0)
      number += stride
    }
    #expect(kills > (Self.isLong ? 3 : 1))
    #expect(number < 100, "it ends where there are no more calls")
  }

  private func expectEveryKeptBundleSomewhere() throws {
    guard FileManager.default.fileExists(atPath: folder("archive/.comfykeep/ledger.sqlite").string) else {
      return
    }
    let listed = try Program().run("list", "--state", "archived", "--json", "--archive", archive)
    let objects = try objects()
    for entry in listed.objects {
      let sum = try #require(entry["bundle_sha256"] as? String)
      let isHere = (entry["bundle"] as? String).map { FileManager.default.fileExists(atPath: $0) } ?? false
      #expect(isHere || objects.values.contains(sum), "\(entry)")
      if !(entry["stored"] as? [Any] ?? []).isEmpty { #expect(objects.values.contains(sum)) }
    }
  }

  /// A person says of every submission in doubt that it may be submitted again; how many that are.
  private func settle() throws -> Int {
    var count = 0
    let list = try Program().run("list", "--state", "in_doubt", "--json", "--archive", archive)
    for entry in list.objects where entry["type"] as? String == "run" {
      let key = try #require(entry["submission_key"] as? String)
      #expect(try Program().run("resolve", key, "--resubmit", "--archive", archive).status == 0)
      count += 1
    }
    return count
  }

  @Test func aBrokenOffPutLeavesTheBundleAndStopsWithTheRightWords() throws {
    let output = try folder.write([], to: "said").string
    let process = try program.start(
      try arguments(photos, ["--archive-endpoint", "https://127.0.0.1:1"]), output: output)
    let deadline = Date().addingTimeInterval(60)
    while zips.count < 4, process.isRunning, Date() < deadline { usleep(5_000) }
    process.signal(SIGINT)
    #expect(process.waitForEnd() == 130)
    #expect(zips.count == 4)
    let said = String(decoding: try folder.read("said"), as: UTF8.self)
    #expect(said.contains("stopped before it was in the store"), "\(said)")
  }

  @Test(arguments: [
    (["--archive", "gs://bucket/x"], "gs://"),
    (["--archive", "s3://a/x", "--archive", "s3://b/x"], "one folder"),
    (["--archive", "s3://UPPER_case/x"], "bucket"), (["--archive", "s3://kept/{date}"], "placeholders"),
    (["--archive", "s3://kept/x", "--archive-endpoint", "http://nas.example.org"], "unencrypted"),
    (["--archive-region", "eu-west-1"], "names no target"),
  ])
  func whatMakesNoSenseIsRefusedBeforeAnythingIsSubmitted(_ options: [String], _ words: String) throws {
    var program = try program
    program.environment["COMFYKEEP_ARCHIVE"] = archive
    let result = try program.run(
      ["run", photos[0], "--deployment", Service.Deployment.image, "--asset", "189.image"] + options)
    #expect(result.status == 64, "\(result.errors)")
    #expect(result.errors.contains(words), "\(result.errors)")
    #expect(try service.submissions().isEmpty)
  }

  @Test func aRecipeNamesTheStore() throws {
    let recipe = """
      deployment: \(Service.Deployment.image)
      assets: {189.image: each}
      archive: archive
      archive_store:
        to: s3://\(try store.bucket)/\(prefix)
        endpoint: \(try store.endpoint)
        access_key_env: KEEP_ID
        secret_key_env: KEEP_SECRET
        keep_local: true
      """
    let path = try folder.write(Array(recipe.utf8), to: "recipe.yaml")
    var program = service.program
    let keys = try store.environment()
    program.environment["KEEP_ID"] = keys["AWS_ACCESS_KEY_ID"]
    program.environment["KEEP_SECRET"] = keys["AWS_SECRET_ACCESS_KEY"]
    let result = try program.run(
      "run", photos[0], "--recipe", path.string, "--json", "--poll-interval", "20ms", "--ca-file",
      store.authority)
    #expect(result.status == 0, "\(result.errors)")
    #expect(zips.count == 1)
    #expect(try objects().count == 3)
  }
}
