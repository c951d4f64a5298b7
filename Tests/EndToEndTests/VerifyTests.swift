import Foundation
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@testable import comfykeep

@Suite struct VerifyTests {
  private func kinds(_ result: Program.Result) -> [String] {
    result.objects.compactMap { $0["type"] as? String }
  }

  @Test func aWholeArchiveIsCheckedInOrderWithASummary() throws {
    let keep = try Keep(5)
    let folder = try keep.run("verify", keep.archive.path.string)
    #expect(folder.status == 0, "\(folder.errors)")
    #expect(folder.output.split(separator: "\n").map { String($0.prefix { $0 != ":" }) } == keep.bundles)
    #expect(folder.errors.contains("5 bundles, "))
    #expect(folder.errors.contains(": 5 whole"))
    try Keep.damage(keep.bundles[1])
    try FileManager.default.removeItem(atPath: keep.bundles[2])
    try Data("no ZIP".utf8).write(to: URL(fileURLWithPath: keep.bundles[2]))
    let json = try keep.run("verify", keep.archive.path.string, "--json")
    #expect(json.status == 4)
    #expect(kinds(json) == Array(repeating: "verification", count: 5) + ["verification_summary"])
    #expect(json.objects.dropLast().compactMap { $0["bundle"] as? String } == keep.bundles)
    #expect(
      json.objects.dropLast().compactMap { $0["verdict"] as? String }
        == ["whole", "damaged", "not_a_bundle", "whole", "whole"])
    let summary = try #require(json.objects.last)
    #expect(summary["whole"] as? Int == 3 && summary["damaged"] as? Int == 1)
    #expect(summary["verified"] as? Bool == false && summary["status"] as? Int == 4)
    #expect(summary["version"] as? Int == 1)
  }

  @Test func fastNeverCallsABundleVerified() throws {
    let keep = try Keep(2)
    let fast = try keep.run("verify", keep.archive.path.string, "--fast")
    #expect(fast.status == 3)
    let lines = fast.output.split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines.allSatisfy { $0.contains("payload not hashed") })
    // A flipped bit in a picture is what it cannot see.
    try Keep.damage(keep.bundles[0])
    let json = try keep.run("verify", keep.archive.path.string, "--fast", "--json")
    #expect(json.status == 3)
    for object in json.objects {
      #expect(object["verified"] as? Bool == false)
      #expect(object["payload_hashed"] as? Bool == false)
    }
    #expect(json.objects.last?["unhashed"] as? Int == 2)
    // What it does see dominates.
    var bytes = try Data(contentsOf: URL(fileURLWithPath: keep.bundles[1]))
    bytes.removeLast()
    try bytes.write(to: URL(fileURLWithPath: keep.bundles[1]))
    let found = try keep.run("verify", keep.archive.path.string, "--fast")
    #expect(found.status == 30)
    #expect(found.output.contains("DAMAGED (payload not hashed)"))
  }

  @Test func theLedgerTellsWhatIsGoneReplacedAndUnknown() throws {
    let keep = try Keep(4)
    let archive = ["--archive", keep.archive.path.string]
    let before = try Program().run(["verify", "--against-ledger"] + archive)
    #expect(before.status == 0, "\(before.output)\(before.errors)")
    #expect(before.output.split(separator: "\n").count == 4)
    // One is gone, and one lies in the place of another.
    try FileManager.default.removeItem(atPath: keep.bundles[0])
    let elsewhere = try Keep(1)
    let stray = keep.archive("stray/\(FilePath(elsewhere.bundles[0]).lastComponent?.string ?? "")")
    try keep.archive.write(
      Array(try Data(contentsOf: URL(fileURLWithPath: elsewhere.bundles[0]))),
      to: "stray/\(stray.lastComponent?.string ?? "")")
    try FileManager.default.removeItem(atPath: keep.bundles[1] + ".sha256")
    try FileManager.default.removeItem(atPath: keep.bundles[1])
    try FileManager.default.copyItem(atPath: elsewhere.bundles[0], toPath: keep.bundles[1])
    let after = try Program().run(["verify", "--against-ledger", "--json"] + archive)
    #expect(after.status == 30, "\(after.errors)")
    let verdicts = after.objects.reduce(into: [String: String]()) { verdicts, object in
      if let path = object["bundle"] as? String { verdicts[path] = object["verdict"] as? String }
    }
    #expect(verdicts[keep.bundles[0]] == "gone")
    #expect(verdicts[keep.bundles[1]] == "damaged")
    #expect(verdicts[keep.bundles[2]] == "whole" && verdicts[keep.bundles[3]] == "whole")
    #expect(after.output.contains("E141") && after.output.contains("E142"))
    let unknown = after.objects.filter { $0["type"] as? String == "unknown_bundle" }
    #expect(unknown.compactMap { $0["bundle"] as? String } == [stray.string])
    #expect(after.objects.last?["unknown"] as? Int == 1 && after.objects.last?["gone"] as? Int == 1)
    #expect(
      try Program().run(["verify", "--against-ledger"] + archive).errors.contains(
        "the ledger does not know it"))
  }

  @Test func wrongUsageIsToldAsSuch() throws {
    let folder = try TemporaryFolder()
    for arguments in [
      ["verify"], ["verify", "a.zip", "--against-ledger"],
      ["verify", "a.zip", "--archive", folder.path.string],
      ["verify", folder.path.string], ["verify", "--against-ledger", "--archive", folder.path.string],
    ] {
      #expect(try Program().run(arguments).status == 64, "\(arguments)")
    }
  }

  @Test func ctrlCEndsALongCheck() throws {
    let folder = try TemporaryFolder()
    // A pipe as it were: a file with a hole that takes long to read, and is no bundle.
    let path = folder("hole.zip")
    let file = try FileDescriptor.open(path, .writeOnly, options: .create, permissions: .ownerReadWrite)
    try file.writeAll(Array("PK\u{3}\u{4}".utf8))
    try file.resize(to: 1 << 42)
    try file.close()
    let output = try folder.write([], to: "output")
    let process = try Program().start(["verify", path.string, path.string], output: output.string)
    let deadline = Date().addingTimeInterval(60)
    while try !Self.catchesInterrupts(process.identifier), Date() < deadline { usleep(10_000) }
    process.signal(SIGINT)
    #expect(process.waitForEnd() == 130)
    #expect(String(decoding: try folder.read("output"), as: UTF8.self).contains("stopped: 0 of 1 bundles"))
  }

  /// Whether a process has its signal watch: SIGINT is ignored by the kernel's leave and read from a descriptor.
  private static func catchesInterrupts(_ process: pid_t) throws -> Bool {
    let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
    let ignored = status.split(separator: "\n").first { $0.hasPrefix("SigIgn:") }?.split(separator: "\t").last
    return (ignored.flatMap { UInt64($0, radix: 16) } ?? 0) & 1 << UInt64(SIGINT - 1) != 0
  }

  @Test func theMeterTellsHowFarItIs() {
    let start = ContinuousClock.now
    var meter = CheckMeter(bundles: 340, bytes: ByteCount(33_000_000_000), start: start)
    var due: [Bool] = []
    for seconds in [9, 10, 19, 20] {
      due.append(meter.isDue(at: start + .seconds(seconds), every: .seconds(10)))
    }
    #expect(due == [false, true, false, true])
    meter.doneBundles = 12
    meter.doneBytes = 16_500_000_000
    #expect(meter.words == "12 of 340 bundles, 16.5 GB of 33.0 GB")
    #expect(meter.bar(width: 80).contains("████████████████░░░░░░░░░░░░░░░░"))
    for width in 0..<200 { #expect(meter.bar(width: width).count <= max(width, 0)) }
  }
}
