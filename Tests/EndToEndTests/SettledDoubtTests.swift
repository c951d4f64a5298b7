import Foundation
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

/// What becomes of a doubt, while others look on: no word of a person or a webhook makes a run that nobody asked for.
@Suite(.timeLimit(.minutes(60))) struct SettledDoubtTests {
  /// An archive with one photo, and a command that waits in it for a webhook, its submission in doubt.
  private final class Doubt {
    let service: Service
    let folder: TemporaryFolder
    let photos: TemporaryFolder
    private let process: ChildProcess
    let key: String

    init(_ service: Service, _ options: String..., before: [String] = []) throws {
      self.service = service
      folder = try TemporaryFolder()
      photos = try SamplePhotos.folder(1)
      let arguments = [
        "run", photos.path.string, "--deployment", Service.Deployment.image, "--archive", folder("a").string,
        "--json", "--poll-interval", "50ms",
      ]
      if !before.isEmpty {
        try service.setFaults(before.joined(separator: "\", \""))
        _ = try service.program.run(arguments)
      }
      try service.setFaults("drop-after-accept@1", "webhook-lost")
      let output = try folder.write([], to: "words.txt")
      process = try service.program.start(
        arguments + ["--webhook", "http://127.0.0.1:1/comfykeep/x"] + options, output: output.string)
      let deadline = Date().addingTimeInterval(60)
      while try !String(decoding: folder.read("words.txt"), as: UTF8.self).contains(
        "waiting for the service"),
        process.isRunning, Date() < deadline
      { usleep(20_000) }
      let list = try service.program.run("list", "--archive", folder("a").string, "--json").objects
      let doubtful = try #require(list.first { $0["state"] as? String == "in_doubt" })
      key = try #require(doubtful["submission_key"] as? String)
    }

    func resolve(_ words: String...) throws -> Int32 {
      try service.program.run(["resolve", key, "--archive", folder("a").string] + words).status
    }

    /// How the command ends, and all that it said.
    func end() throws -> (status: Int32, words: String) {
      let status = process.waitForEnd()
      return (status, String(decoding: try folder.read("words.txt"), as: UTF8.self))
    }
  }

  @Test func whatIsGivenUpWhileACommandWaitsIsNotSentAgain() throws {
    let doubt = try Doubt(try Service(), "--retry-failed")
    #expect(try doubt.resolve("--abandon") == 0)
    let end = try doubt.end()
    #expect(end.words.contains("given up"), "\(end.words)")
    #expect(try doubt.service.submissions().count == 1)
  }

  @Test func whatIsSettledWhileACommandWaitsIsKeptAndNotSentAgain() throws {
    let doubt = try Doubt(try Service(), "--force", before: ["text-channel"])
    let ids = try doubt.service.submissions().compactMap { $0["request_id"] as? String }
    #expect(try doubt.resolve("--request", try #require(ids.last)) == 0)
    let end = try doubt.end()
    #expect(end.status == 0, "\(end.words)")
    #expect(try doubt.service.submissions().count == 2)
  }

  @Test func aPersonsWordToSendAgainIsTakenByTheCommandThatWaits() throws {
    let doubt = try Doubt(try Service())
    #expect(try doubt.resolve("--resubmit") == 0)
    let end = try doubt.end()
    #expect(end.status == 0, "\(end.words)")
    #expect(try doubt.service.submissions().count == 2)
  }

  /// A gateway that repeats the query of a submit tells the secret of the webhook's address.
  @Test func theSecretOfAnAddressThatTheServiceRepeatsIsStruckOut() throws {
    let secret = "0123456789abcdef0123456789abcdef0123456789abcdef"
    let server = try RawServer { connection in
      guard let line = try connection.readHead()?.requestLine else { return }
      try connection.write("HTTP/1.1 502 Bad Gateway\r\nContent-Length: \(line.utf8.count)\r\n\r\n\(line)")
    }
    defer { server.stop() }
    let folder = try TemporaryFolder()
    let photos = try SamplePhotos.folder(1)
    let workflow = SamplePhotos.samples.appendingPathComponent("workflows/image_to_image_api.json").path
    let program = Program(environment: [
      "RUNCOMFY_API_URL": try server.url().description, "RUNCOMFY_API_TOKEN": Service.token,
    ])
    let run = try program.run(
      "run", photos.path.string, "--deployment", Service.Deployment.image, "--workflow", workflow,
      "--inline-workflow", "--asset", "189.image", "--archive", folder("a").string, "--json", "--webhook",
      "https://keep.example.org/comfykeep/\(secret)", "--max-wait", "1s")
    #expect(!run.output.contains(secret) && !run.errors.contains(secret), "\(run.output)")
    for file in folder.files() {
      #expect(try folder.read(file).firstRange(of: Array(secret.utf8)) == nil, "\(file) holds the secret")
    }
  }
}
