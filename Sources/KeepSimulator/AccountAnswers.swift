internal import KeepModel

/// What the service says of the account.
struct AccountAnswers {
  let store: SimulatorStore

  /// What is left in it, or what is to go wrong with that.
  func balance() -> Reply {
    if let status = store.value(of: .errorBalance).flatMap({ Int($0) }) { return .gateway(status) }
    let document = Self.document(store.withState { $0.balance })
    if let name = store.value(of: .garbageBalance) { return .garbage(name, instead: document) }
    return .json(document)
  }

  /// A balance as the documents have it: dollars as a number, and the same in millionths.
  static func document(_ balance: Balance) -> JSONValue {
    [
      "balance_usd": .number(JSONNumber(unchecked: balance.dollars)),
      "balance_microdollars": .integer(balance.microdollars), "currency": "USD",
    ]
  }
}
