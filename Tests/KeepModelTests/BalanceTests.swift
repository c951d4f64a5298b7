import KeepModel
import Testing

@Suite struct BalanceTests {
  @Test(arguments: [
    ("0", 0), ("5", 5_000_000), ("12.50", 12_500_000), ("0.000001", 1), ("007", 7_000_000),
    ("9223372036854.775807", Int64.max), ("1.0000000", 1_000_000),
    ("9223372036854.775808", nil), ("-5", nil), ("", nil), (".5", nil), ("5.", nil), ("1,5", nil),
    ("1e2", nil),
    ("0.0000001", nil), ("5 ", nil), ("5 USD", nil), ("٥", nil), ("1.2.3", nil), ("+5", nil), ("NaN", nil),
  ])
  func aPersonsAmountIsTakenToTheMillionth(text: String, microdollars: Int64?) {
    #expect(Balance(dollars: text)?.microdollars == microdollars)
  }

  @Test(arguments: [
    ("100", 100_000_000), ("-0.1", -100_000), ("1E2", 100_000_000), ("12345678e-6", 12_345_678),
    ("1.9999999", 1_999_999), ("-1.9999999", -2_000_000), ("-0", 0), ("1e-9", 0), ("-1e-9", -1),
    ("1e13", nil), ("1e65", nil), ("0.000001", 1),
  ])
  func aServicesNumberIsRoundedDown(text: String, microdollars: Int64?) throws {
    #expect(Balance(roundingDown: try #require(JSONNumber(text)))?.microdollars == microdollars)
  }

  @Test func itIsShownInDollarsAndComparedByAmount() {
    let amounts: [(Int64, String)] = [
      (.min, "-9223372036854.775808 USD"), (-100_000, "-0.10 USD"), (0, "0.00 USD"), (1, "0.000001 USD"),
      (12_340_000, "12.34 USD"), (12_345_000, "12.345 USD"), (100_000_000, "100.00 USD"),
    ]
    for (amount, text) in amounts { #expect(Balance(microdollars: amount).description == text) }
    let sorted = amounts.map { Balance(microdollars: $0.0) }
    #expect(sorted.reversed().sorted() == sorted)
  }
}
