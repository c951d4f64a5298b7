import ArgumentParser
import KeepHTTP
import KeepModel
import KeepPipeline

/// `comfykeep balance`
struct BalanceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "balance",
    abstract: "Show what is left in the account.",
    discussion: """
      Asking costs nothing. What runs at the moment may not have been taken from it yet.

      EXAMPLES
        comfykeep balance
        comfykeep run photos/ --deployment ID --min-balance 5
      """)

  @OptionGroup var service: ServiceOptions

  @Flag(help: "One JSON object.")
  var json = false

  func run() async throws {
    try await reporting(json: json) {
      let balance = try await BalanceReader(
        api: service.configuration(), transport: service.transport(), clock: ContinuousClock(),
        now: SystemTime.now
      ).balance()
      Terminal.print(json ? JSONReport.balance(balance) : balance.description)
    }
  }
}

extension JSONReport {
  /// `{"type":"balance", …}`. The dollars are a text, since many readers of JSON round numbers.
  fileprivate static func balance(_ balance: Balance) -> String {
    line(
      "balance",
      [
        ("balance_usd", .string(balance.dollars)),
        ("balance_microdollars", .integer(balance.microdollars)), ("currency", "USD"),
      ])
  }
}
