import Foundation
import KeepTestKit
import SystemPackage
import Testing

@testable import comfykeep

/// Command lines that are wrong, and what is said of them.
@Suite struct ArgumentTests {
  private func refusal(_ arguments: [String]) throws -> String {
    let result = try Program().run(arguments)
    #expect(result.status == 64, "\(result.output)\(result.errors)")
    return result.errors
  }

  @Test(arguments: ["-dash.png", "-h.png", "-qh", "-rh"])
  func aNameThatBeginsWithADashIsNoCallForHelp(name: String) throws {
    #expect(try refusal(["run", "a.png", name, "--deployment", "d"]).contains("./\(name), or --"))
  }

  @Test func afterTwoDashesANameMayBeginWithOne() throws {
    let folder = try TemporaryFolder()
    try folder.write(Pictures.png(1), to: "-dash.png")
    let plan = try Program().run(
      [
        "plan", "--deployment", "d", "--workflow", CommandTests.workflow, "--archive", folder("none").string,
        "-qr", "--", "-dash.png",
      ], launcher: ["/usr/bin/env", "-C", folder.path.string])
    #expect(plan.status == 0, "\(plan.errors)")
    #expect(plan.output.contains("-dash.png: would be submitted"))
  }

  @Test func anUnknownCommandIsCalledSo() throws {
    #expect(try refusal(["bogus", "--json"]).contains("bogus: is no command"))
  }

  @Test(arguments: [["--max-wait", "-5s"], ["--max-wait=5x"], ["--poll-interval", "soon"]])
  func aLengthOfTimeIsDescribed(option: [String]) throws {
    #expect(try refusal(["run", "a.png", "--deployment", "d"] + option).contains("90s, 30m, 2h"))
  }

  @Test(arguments: [["--set", "6.text"], ["--set", "text=x"], ["--asset", "189"]])
  func aMalformedValueIsWrongUsage(option: [String]) throws {
    let folder = try TemporaryFolder()
    let photo = try folder.write(Pictures.png(1), to: "cat.png").string
    let fixed = ["plan", photo, "--deployment", "d", "--archive", folder("none").string]
    _ = try refusal(fixed + ["--workflow", CommandTests.workflow] + option)
  }

  @Test func placeholdersAreWordsForWhatIsToStandThere() throws {
    let help = try Program().run("run", "--help").output
    for option in ["--concurrency <COUNT>", "--inputs <CHOICE>", "--api-version <VERSION>"] {
      #expect(help.contains(option))
    }
  }

  @Test func inspectListsTheNodesThatOthersReferTo() throws {
    let lines = try Program().run("inspect", CommandTests.workflow).output.split(
      separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.first == "Media inputs (--asset)")
    let nodes = try #require(lines.firstIndex(of: "16 nodes"))
    #expect(lines[nodes...].contains { $0.contains("189") && $0.contains("LoadImage \"Load Image\"") })
    #expect(lines[nodes...].count { $0.hasPrefix("  ") } == 16)
  }

  @Test func aLongNameGivesWayToWhatHappens() {
    let row = Progress.row("a-very-long-name-of-a-photograph.png", "in queue, position 3", width: 39)
    #expect(row.count <= 39)
    #expect(row.hasSuffix(": in queue, position 3"))
    #expect(row.hasPrefix(" · a-very"))
    #expect(row.contains("…"))
    #expect(Progress.row("cat.png", "running", width: 39) == " · cat.png: running")
  }
}
