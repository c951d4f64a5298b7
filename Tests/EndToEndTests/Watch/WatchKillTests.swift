import Foundation
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

/// A watch is killed at every step that a file passes, and started again.
@Suite(.timeLimit(.minutes(60))) struct WatchKillTests {
  /// The crash points that only a watch passes.
  static let points = ["arrived", "arrivalBegun", "arrivalEnding", "arrivalMoved"]

  /// Those of its runs too, in the long form.
  private static let passed =
    points
    + (ProcessInfo.processInfo.environment["COMFYKEEP_LONG_TESTS"] == "1"
      ? KillScenario.inline.points.filter { $0 != "submitReleased" && $0 != "inputsDiscarded" }
      : ["claimed", "submitBegun", "answered", "submitted", "bundleNamed", "kept"])

  @Test(arguments: passed, ["leave", "move"])
  func whereverItIsKilledEachFileIsRunOnce(point: String, after: String) throws {
    let place = try WatchPlace()
    for passing in 1...2 {
      let watch = try place.start(
        "--after", after, "--export", place("results").string,
        environment: ["COMFYKEEP_CRASH_POINT": "\(point):\(passing)"])
      if passing == 1 { for value in UInt8(0)..<3 { try place.drop(value, as: "\(value).png") } }
      let isPassed = after == "move" || point != "arrivalMoved"
      if isPassed, passing == 1 {
        try Patience.wait(for: "the kill at \(point): \(watch.errors)") { !watch.isRunning }
      } else {
        // The second time there may be too little left to pass it again.
        try Patience.wait(for: "the end") {
          // The ledger comes with the first look at the folder.
          !watch.isRunning || (try? place.arrivals("done").count) == 3
        }
      }
      _ = watch.kill()
      _ = try place.resolveDoubts(besides: true)
    }
    let last = try place.start("--after", after, "--export", place("results").string).ready()
    try last.wait(for: "the end") {
      _ = try place.resolveDoubts()
      return try place.arrivals("done").count == 3
    }
    #expect(last.stop() == 0)
    let again = try place.start("--after", after, "--export", place("results").string).ready()
    #expect(again.stop() == 0)
    try place.expectOnce(0..<3, "\(point)")
    #expect(try place.arrivals().allSatisfy { $0["state"] as? String == "done" })
    #expect(place.files == (0..<3).map { after == "move" ? "done/\($0).png" : "\($0).png" })
    #expect(try Program().run("verify", "--quiet", place.archive.string).status == 0)
    #expect(try place.command("ledger", "check").status == 0)
  }
}
