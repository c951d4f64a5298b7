import Foundation
import KeepTestKit
import SystemPackage
import Testing

/// Failures: told in full, stopped before they burn money, tried again at a person's word; and cancels of many.
@Suite(.timeLimit(.minutes(60))) struct FailingBatchTests {
  private func run(
    _ service: Service, _ photos: TemporaryFolder, _ archive: TemporaryFolder, _ options: String...
  ) throws -> Program.Result {
    try service.program.run(
      [
        "run", photos.path.string, "--deployment", Service.Deployment.image, "--archive",
        archive.path.string, "--json", "--poll-interval", "20ms",
      ] + options)
  }

  @Test func fiveFailuresAlikeStopTheBatch() throws {
    let service = try Service()
    try service.setFaults("run-fails=CUDA out of memory, tried to allocate 2.5 GiB")
    let (photos, archive) = (try SamplePhotos.folder(20), try TemporaryFolder())
    let stopped = try run(service, photos, archive, "--concurrency", "1")
    #expect(stopped.status == 20, "\(stopped.errors)")
    #expect(try service.submissions().count == 5)
    #expect(stopped.words == Array(repeating: "failed", count: 5) + Array(repeating: "unfinished", count: 15))
    #expect(stopped.output.contains("5 runs in a row failed with the same error"))
    try service.setFaults()
    let next = try run(service, photos, archive, "--concurrency", "4")
    #expect(next.words.filter { $0 == "archived" }.count == 15, "\(next.errors)")
    #expect(try service.submissions().count == 20)
  }

  @Test func howManyAreEnoughIsTold() throws {
    let service = try Service()
    try service.setFaults("run-fails=no such model")
    let (photos, archive) = (try SamplePhotos.folder(8), try TemporaryFolder())
    _ = try run(service, photos, archive, "--concurrency", "1", "--stop-after", "2")
    #expect(try service.submissions().count == 2)
    _ = try run(service, photos, archive, "--concurrency", "1", "--stop-after", "0")
    #expect(try service.submissions().count == 8)
  }

  @Test func whatFailedIsToldInFullAndTriedAgainFromItsRecord() throws {
    let service = try Service()
    try service.setFaults("run-fails=the sampler gave up")
    let (photos, archive) = (try SamplePhotos.folder(3), try TemporaryFolder())
    #expect(try run(service, photos, archive).status == 20)
    let place = archive.path.string
    let list = try service.program.run("list", "--state", "failed", "--json", "--archive", place)
    let key = try #require(list.objects.first?["submission_key"] as? String)
    let story = try service.program.run("show", key, "--archive", place)
    #expect(story.output.contains("error         the sampler gave up"), "\(story.output)")
    // The photos need not lie there any more.
    for number in 0..<3 { try FileManager.default.removeItem(atPath: photos("photo-0\(number).png").string) }
    try service.setFaults()
    let retried = try service.program.run(
      "retry", "--failed", "--archive", place, "--json", "--poll-interval", "20ms")
    #expect(retried.status == 0, "\(retried.errors)")
    #expect(retried.words == Array(repeating: "archived", count: 3))
    #expect(try service.submissions().count == 6)
    let again = try service.program.run("retry", "--failed", "--archive", place)
    #expect(again.status == 0)
    #expect(again.errors.contains("nothing failed"))
    let kept = try service.program.run("retry", String(key.prefix(12)), "--archive", place)
    #expect(kept.status == 64)
    #expect(try service.submissions().count == 6)
  }

  @Test func aBatchIsCanceledByItsNameAndOthersGoOn() throws {
    let service = try Service("--run-time", "1h")
    let archive = try TemporaryFolder()
    let (first, second) = (try SamplePhotos.folder(2), try SamplePhotos.folder(3, from: 50))
    #expect(try run(service, first, archive, "--max-wait", "1ms").status == 23)
    #expect(try run(service, second, archive, "--max-wait", "1ms").status == 23)
    let place = archive.path.string
    let batches = Set(
      try service.program.run("list", "--json", "--archive", place).objects.compactMap {
        $0["batch"] as? String
      })
    #expect(batches.count == 2)
    #expect(
      try service.program.run("list", "--batch", "last", "--json", "--archive", place).objects.count == 3)
    let canceled = try service.program.run("cancel", "--batch", "last", "--archive", place, "--json")
    #expect(canceled.status == 0, "\(canceled.errors)")
    #expect(canceled.objects.count == 3)
    let unknown = try service.program.run("cancel", "--batch", "20200101-000000-0000", "--archive", place)
    #expect(unknown.status == 64)
    let swept = try service.program.run("sweep", "--archive", place, "--json", "--poll-interval", "20ms")
    #expect(
      swept.words == ["canceled", "canceled", "canceled", "unfinished", "unfinished"], "\(swept.errors)")
    #expect(swept.status == 0)
    let rest = try service.program.run("cancel", "--all", "--archive", place, "--json")
    #expect(rest.objects.count == 2)
  }
}
