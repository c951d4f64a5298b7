import Foundation
import KeepTestKit
import SystemPackage
import Testing

/// A clear line, the documented status, nothing sent, nothing left behind.
@Suite struct BadInputTests {
  let service: Service
  let folder: TemporaryFolder
  let archive: TemporaryFolder

  init() throws {
    service = try Service()
    folder = try TemporaryFolder()
    archive = try TemporaryFolder()
  }

  /// Runs with the image deployment and expects a refusal.
  private func expectRefusal(
    _ arguments: [String], status: Int32, saying words: String..., program: Program? = nil,
    deployment: String = Service.Deployment.image, location: SourceLocation = #_sourceLocation
  ) throws {
    let result = try (program ?? service.program).run(
      ["run"] + arguments + ["--deployment", deployment, "--archive", archive.path.string])
    #expect(result.status == status, "\(result.errors)", sourceLocation: location)
    for word in words {
      #expect(result.errors.contains(word), "\(result.errors)", sourceLocation: location)
    }
    #expect(result.errors.hasPrefix("comfykeep: "), "\(result.errors)", sourceLocation: location)
    #expect(try service.submissions().isEmpty, sourceLocation: location)
    let left = archive.files().filter { !$0.contains("ledger.sqlite") && !$0.hasSuffix("/lock") }
    #expect(left == [], sourceLocation: location)
  }

  @Test func aMissingFile() throws {
    try expectRefusal([folder("no.png").string], status: 10, saying: "no.png")
  }

  @Test func aFolderWithoutMedia() throws {
    try folder.write(Array("words".utf8), to: "notes.txt")
    try expectRefusal([folder.path.string], status: 10, saying: folder.path.string)
  }

  @Test func aFolderOfPartnersWithoutMedia() throws {
    try folder.write(Array("words".utf8), to: "masks/x.txt")
    let argument = "189.image=\(folder("masks").string)"
    try expectRefusal(["--asset", argument], status: 10, saying: "masks", "has no image")
  }

  @Test func anEmptyFile() throws {
    let path = try folder.write([], to: "empty.png")
    try expectRefusal([path.string], status: 10, saying: "empty.png", "empty")
  }

  @Test func aPictureWithAnotherTypesName() throws {
    let path = try folder.write(Pictures.png(1), to: "cat.jpg")
    try expectRefusal([path.string], status: 10, saying: "cat.jpg", "image/png", "image/jpeg")
  }

