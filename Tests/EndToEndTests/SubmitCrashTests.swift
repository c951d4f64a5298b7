import Foundation
import KeepTestKit
import SystemPackage
import Testing

/// The process is killed, or the disk fails, at each call around a submit: no photo is submitted twice.
@Suite struct SubmitCrashTests {
  private let service: Service
  private let folder: TemporaryFolder

  init() throws {
    service = try Service()
    folder = try TemporaryFolder()
  }

  /// With the workflow at hand, the submit is the first call of all.
  private func arguments(_ number: Int, _ options: String...) throws -> [String] {
    let photo = try folder.write(Pictures.png(UInt8(number)), to: "photo-\(number).png")
    return [
      "run", photo.string, "--deployment", Service.Deployment.image, "--inline-workflow", "--workflow",
      SamplePhotos.samples.appendingPathComponent("workflows/image_to_image_api.json").path, "--archive",
      folder("archive-\(number)").string, "--json", "--poll-interval", "20ms",
    ] + options
  }

  private func states(_ number: Int) throws -> [String] {
    try Program().run("list", "--json", "--archive", folder("archive-\(number)").string).objects
      .compactMap { $0["state"] as? String }
  }

  /// Lets the same command run undisturbed; it submits nothing that may have been submitted.
  private func word(after number: Int, since before: Int) throws -> String {
    let next = try service.program.run(arguments(number))
    let total = try service.submissions().count - before
    let word = try #require(next.words.first, "\(next.errors)")
    switch word {
    case "archived": #expect(total == 1, "call \(number): \(total) submits")
    case "in_doubt": #expect(total <= 1 && next.status == 41, "call \(number): \(total) submits")
    default: Issue.record("call \(number): \(next.output)\(next.errors)")
    }
    return word
  }

  @Test(.enabled(if: Strace.canTrace), arguments: ["sendto", "recvfrom", "fdatasync,fsync", "pwrite64"])
  func killedAtACallItPaysOnce(_ calls: String) throws {
    var words: [String] = []
    // Writes come by the dozen; a few of them stand for all.
    let step = calls == "pwrite64" ? 7 : 1
    for number in stride(from: 1, through: 100, by: step) {
      let before = try service.submissions().count
      let killed = try service.program.run(
        arguments(number), launcher: Strace.killing(at: number, of: calls))
      guard killed.wasKilled else {
        #expect(killed.words == ["archived"], "\(killed.errors)")
        break
      }
      words.append(try word(after: number, since: before))
      // What comes after the run is recorded is the matter of other tests.
      if words.suffix(4) == ["archived", "archived", "archived", "archived"], words.contains("in_doubt") {
        break
      }
    }
    #expect(words.count >= 3, "\(words)")
    print("killed at each \(calls): \(words)")
  }

  @Test(.enabled(if: Strace.canTrace), arguments: ["fdatasync,fsync", "pwrite64"])
  func withoutADurableIntentNothingIsSent(_ calls: String) throws {
    var hasSent = false
    var hasHeldBack = false
    for number in stride(from: 1, through: 100, by: calls == "pwrite64" ? 7 : 1) where !hasSent {
      let before = try service.submissions().count
      let trace = try folder.write([], to: "trace").string
      let errno = calls == "pwrite64" ? "ENOSPC" : "EIO"
      let failed = try service.program.run(
        arguments(number), launcher: Strace.failing(calls, from: number, with: errno, in: trace))
      hasSent = try service.submissions().count > before
      if !String(decoding: try folder.read("trace"), as: UTF8.self).contains("(INJECTED)") { break }
      if hasSent {
        #expect(try !states(number).contains("claimed"), "it was sent, so the intent is recorded")
      } else {
        hasHeldBack = true
        #expect([40, 74].contains(failed.status), "\(failed.status): \(failed.output)\(failed.errors)")
      }
      _ = try word(after: number, since: before)
    }
    #expect(hasHeldBack)
  }

  @Test(.enabled(if: SmallDisk.canMount, "no file system can be mounted here"))
  func aLedgerOnAFullDiskSendsNothing() throws {
    let disk = try SmallDisk("size=8m")
    let ledger = disk.path.appending("ledger.sqlite").string
    #expect(try service.program.run(arguments(1, "--ledger", ledger)).status == 0)
    let filler = disk.path.appending("filler").string
    _ = try Judges.run("/bin/dd", ["if=/dev/zero", "of=\(filler)", "bs=4096", "status=none"])
    let full = try service.program.run(arguments(1, "--ledger", ledger, "--force"))
    #expect(full.status == 74, "\(full.output)\(full.errors)")
    #expect(try service.submissions().count == 1)
    try FileManager.default.removeItem(atPath: filler)
    #expect(try service.program.run(arguments(1, "--ledger", ledger, "--force")).words == ["archived"])
    #expect(try service.submissions().count == 2)
  }
}
