import Foundation
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@testable import KeepLedger
@testable import KeepPipeline

/// Checking, copying and exporting the ledger of an archive.
@Suite struct LedgerCareTests {
  @Test func whatIsWrongWithBundlesIsFound() async throws {
    let bench = try Bench()
    let kept = try await bench.run(try bench.submission())
    let bundle = try #require(kept.bundle)
    let archive = try await bench.archive(.reading)
    #expect(try await archive.checkLedger(isFull: false) == [])
    let other = bundle.removingLastComponent().appending("run-other.zip")
    try FileManager.default.copyItem(atPath: bundle.string, toPath: other.string)
    var bytes = try Data(contentsOf: URL(fileURLWithPath: bundle.string))
    bytes[100] ^= 1
    try bytes.write(to: URL(fileURLWithPath: bundle.string))
    #expect(try await archive.checkLedger(isFull: false).map(\.kind) == [.bundleUnknown])
    #expect(try await archive.checkLedger(isFull: true).map(\.kind) == [.bundleDamaged, .bundleUnknown])
    try (bytes + Data([0])).write(to: URL(fileURLWithPath: bundle.string))
    #expect(try await archive.checkLedger(isFull: false).map(\.kind) == [.bundleDamaged, .bundleUnknown])
    try FileManager.default.removeItem(atPath: bundle.string)
    let missing = try await archive.checkLedger(isFull: false)
    #expect(missing.map(\.kind) == [.bundleMissing, .bundleUnknown])
    #expect(missing.allSatisfy { !$0.advice.isEmpty })
  }

  @Test func aCopyIsMadeWhileOthersWriteAndNeverOverwrites() async throws {
    let bench = try Bench()
    let archive = try await bench.archive()
    let submissions = try (0..<60).map { try bench.submission(UInt8($0), name: "\($0).png") }
    let target = bench.folder("copy.sqlite")
    _ = try await archive.ledger.claim(submissions[0])
    let reader = try await bench.archive(.reading)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { for submission in submissions { _ = try await archive.ledger.claim(submission) } }
      group.addTask { _ = try await reader.backUpLedger(to: target) }
      try await group.waitForAll()
    }
    let attributes = try FileManager.default.attributesOfItem(atPath: target.string)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    let bytes = try bench.folder.read("copy.sqlite")
    #expect(bench.folder.files().filter { $0.contains(".part") || $0.hasPrefix("copy") } == ["copy.sqlite"])
    let error = await #expect(throws: KeepError.self) { try await reader.backUpLedger(to: target) }
    #expect(error?.code == .usage)
    #expect(try bench.folder.read("copy.sqlite") == bytes)
    let copy = try Ledger(at: target, now: { Bench.noon })
    let count = try await copy.entries().count
    #expect((1...60).contains(count))
    #expect(try await copy.audit() == [])
  }

  @Test func everythingIsExportedInOneOrderAndWithoutWhatGivesAccess() async throws {
    let bench = try Bench()
    try #require(try await bench.run(try bench.submission(seed: 5)).state == .archived)
    let archive = try await bench.archive()
    try await archive.ledger.recordUpload(
      of: try bench.asset(), to: "s3://a", as: "n",
      url: try #require(HTTPURL("https://host.example/n.png?X-Amz-Signature=5ec7e7")), expiresAt: nil,
      isOurs: true)
    try await archive.ledger.adopt(Request(id: "=cmd|' /C calc'!A0", deployment: "d-1"))
    let arrival = try await archive.ledger.recordArrival(
      ArrivalMark(path: "a.png", stamp: "1"), in: "/in", size: 1, checksum: Checksum(of: [1]), isUrgent: true)
    _ = try await archive.ledger.beginArrival(
      try #require(arrival).id, [SubmissionKey(String(repeating: "a", count: 64))], sending: 5, fresh: 1,
      day: "2026-11-26", among: ["/in"])
    try await archive.ledger.recordWatched("/in")
    try await archive.ledger.pauseWatches(reason: "lunch")
    let lines = try await exported(archive)
    #expect(try await exported(archive) == lines)
    let text = lines.joined(separator: "\n")
    #expect(!text.contains("5ec7e7"))
    let types = Set(try lines.map { try JSONDocument(parsing: Array($0.utf8)).value["type"]?.string })
    #expect(
      types
        == [
          "ledger_submission", "ledger_asset", "ledger_request", "ledger_output", "ledger_upload",
          "ledger_event", "ledger_arrival", "ledger_arrival_run", "ledger_watch_folder", "ledger_watch_day",
          "ledger_watch_pause",
        ])
    for line in lines {
      let object = try #require(try JSONDocument(parsing: Array(line.utf8)).value.object)
      #expect(object["version"] == 1)
      #expect(object.keys.allSatisfy { LedgerExport.columns.contains($0) }, "\(object.keys)")
      #expect(!CSVLine.line(object).contains(",=cmd") && !CSVLine.line(object).contains(",\"=cmd"))
    }
    var object = JSONObject()
    object["reason"] = "x\"y, z"
    object["detail"] = "=1+1"
    let line = CSVLine.line(object)
    #expect(line.contains(",\"x\"\"y, z\",") && line.contains(",\"'=1+1\",") && line.hasSuffix("\r\n"))
    // A quote with an accent behind it is a quote, and a full-width sign begins a formula too.
    object["reason"] = "x\"\u{301}y"
    object["detail"] = "\u{FF1D}1+1"
    let marked = CSVLine.line(object)
    #expect(marked.unicodeScalars.contains(",\"x\"\"\u{301}y\",".unicodeScalars), "\(marked)")
    #expect(marked.contains(",\"'\u{FF1D}1+1\","), "\(marked)")
  }

  private func exported(_ archive: Archive) async throws -> [String] {
    let lines = Lines()
    try await archive.exportLedger { object in
      lines.add(String(decoding: CanonicalJSON.compact(.object(object)), as: UTF8.self))
    }
    return lines.all
  }
}
