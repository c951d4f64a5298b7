import Foundation
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

/// What is work, and what is not: the content decides, and the recipe.
@Suite(.timeLimit(.minutes(60))) struct WatchContentTests {
  @Test func aRestartCatchesUpAndRepeatsNothing() throws {
    let place = try WatchPlace()
    let first = try place.start().ready()
    for value in UInt8(0)..<3 { try place.drop(value, as: "\(value).png") }
    try place.wait(for: 3, "done", first)
    #expect(first.stop() == 0, "\(first.errors)")
    // More than a first start takes without a word; this is none.
    for value in UInt8(3)..<63 { try place.drop(value, as: "later/\(value).png") }
    let second = try place.start().ready()
    try place.wait(for: 63, "done", second)
    #expect(second.stop() == 0)
    let third = try place.start().ready()
    try place.drop(63, as: "63.png")
    try place.wait(for: 64, "done", third)
    #expect(third.stop() == 0)
    try place.expectOnce(0..<64)
    #expect(try Program().run("verify", "--quiet", place.archive.string).status == 0)
    #expect(place.files.count == 64, "files are left where they are")
  }

  @Test func aReplacedFileIsNewWorkAndTheOldBytesAreNot() throws {
    let place = try WatchPlace()
    let watch = try place.start().ready()
    try place.drop(1, as: "a.png")
    try place.wait(for: 1, "done", watch)
    try place.drop(2, as: "a.png")
    try place.wait(for: 2, "done", watch)
    try place.drop(1, as: "a.png")
    try place.wait(for: 1, "skipped", watch)
    try place.expectOnce([1, 2])
    #expect(try watch.objects("outcome").compactMap { $0["outcome"] as? String } == ["archived", "archived"])
  }

  @Test func aCopyIsSkippedWithAReason() throws {
    let place = try WatchPlace()
    let watch = try place.start().ready()
    try place.drop(1, as: "a.png")
    try place.wait(for: 1, "done", watch)
    try place.drop(1, as: "copies/b.png")
    try place.wait(for: 1, "skipped", watch)
    let skipped = try #require(try place.arrivals("skipped").first)
    #expect(skipped["path"] as? String == "copies/b.png")
    #expect((skipped["reason"] as? String)?.isEmpty == false)
    try place.expectOnce([1])
    let told = try watch.objects("arrival")
    #expect(told.compactMap { $0["state"] as? String } == ["done", "skipped"])
  }

  @Test func foldersHaveRecipesOfTheirOwn() throws {
    let place = try WatchPlace()
    for (folder, text) in [("upscale", "large and sharp"), ("relight", "by candlelight")] {
      try place.write("set:\n  6.text: \(text)\n", to: "drop/\(folder)/comfykeep.yaml")
    }
    let watch = try place.start("--set", "6.text=as it is").ready()
    try place.drop(1, as: "upscale/a.png")
    try place.drop(1, as: "relight/below/it/a.png")
    try place.drop(1, as: "a.png")
    try place.wait(for: 3, "done", watch)
    try place.drop(1, as: "upscale/again.png")
    try place.wait(for: 1, "skipped", watch)
    var texts: [String: String] = [:]
    for arrival in try place.arrivals("done") {
      let key = try #require((arrival["submission_keys"] as? [String])?.first)
      let shown = try place.command("show", key, "--json")
      let value = shown.objects.first {
        $0["type"] as? String == "value" && $0["input"] as? String == "6.text"
      }
      texts[try #require(arrival["path"] as? String)] = value?["value"] as? String
    }
    #expect(
      texts == [
        "upscale/a.png": "large and sharp", "relight/below/it/a.png": "by candlelight", "a.png": "as it is",
      ])
    #expect(try place.service.submissions().count == 3)
  }

  @Test func aRecipeThatComesLaterHoldsForWhatComesAfterIt() throws {
    let place = try WatchPlace()
    let watch = try place.start().ready()
    try place.drop(1, as: "upscale/a.png")
    try place.wait(for: 1, "done", watch)
    try place.drop(Array("set: {6.text: large}\n".utf8), as: "upscale/comfykeep.yaml")
    watch.signal(SIGHUP)
    try watch.wait(for: "the recipe") { watch.socket.count(of: "READY=1") > 1 }
    try place.drop(1, as: "upscale/b.png")
    try place.wait(for: 2, "done", watch)
    #expect(Set(try place.service.submissions().compactMap { $0["overrides_sha256"] as? String }).count == 2)
  }

  @Test func whatLinksLeadToIsNotTaken() throws {
    let place = try WatchPlace()
    let outside = place("outside").string
    try place.write(Pictures.png(9), to: "outside/x.png")
    try FileManager.default.createSymbolicLink(
      atPath: place("drop/link.png").string, withDestinationPath: outside + "/x.png")
    try FileManager.default.createSymbolicLink(
      atPath: place("drop/folder").string, withDestinationPath: outside)
    let watch = try place.start().ready()
    try FileManager.default.createSymbolicLink(
      atPath: place("drop/later.png").string, withDestinationPath: outside + "/x.png")
    try place.drop(1, as: "a.png")
    try place.wait(for: 1, "done", watch)
    #expect(watch.stop() == 0)
    try place.expectOnce([1])
  }

  @Test(arguments: [false, true]) func whatIsExportedIsNotTakenForNewWork(moves: Bool) throws {
    let place = try WatchPlace()
    let options = ["--export-beside", "--after", moves ? "move" : "leave"]
    for round in 0..<2 {
      let watch = try WatchProcess(
        place.service.program,
        [place.folder.string, "--deployment", Service.Deployment.image, "--archive", place.archive.string]
          + ["--settle", "200ms", "--poll-interval", "20ms"] + options
      ).ready()
      try place.drop(UInt8(round), as: "\(round).png")
      try place.wait(for: round + 1, "done", watch)
      #expect(watch.stop() == 0)
    }
    try place.expectOnce([0, 1])
    let others = try place.arrivals().filter { $0["state"] as? String != "done" }
    #expect(others.allSatisfy { $0["state"] as? String == "skipped" && $0["reason"] is String })
    #expect(place.files.count { $0.contains(".png") } == 4, "\(place.files)")
  }

  @Test func anArchiveAndAnExportWithinTheFolderAreNotWatched() throws {
    let place = try WatchPlace()
    let arguments = [
      place.folder.string, "--deployment", Service.Deployment.image, "--archive", place("drop/kept").string,
      "--export", place("drop/results").string, "--settle", "200ms", "--poll-interval", "20ms",
    ]
    for round in UInt8(0)..<3 {
      let watch = try WatchProcess(place.service.program, arguments).ready()
      try place.drop(round, as: "\(round).png")
      try watch.wait(for: "an outcome") { try !watch.objects("outcome").isEmpty }
      #expect(watch.stop() == 0)
    }
    try place.expectOnce(0..<3)
  }

  @Test func aFolderThatGoesAndComesAgainIsWatchedAgain() throws {
    let place = try WatchPlace()
    let watch = try place.start("--poll", "--poll-every", "200ms").ready()
    try place.drop(1, as: "a.png")
    try place.wait(for: 1, "done", watch)
    #expect(rename(place.folder.string, place("away").string) == 0)
    try watch.wait(for: "word of the loss") { watch.errors.contains("drop") }
    try FileManager.default.moveItem(atPath: place("away").string, toPath: place.folder.string)
    try place.drop(2, as: "b.png")
    try place.wait(for: 2, "done", watch)
    try place.expectOnce([1, 2])
  }
}
