import Foundation
import KeepTestKit
import SystemPackage
import Testing

/// What is left in the account, and the floor below which nothing is submitted.
@Suite struct BalanceTests {
  /// Faults of the balance, which this suite runs.
  static let faults = ["error-balance", "garbage-balance"]

  private func arguments(_ photos: TemporaryFolder, _ archive: TemporaryFolder, _ floor: String) -> [String] {
    [
      "run", photos.path.string, "--deployment", Service.Deployment.image, "--archive", archive.path.string,
      "--json", "--poll-interval", "20ms", "--concurrency", "1", "--min-balance", floor,
    ]
  }

  private func looks(_ service: Service) throws -> Int {
    try service.log().count { $0["path"] as? String == "/prod/v2/balance" }
  }

  @Test func itIsShownToTheMillionth() throws {
    let service = try Service("--balance", "12.345678")
    let plain = try service.program.run("balance")
    #expect(plain.output == "12.345678 USD\n", "\(plain.errors)")
    let json = try service.program.run("balance", "--json")
    #expect(
      json.output
        == #"{"balance_microdollars":12345678,"balance_usd":"12.345678","currency":"USD","type":"balance","version":1}"#
        + "\n")
  }

  @Test func whatPassesIsAskedAgainAndWhatStaysIsTold() throws {
    let service = try Service("--fault", "error-balance=503@1")
    #expect(try service.program.run("balance").output == "100.00 USD\n")
    for fault in ["garbage-balance=html", "garbage-balance=no-id", "garbage-balance=deep"] {
      try service.setFaults(fault)
      let garbled = try service.program.run("balance", "--json")
      #expect(garbled.status == 69, "\(fault): \(garbled.output)")
      #expect(garbled.errors.contains("the balance cannot be read"))
    }
    try service.setFaults("unauthorized")
    #expect(try service.program.run("balance").status == 77)
  }

  @Test func theFloorStopsABatchInTheMiddleAndMoreMoneyLetsItGoOn() throws {
    let service = try Service("--balance", "10", "--run-cost", "1.50")
    let photos = try SamplePhotos.folder(5)
    let archive = try TemporaryFolder()
    let arguments = arguments(photos, archive, "7")
    // 10.00, 8.50 and 7.00 are no less than 7; 5.50 is.
    let stopped = try service.program.run(arguments)
    #expect(stopped.words == ["archived", "archived", "archived", "unfinished", "unfinished"])
    #expect(stopped.status == 3, "\(stopped.errors)")
    #expect(stopped.output.contains("5.50 USD are left in the account, less than the 7.00 USD"))
    #expect(stopped.output.contains(#""code":"deployment_unusable""#))
    #expect(try service.submissions().count == 3)

    let still = try service.program.run(arguments)
    #expect(still.words == stopped.words)
    #expect(try service.submissions().count == 3)

    try service.setBalance("20")
    let all = try service.program.run(arguments)
    #expect(all.words == Array(repeating: "archived", count: 5), "\(all.errors)")
    #expect(all.status == 0)
    #expect(try service.submissions().count == 5)
  }

  @Test func farAboveTheFloorOneLookIsEnough() throws {
    let service = try Service("--balance", "50", "--run-cost", "0.01")
    let (photos, archive) = (try SamplePhotos.folder(4), try TemporaryFolder())
    let run = try service.program.run(arguments(photos, archive, "5"))
    #expect(run.status == 0, "\(run.errors)")
    #expect(try looks(service) == 1)
  }

  @Test func nearTheFloorEverySubmitLooksFirst() throws {
    let service = try Service("--balance", "6.99", "--run-cost", "0.01")
    let (photos, archive) = (try SamplePhotos.folder(4), try TemporaryFolder())
    let run = try service.program.run(arguments(photos, archive, "5"))
    #expect(run.status == 0, "\(run.errors)")
    #expect(try looks(service) == 4)
  }

  @Test func withoutAFloorNobodyLooks() throws {
    let service = try Service("--fault", "error-balance")
    let photos = try SamplePhotos.folder(1)
    let archive = try TemporaryFolder()
    let run = try service.program.run(
      "run", photos.path.string, "--deployment", Service.Deployment.image, "--archive", archive.path.string,
      "--poll-interval", "20ms")
    #expect(run.status == 0, "\(run.errors)")
    #expect(try looks(service) == 0)
  }

  @Test(arguments: ["error-balance=500", "error-balance=400", "error-balance=404", "garbage-balance=empty"])
  func aBalanceThatCannotBeReadSubmitsNothing(fault: String) throws {
    let service = try Service("--fault", fault)
    let photos = try SamplePhotos.folder(2)
    let archive = try TemporaryFolder()
    let arguments = arguments(photos, archive, "5")
    let run = try service.program.run(arguments)
    #expect(run.words == ["unfinished", "unfinished"], "\(run.output)")
    #expect(run.status == 69, "\(run.errors)")
    #expect(run.output.contains("not submitted, since the balance cannot be read"))
    #expect(try service.submissions().isEmpty)
    let looks = try looks(service)
    #expect(looks == (fault.contains("500") ? 4 : 1), "the second run is told what the first one met")

    try service.setFaults()
    let after = try service.program.run(arguments)
    #expect(after.words == ["archived", "archived"], "\(after.errors)")
  }

  @Test func aPassingFailureIsReadAgain() throws {
    let service = try Service("--fault", "error-balance=502@2")
    let (photos, archive) = (try SamplePhotos.folder(1), try TemporaryFolder())
    let run = try service.program.run(arguments(photos, archive, "5"))
    #expect(run.words == ["archived"], "\(run.errors)")
  }

  @Test func aRecipeSetsTheFloorAndTheFlagAnotherOne() throws {
    let service = try Service("--balance", "4.99")
    let photos = try SamplePhotos.folder(1)
    let recipe = try photos.write(Array("budget: {min_balance: 5}\n".utf8), to: "r/recipe.yaml")
    let archive = try TemporaryFolder()
    let arguments = [
      "run", photos.path.string, "--recipe", recipe.string, "--deployment", Service.Deployment.image,
      "--archive",
      archive.path.string, "--json", "--poll-interval", "20ms",
    ]
    let held = try service.program.run(arguments)
    #expect(held.words == ["unfinished"], "\(held.errors)")
    #expect(held.status == 1)
    let run = try service.program.run(arguments + ["--min-balance", "4.99"])
    #expect(run.words == ["archived"], "\(run.errors)")
  }

  @Test(arguments: ["-1", "five", "1e3", "1,50", "0.0000001"])
  func anAmountThatIsNoneIsRefused(text: String) throws {
    let run = try Program().run("run", "x.png", "--deployment", "d", "--min-balance=\(text)")
    #expect(run.status == 64)
    #expect(run.errors.contains("is no amount of US dollars"), "\(run.errors)")
  }

  @Test func ctrlCEndsTheWaitForABalance() throws {
    let service = try Service()
    let relay = try Relay(to: service) { line, _ in line.contains("/balance") ? .silence : nil }
    defer { relay.stop() }
    let photos = try SamplePhotos.folder(1)
    let archive = try TemporaryFolder()
    let process = try relay.program.start(arguments(photos, archive, "5"))
    try relay.wait(for: "/balance")
    process.signal(SIGINT)
    #expect(process.waitForEnd() == 130)
    #expect(try service.submissions().isEmpty)
  }
}

extension Service {
  /// Sets what is in the account.
  func setBalance(_ dollars: String) throws { try control("balance", #"{"usd": "\#(dollars)"}"#) }
}
