package import KeepModel

/// Values without what gives access, for lists that leave the ledger.
package enum StruckText {
  /// A text in which every address has lost its query and its user info.
  package static func text(_ text: String) -> String { AddressText.inRecord(text) }

  /// A value in which every text has, and in which what stands under the name of a secret is struck out.
  package static func value(_ value: JSONValue) -> JSONValue {
    switch value {
    case .string(let text): .string(Self.text(text))
    case .array(let items): .array(items.map(Self.value))
    case .object(let object):
      .object(
        object.members.reduce(into: JSONObject()) { struck, member in
          struck[member.key] =
            CredentialName.isField(member.key) && member.value.string != nil
            ? .string(CredentialName.redacted) : Self.value(member.value)
        })
    case .null, .bool, .number: value
    }
  }
}