  @Test func aTruncatedPicture() throws {
    let path = try folder.write(Pictures.png(1).dropLast(6), to: "cut.png")
    try expectRefusal([path.string], status: 10, saying: "cut.png")
    let jpeg = SamplePhotos.samples.appendingPathComponent("photos")
    let photo = try #require(
      try FileManager.default.contentsOfDirectory(atPath: jpeg.path).first { $0.hasSuffix(".jpg") })
    let bytes = Array(try Data(contentsOf: jpeg.appendingPathComponent(photo)))
    let cut = try folder.write(Array(bytes.prefix(bytes.count / 2)), to: "cut.jpg")
    try expectRefusal([cut.string], status: 10, saying: "cut.jpg")
  }

  @Test func aWorkflowWithoutNodes() throws {
    let photo = try folder.write(Pictures.png(1), to: "cat.png")
    let empty = try folder.write(Array("{}".utf8), to: "empty.json")
    try expectRefusal(
      [photo.string, "--workflow", empty.string], status: 10, saying: "empty.json", "no nodes")
  }

  @Test func aUIExportIsExplained() throws {
    let photo = try folder.write(Pictures.png(1), to: "cat.png")
    let export = try folder.write(
      Array(#"{"nodes": [{"id": 1}], "links": [], "version": 0.4}"#.utf8), to: "workflow.json")
    try expectRefusal(
      [photo.string, "--workflow", export.string], status: 10, saying: "UI export", "Export (API)")
  }

  @Test func anUnknownNodeNamesTheNearOnes() throws {
    let photo = try folder.write(Pictures.png(1), to: "cat.png")
    try expectRefusal([photo.string, "--asset", "198.image"], status: 10, saying: "198", "189")
    try expectRefusal([photo.string, "--set", "6.txet=x"], status: 10, saying: "txet", "text")
  }

  @Test func anInputThatIsWired() throws {
    let photo = try folder.write(Pictures.png(1), to: "cat.png")
    try expectRefusal([photo.string, "--set", "6.clip=x"], status: 10, saying: "6.clip", "wire")
  }

  @Test func aValueOfTheWrongKind() throws {
    let photo = try folder.write(Pictures.png(1), to: "cat.png")
    try expectRefusal([photo.string, "--set", "17.steps=many"], status: 10, saying: "17.steps", "number")
    try expectRefusal([photo.string, "--asset", "6.text"], status: 10, saying: "6.text")
  }

  @Test func aClipIntoAnImageInput() throws {
    let clip = SamplePhotos.samples.appendingPathComponent("clips/waves.mp4").path
    try expectRefusal([clip], status: 10, saying: "waves.mp4", "video/mp4", "189.image")
    try expectRefusal([clip, "--asset", "189.image"], status: 10, saying: "189.image", "video/mp4")
  }

  @Test func twoInputsThatFit() throws {
    let photo = try folder.write(Pictures.png(1), to: "cat.png")
    let workflow = try folder.write(
      Array(
        #"""
        {"1": {"class_type": "LoadImage", "inputs": {"image": "a.png"}},
         "2": {"class_type": "LoadImage", "inputs": {"image": "b.png"}}}
        """#.utf8), to: "two.json")
    try expectRefusal(
      [photo.string, "--workflow", workflow.string, "--inline-workflow"], status: 10,
      saying: "1.image", "2.image", "--asset")
  }

  @Test func aRefusedToken() throws {
    let photo = try folder.write(Pictures.png(1), to: "cat.png")
    var program = service.program
    program.environment["RUNCOMFY_API_TOKEN"] = "wrong-token-9a8b7c"
    try expectRefusal([photo.string], status: 77, saying: "token", program: program)
    program.environment["RUNCOMFY_API_TOKEN"] = nil
    try expectRefusal([photo.string], status: 77, saying: "RUNCOMFY_API_TOKEN", program: program)
  }

  @Test func anUnknownDeployment() throws {
    let photo = try folder.write(Pictures.png(1), to: "cat.png")
    try expectRefusal(
      [photo.string], status: 1, saying: "deployment 11111111",
      deployment: "11111111-0000-4000-8000-000000000009")
  }

  @Test func aServiceThatIsDown() throws {
    let photo = try folder.write(Pictures.png(1), to: "cat.png")
    var program = service.program
    let port = try ClosedPort()
    program.environment["RUNCOMFY_API_URL"] = "http://\(port.address)"
    try expectRefusal([photo.string], status: 69, saying: port.address, program: program)
    withExtendedLifetime(port) {}
  }

  @Test func aValueThatTheServiceRefuses() throws {
    // With the schema it would not come as far as that.
    try service.setFaults("error-object-info")
    let photo = try folder.write(Pictures.png(1), to: "cat.png")
    for value in ["17.steps=0", "17.steps=20.5", "17.denoise=2", "16.sampler_name=none-such"] {
      let input = String(value.prefix { $0 != "=" })
      let run = try service.program.run([
        "run", photo.string, "--set", value, "--deployment", Service.Deployment.image, "--archive",
        archive.path.string, "--json",
      ])
      #expect(run.status == 10, "\(value): \(run.errors)")
      #expect(run.words == ["rejected"])
      #expect(run.output.contains(String(input.drop { $0 != "." }.dropFirst())), "\(run.output)")
    }
    #expect(try service.submissions().isEmpty)
  }

  /// How to run the command as somebody who may not read everything, as root's tests have to.
  private static let launcher =
    getuid() == 0 ? ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : []

  /// Whether the command can be run so: the binary itself may lie where nobody can reach it.
  private static let runsWithoutPrivilege =
    (try? Program().run(["--version"], launcher: launcher).status) == 0

  @Test(.enabled(if: runsWithoutPrivilege, "the binary lies where user 65534 cannot run it"))
  func anUnreadableFile() throws {
    let photo = try folder.write(Pictures.png(1), to: "cat.png")
    try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: photo.string)
    for path in [folder.path.string, archive.path.string] {
      try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: path)
    }
    let result = try service.program.run(
      [
        "run", photo.string, "--deployment", Service.Deployment.image, "--archive",
        archive("own").string,
      ], launcher: Self.launcher)
    #expect(result.status == 10, "\(result.errors)")
    #expect(result.errors.contains("cat.png: rejected: cannot be opened: permission denied"))
    #expect(try service.submissions().isEmpty)
  }
}
