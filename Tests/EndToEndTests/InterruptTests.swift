import Foundation
import KeepTestKit
import SystemPackage
import Testing

@Suite struct InterruptTests {
  private func interrupted(
    _ service: Service, _ archive: TemporaryFolder, _ photos: TemporaryFolder, _ options: String...
  ) throws -> (status: Int32, output: String) {
    let output = archive("output.txt")
    try archive.write([], to: "output.txt")
    let process = try service.program.start(
      [
        "run", photos.path.string, "--deployment", Service.Deployment.image, "--archive",
        archive.path.string, "--json", "--poll-interval", "20ms",
      ] + options, output: output.string)
    let deadline = Date().addingTimeInterval(30)
    while try service.submissions().count < 2, Date() < deadline { usleep(10_000) }
    try #require(try service.submissions().count == 2 && process.isRunning)
    process.signal(SIGINT)
    let status = process.waitForEnd()
    return (status, String(decoding: try archive.read("output.txt"), as: UTF8.self))
  }

  @Test func ctrlCLeavesRunsGoingAndTheNextCommandKeepsThem() throws {
    let service = try Service("--run-time", "1h")
    let archive = try TemporaryFolder()
    let photos = try SamplePhotos.folder(2)
    let stopped = try interrupted(service, archive, photos)
    #expect(stopped.status == 130, "\(stopped.output)")
    #expect(stopped.output.contains("left running"))
    #expect(!stopped.output.contains("in_doubt"))
    try service.advance(seconds: 7200)
    let next = try service.program.run(
      "run", photos.path.string, "--deployment", Service.Deployment.image, "--archive",
      archive.path.string, "--json", "--poll-interval", "20ms")
    #expect(next.status == 0, "\(next.errors)")
    #expect(next.words == ["archived", "archived"])
    #expect(try service.submissions().count == 2)
  }

  @Test func cancelOnInterruptAsksTheServiceAndSaysWhatItAnswered() throws {
    let service = try Service("--run-time", "1h")
    let archive = try TemporaryFolder()
    let photos = try SamplePhotos.folder(2)
    let stopped = try interrupted(service, archive, photos, "--cancel-on-interrupt")
    #expect(stopped.status == 130, "\(stopped.output)")
    #expect(stopped.output.contains("accepted the cancel"))
    let next = try service.program.run(
      "run", photos.path.string, "--deployment", Service.Deployment.image, "--archive",
      archive.path.string, "--json", "--poll-interval", "20ms")
    #expect(next.words == ["canceled", "canceled"], "\(next.errors)")
    #expect(next.status == 21)
    try Judges.judge(next.bundles)
  }

  @Test func whoWantsTheArchiveAloneIsToldWhoWorksInIt() throws {
    let service = try Service("--run-time", "1h")
    let archive = try TemporaryFolder()
    let photos = try SamplePhotos.folder(1)
    let first = try service.program.start(
      [
        "run", photos.path.string, "--deployment", Service.Deployment.image, "--archive",
        archive.path.string,
      ])
    let deadline = Date().addingTimeInterval(30)
    while try service.submissions().isEmpty, Date() < deadline { usleep(10_000) }
    let second = try service.program.run("ledger", "rebuild", "--anyway", "--archive", archive.path.string)
    #expect(second.status == 40, "\(second.errors)")
    #expect(second.errors.contains("process \(first.identifier)"))
    #expect(try service.program.run("list", "--archive", archive.path.string).status == 0)
    first.signal(SIGINT)
    #expect(first.waitForEnd() == 130)
  }
}
