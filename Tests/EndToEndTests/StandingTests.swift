import Foundation
import KeepTestKit
import SystemPackage
import Testing

/// What is told of runs by how they stand: in a plan, in a batch, and in an archive that is only to be read.
@Suite struct StandingTests {
  let service: Service
  let folder: TemporaryFolder

  init() throws {
    service = try Service()
    folder = try SamplePhotos.folder(2)
    try folder.write(Pictures.png(0), to: "photo-02.png")
  }

  private func run(
    _ command: String, _ options: String..., archive: String = "archive", launcher: [String] = []
  ) throws -> Program.Result {
    try service.program.run(
      [
        command, folder("photo-00.png").string, folder("photo-01.png").string, folder("photo-02.png").string,
        "--deployment", Service.Deployment.image, "--archive", folder(archive).string,
      ] + options, launcher: launcher)
  }

  private func standings(_ plan: Program.Result) -> [String] {
    plan.objects.compactMap { $0["standing"] as? String }
  }

  @Test func aPlanKnowsWhatTheArchiveKnowsAndMakesNone() throws {
    let before = try run("plan", "--json")
    #expect(standings(before) == ["submit", "submit", "repeated"], "\(before.errors)")
    #expect(before.objects.last?["submit"] as? Int == 2)
    #expect(!FileManager.default.fileExists(atPath: folder("archive").string))
    let one = try service.program.run(
      "run", folder("photo-00.png").string, "--deployment", Service.Deployment.image, "--archive",
      folder("archive").string, "--poll-interval", "20ms")
    #expect(one.status == 0, "\(one.errors)")
    let after = try run("plan", "--json")
    #expect(standings(after) == ["kept", "submit", "repeated"])
    #expect(after.objects.last?["kept"] as? Int == 1)
    #expect(after.objects.last?["submit"] as? Int == 1)
    #expect(try run("plan").output.contains("1 of 3 runs would be submitted"))
  }

  @Test func aCopyIsNotCalledKeptBefore() throws {
    let result = try run("run", "--poll-interval", "20ms")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("photo-02.png: kept, same as photo-00.png"), "\(result.errors)")
    #expect(!result.errors.contains("from before"))
    #expect(try run("run").errors.contains("(2 from before)"))
  }

  @Test func aKeptBundleThatCouldNotBeExportedIsCalledKept() throws {
    // Where the outputs are to go there are folders.
    for number in 0..<3 { try folder.write([1], to: "out/photo-0\(number).136.1.png/file") }
    let result = try run("run", "--poll-interval", "20ms", "--export", folder("out").string)
    #expect(result.status == 74, "\(result.errors)")
    #expect(result.errors.contains("photo-00.png: kept, not exported"), "\(result.errors)")
    #expect(!result.errors.contains("not finished"))
  }

  @Test func anAbandonedSubmissionIsCalledSoWithTheWayBack() throws {
    let service = try Service("--fault", "drop-after-accept@1")
    let arguments = [
      "run", folder("photo-00.png").string, "--deployment", Service.Deployment.image, "--archive",
      folder("archive").string, "--json",
    ]
    let doubt = try service.program.run(arguments)
    #expect(doubt.words == ["in_doubt"])
    let key = try #require(doubt.outcomes.first?["submission_key"] as? String)
    #expect(
      try service.program.run("resolve", key, "--abandon", "--archive", folder("archive").string).status == 0)
    let again = try service.program.run(Array(arguments.dropLast()))
    #expect(again.status == 23)
    #expect(again.errors.contains("photo-00.png: abandoned: was given up"), "\(again.errors)")
    #expect(again.errors.contains("--retry-failed"))
  }

  /// Runs the command as a user who is not root, where the binary lies where that one can reach it.
  private var asNobody: [String]? {
    let launcher = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    guard getuid() == 0, let tried = try? Program().run(["--version"], launcher: launcher) else { return nil }
    return tried.status == 0 ? launcher : nil
  }

  private func setModes(_ command: String, _ mode: String) throws {
    #expect(try ChildProcess.run([command, "-R", mode, folder.path.string]).status == 0)
  }

  @Test func anArchiveThatCannotBeWrittenCanBeRead() throws {
    guard let asNobody else { return }
    try setModes("chmod", "a+rwX")
    #expect(try run("run", "--poll-interval", "20ms", launcher: asNobody).status == 0)
    try setModes("chmod", "a-w")
    let listed = try service.program.run(
      ["list", "--json", "--archive", folder("archive").string], launcher: asNobody)
    #expect(listed.status == 0, "\(listed.errors)")
    #expect(listed.objects.compactMap { $0["state"] as? String } == ["archived", "archived"])
    let key = try #require(listed.objects.first?["submission_key"] as? String)
    let shown = try service.program.run(
      ["show", key, "--archive", folder("archive").string], launcher: asNobody)
    #expect(shown.status == 0, "\(shown.errors)")
    try setModes("chmod", "u+w")
  }

  @Test func anArchiveThatMayNotBeEnteredIsNotCalledEmpty() throws {
    guard let asNobody else { return }
    #expect(try run("run", "--poll-interval", "20ms").status == 0)
    let listed = try service.program.run(["list", "--archive", folder("archive").string], launcher: asNobody)
    #expect(listed.status == 74, "\(listed.errors)")
    #expect(listed.errors.contains("permission denied"))
    #expect(!listed.errors.contains("aside"))
  }
}
