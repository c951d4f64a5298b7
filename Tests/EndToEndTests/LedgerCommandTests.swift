import Foundation
import Glibc
import KeepTestKit
import SystemPackage
import Testing

/// `comfykeep ledger`, and what the other commands say of a ledger that cannot be used.
@Suite struct LedgerCommandTests {
  private static let ledger = ".comfykeep/ledger.sqlite"

  @Test func aWholeLedgerIsCheckedCopiedAndExported() throws {
    let keep = try Keep(2)
    let archive = keep.archive.path.string
    let check = try keep.run("ledger", "check", "--full", "--archive", archive, "--json")
    #expect(check.status == 0, "\(check.output)\(check.errors)")
    #expect(check.objects.last?["ok"] as? Bool == true)
    #expect(check.objects.last?["kept"] as? Int == 2)

    let copy = keep.archive("copy.sqlite").string
    #expect(try keep.run("ledger", "backup", copy, "--archive", archive).output == copy + "\n")
    #expect(try keep.run("ledger", "backup", copy, "--archive", archive).status == 64)
    let judge = try Judges.run("/usr/bin/env", ["sqlite3", copy, "PRAGMA integrity_check"])
    #expect(judge.output == "ok\n")
    #expect(try keep.run("list", "--archive", archive, "--ledger", copy, "--json").objects.count == 2)

    let lines = try keep.run("ledger", "export", "--archive", archive).objects
    #expect(lines.count { $0["type"] as? String == "ledger_submission" } == 2)
    #expect(lines.count { $0["type"] as? String == "ledger_request" } == 2)
    #expect(lines.contains { $0["type"] as? String == "ledger_event" && $0["name"] as? String == "archived" })
    #expect(lines.allSatisfy { $0["version"] as? Int == 1 })
    let table = try keep.run("ledger", "export", "--format", "csv", "--archive", archive)
    let judgeOfTables = """
      import csv, sys
      rows = list(csv.DictReader(open(sys.argv[1], newline='')))
      print(len(rows), sum(r['type'] == 'ledger_submission' for r in rows), any(None in r for r in rows))
      """
    let path = try keep.archive.write(Array(table.output.utf8), to: "table.csv")
    let read = try Judges.run("/usr/bin/env", ["python3", "-c", judgeOfTables, path.string])
    #expect(read.output == "\(lines.count) 2 False\n")
  }

  @Test func aDamagedLedgerStopsEverythingAndIsRebuilt() throws {
    let service = try Service()
    let archive = try TemporaryFolder()
    let photos = try SamplePhotos.folder(3)
    func run() throws -> Program.Result {
      try service.program.run(
        "run", photos.path.string, "--deployment", Service.Deployment.image, "--archive", archive.path.string,
        "--json", "--poll-interval", "20ms")
    }
    try #require(try run().words == ["archived", "archived", "archived"])
    var bytes = try archive.read(Self.ledger)
    for place in 0..<16 { bytes[place] = 0 }
    try archive.write(bytes, to: Self.ledger)
    for command in [["list"], ["show", "abcd"], ["ledger", "check"], ["ledger", "export"]] {
      let result = try Program().run(command + ["--archive", archive.path.string])
      #expect(result.status == 40, "\(command)")
      #expect(result.errors.contains("comfykeep ledger rebuild"), "\(result.errors)")
    }
    #expect(try run().status == 40)
    #expect(try archive.read(Self.ledger) == bytes)

    let rebuilt = try Program().run("ledger", "rebuild", "--archive", archive.path.string, "--json")
    #expect(rebuilt.status == 0, "\(rebuilt.errors)")
    #expect(rebuilt.objects.last?["kept"] as? Int == 3)
    let aside = try #require(rebuilt.objects.last?["damaged"] as? String)
    #expect(try Array(Data(contentsOf: URL(fileURLWithPath: aside))) == bytes)
    let again = try run()
    #expect(again.status == 0 && again.words == ["archived", "archived", "archived"], "\(again.errors)")
    #expect(try service.submissions().count == 3)
    let check = try Program().run("ledger", "check", "--full", "--archive", archive.path.string)
    #expect(check.status == 0, "\(check.output)")
  }

  @Test func aLedgerThatIsGoneIsRebuiltFromBundlesAndDrawnSeedsToo() throws {
    let service = try Service()
    let archive = try TemporaryFolder()
    let photos = try SamplePhotos.folder(2)
    func run() throws -> Program.Result {
      try service.program.run(
        "run", photos.path.string, "--deployment", Service.Deployment.image, "--archive", archive.path.string,
        "--set", "25.noise_seed=random", "--json", "--poll-interval", "20ms")
    }
    try #require(try run().status == 0)
    for suffix in ["", "-wal", "-shm"] {
      _ = archive(Self.ledger + suffix).withPlatformString { unlink($0) }
    }
    let refused = try run()
    #expect(refused.status == 40)
    #expect(refused.errors.contains("comfykeep ledger rebuild"))
    #expect(try Program().run("ledger", "rebuild", "--archive", archive.path.string).status == 0)
    #expect(try run().status == 0)
    #expect(try service.submissions().count == 2)
  }

  @Test func whatAKilledProcessLeftIsListedWithoutItsIndex() throws {
    let keep = try Keep(1)
    let archive = keep.archive.path.string
    // Somebody has it open, so that its log stays.
    let holder = try ChildProcess(["sqlite3", keep.archive(Self.ledger).string])
    try holder.write(
      Array("BEGIN; SELECT count(*) FROM event;\n.system echo held\n".utf8))
    _ = try holder.read()
    let list = try keep.run("list", "--archive", archive, "--json")
    #expect(list.status == 0 && list.objects.count == 1)
    holder.signal(SIGKILL)
    _ = holder.waitForEnd()
    _ = keep.archive(Self.ledger + "-shm").withPlatformString { unlink($0) }
    for command in [["list"], ["ledger", "check"]] {
      let result = try Program().run(command + ["--archive", archive])
      #expect(result.status == 0, "\(result.errors)")
    }
  }

  /// Runs the command as a user who is not root, where the binary lies where that one can reach it.
  private var asNobody: [String]? {
    let launcher = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    guard getuid() == 0, let tried = try? Program().run(["--version"], launcher: launcher) else { return nil }
    return tried.status == 0 ? launcher : nil
  }

  /// The ledger's file, then its folder, not to be written: nothing is submitted, and list reads it all the same.
  @Test(arguments: [ledger, ".comfykeep"])
  func aLedgerThatCannotBeWrittenStopsWhatWouldCostMoney(place: String) throws {
    guard let asNobody else { return }
    let keep = try Keep(1)
    let archive = keep.archive.path.string
    let photos = try SamplePhotos.folder(2)
    for folder in [archive, photos.path.string] {
      #expect(try ChildProcess.run(["chmod", "-R", "a+rwX", folder]).status == 0)
    }
    #expect(try ChildProcess.run(["chmod", "a-w", keep.archive(place).string]).status == 0)
    defer { _ = try? ChildProcess.run(["chmod", "-R", "u+w", archive]) }
    let run = try keep.service.program.run(
      ["run", photos.path.string, "--deployment", Service.Deployment.image, "--archive", archive],
      launcher: asNobody)
    #expect(run.status == 40, "\(run.errors)")
    #expect(run.errors.contains("hint: look at who may read and write it"), "\(run.errors)")
    #expect(try keep.service.submissions().count == 1)
    for command in [["list"], ["ledger", "check"], ["ledger", "export"]] {
      let result = try Program().run(command + ["--archive", archive], launcher: asNobody)
      #expect(result.status == 0, "\(command): \(result.errors)")
    }
  }
}
