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
    // An archive that is there already, so that the calls are those around the submit.
    let made = try service.program.run(arguments(0))
    try #require(made.status == 0, "\(made.errors)")
  }

  /// Gives a photo an archive of its own.
  private func makeArchive(_ number: Int) throws {
    try FileManager.default.copyItem(
      atPath: folder("archive-0").string, toPath: folder("archive-\(number)").string)
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
    for number in stride(from: 1, through: 60, by: step) {
      try makeArchive(number)
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
    for number in stride(from: 1, through: 60, by: calls == "pwrite64" ? 7 : 1) where !hasSent {
      try makeArchive(number)
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

  /// A sync that failed is not made good by a later one that does not: what it was for may be lost.
  @Test(.enabled(if: Strace.canTrace)) func oneFailedSyncIsNotTakenBack() throws {
    var heldBack = 0
    for number in 1...60 {
      try makeArchive(number)
      let before = try service.submissions().count
      let trace = try folder.write([], to: "trace").string
      let failed = try service.program.run(
        arguments(number), launcher: Strace.failingOnce("fdatasync,fsync", at: number, with: "EIO", in: trace)
      )
      guard String(decoding: try folder.read("trace"), as: UTF8.self).contains("(INJECTED)") else { break }
      if try service.submissions().count == before {
        heldBack += 1
        #expect([40, 74].contains(failed.status), "\(failed.status): \(failed.output)\(failed.errors)")
      }
      #expect(failed.status != 0 || failed.words == ["archived"])
      _ = try word(after: number, since: before)
    }
    #expect(heldBack > 0)
  }

  @Test(.enabled(if: SmallDisk.canMount, "no file system can be mounted here"))
  func aLedgerOnAFullDiskSendsNothing() throws {
    let disk = try SmallDisk("size=8m")
    let ledger = disk.path.appending("ledger.sqlite").string
    let filler = disk.path.appending("filler").string
    #expect(try service.program.run(arguments(1, "--ledger", ledger)).status == 0)
    let before = try service.submissions().count
    var statuses: [Int32] = []
    for left in stride(from: 0, through: 256, by: 16) {
      _ = try Judges.run("/bin/dd", ["if=/dev/zero", "of=\(filler)", "bs=4096", "status=none"])
      let size = try FileManager.default.attributesOfItem(atPath: filler)[.size] as? Int ?? 0
      #expect(truncate(filler, size - left * 1024) == 0)
      let full = try service.program.run(arguments(1, "--ledger", ledger, "--force"))
      try FileManager.default.removeItem(atPath: filler)
      guard try service.submissions().count == before else { break }
      statuses.append(full.status)
    }
    // Without room for its first page the ledger cannot even be opened.
    #expect(statuses.contains(74) && Set(statuses).isSubset(of: [40, 74]), "\(statuses)")
    // The disk may have been full again right behind a submit: then nobody knows, and nobody submits again.
    let last = try service.program.run(arguments(1, "--ledger", ledger))
    #expect(last.words == ["archived"] || last.words == ["in_doubt"], "\(last.output)\(last.errors)")
    #expect(try service.submissions().count == before + 1)
  }
}
