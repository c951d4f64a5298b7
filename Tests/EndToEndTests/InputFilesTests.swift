import Foundation
import Glibc
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

/// Folders and names as they are met, and what is left out of pictures on their way.
@Suite struct InputFilesTests {
  let service: Service
  let folder: TemporaryFolder

  init() throws {
    service = try Service()
    folder = try TemporaryFolder()
  }

  private func arguments(_ command: String, _ options: String...) -> [String] {
    [
      command, folder("photos").string, "--deployment", Service.Deployment.image, "--asset", "189.image",
      "--archive",
      folder("archive").string, "--json", "--poll-interval", "20ms",
    ] + options
  }

  @Test func fiveThousandFilesArePlannedAndNeedAWord() throws {
    for number in 0..<5000 {
      try folder.write(Pictures.png(UInt8(number % 256)), to: "photos/\(number % 50)/photo-\(number).png")
    }
    let plan = try service.program.run(arguments("plan", "-r"))
    #expect(plan.status == 0, "\(plan.errors)")
    let sum = try #require(plan.objects.last)
    #expect(sum["runs"] as? Int == 5000)
    #expect(sum["submit"] as? Int == 256)
    #expect(sum["refusal"] is [String: Any])
    #expect(try service.submissions().isEmpty)
    #expect(!FileManager.default.fileExists(atPath: folder("archive").string))
  }

  @Test func aFolderThatCannotBeReadFailsAlone() throws {
    let launcher = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    guard getuid() == 0, try Program().run(["--version"], launcher: launcher).status == 0 else { return }
    for name in ["photos/a.png", "photos/closed/b.png", "photos/open/c.png"] {
      try folder.write(Pictures.png(UInt8(name.utf8.count)), to: name)
    }
    #expect(try ChildProcess.run(["chmod", "-R", "a+rwX", folder.path.string]).status == 0)
    #expect(chmod(folder("photos/closed").string, 0) == 0)
    defer { _ = chmod(folder("photos/closed").string, 0o700) }
    let run = try service.program.run(arguments("run", "-r"), launcher: launcher)
    #expect(run.status == 3, "\(run.errors)")
    #expect(run.words == ["archived", "archived", "rejected"])
    #expect(run.errors.contains("closed"))
  }

  @Test func namesThatAreNoTextAreSubmittedAndKept() throws {
    let place = folder("photos")
    try FileManager.default.createDirectory(atPath: place.string, withIntermediateDirectories: true)
    let name: [CChar] = [0x61, -1, 0x2E, 0x70, 0x6E, 0x67, 0]
    let path = try #require(FilePath.Component(platformString: name).map { place.appending($0) })
    let file = try FileDescriptor.open(path, .writeOnly, options: .create, permissions: .ownerReadWrite)
    try file.closeAfter { _ = try file.writeAll(Pictures.png(9)) }
    let run = try service.program.run(arguments("run"))
    #expect(run.status == 0, "\(run.errors)")
    #expect(try Program().run(["verify"] + run.bundles).status == 0)
  }

  @Test func metadataStayHereWhereAsked() throws {
    let text = Pictures.chunk("tEXt", Array("Comment\0taken at home".utf8))
    let plain = Pictures.png(3)
    // Behind the header, which is 8 bytes of signature and 25 of its chunk.
    let tagged = Array(plain[..<33]) + text + Array(plain[33...])
    try folder.write(tagged, to: "photos/cat.png")
    let plan = try service.program.run(arguments("plan", "--strip-metadata"))
    let placement = (plan.objects.first?["placements"] as? [[String: Any]])?.first
    #expect(placement?["sha256"] as? String == Checksum(of: plain).hexadecimal, "\(plan.errors)")
    #expect(placement?["original_sha256"] as? String == Checksum(of: tagged).hexadecimal)
    let run = try service.program.run(arguments("run", "--strip-metadata"))
    #expect(run.status == 0, "\(run.errors)")
    let sent = try service.submissions().flatMap { $0["media"] as? [[String: Any]] ?? [] }
    #expect(sent.map { $0["sha256"] as? String } == [Checksum(of: plain).hexadecimal])
    #expect(try folder.read("photos/cat.png") == tagged)
    let again = try service.program.run(arguments("run", "--strip-metadata"))
    #expect(again.outcomes.map { $0["kept_already"] as? Bool } == [true])
  }

  @Test func aRequestIsShownAsACommandWithoutItsSecrets() throws {
    try folder.write(Pictures.png(1), to: "photos/cat.png")
    let plan = try service.program.run(
      ["plan"]
        + arguments("plan", "--curl", "--set", "6.text=it's \u{202E}odd'\u{301}").dropFirst().filter {
          $0 != "--json"
        })
    #expect(plan.status == 0, "\(plan.errors)")
    #expect(plan.output.contains("/deployments/\(Service.Deployment.image)/inference'"))
    #expect(plan.output.contains("$RUNCOMFY_API_TOKEN") && !plan.output.contains(Service.token))
    // By bytes: the accent belongs to the last quote for a String.
    let quoted = Data(#"it'\''s \u202eodd'\''"#.utf8)
    #expect(Data(plan.output.utf8).range(of: quoted) != nil, "\(plan.output)")
    #expect(plan.output.contains("sha256 \(Checksum(of: Pictures.png(1)))"))
  }
}
