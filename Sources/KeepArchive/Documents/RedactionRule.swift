import KeepModel

/// How the manifest names what was struck out, and what can be seen of it afterwards.
enum RedactionRule {
  /// A secret was replaced.
  static let credential = "credential"
  /// An address lost its query.
  static let query = "url-query"

  /// What stands where one of our own secrets was repeated.
  private static let secretMark = Secret("").description

  /// Whether the value in the archived document looks as if the rule had been followed.
  static func isDone(_ rule: String, in value: JSONValue?) -> Bool {
    guard let text = value?.string else { return false }
    guard rule != credential else { return text.contains(CredentialName.redacted) || isStruck(text) }
    guard AddressText.withoutSignature(text).utf8.elementsEqual(text.utf8) else { return false }
    return text.utf8.contains { $0 <= 0x20 } || AddressText(text)?.hasQuery != true
  }

  /// Where texts of a document hold the mark of one of our own secrets.
  static func struckPlaces(in value: JSONValue, at pointer: JSONPointer = JSONPointer()) -> [JSONPointer] {
    switch value {
    case .string(let text): isStruck(text) ? [pointer] : []
    case .array(let items):
      items.enumerated().flatMap { struckPlaces(in: $0.element, at: pointer.appending($0.offset)) }
    case .object(let object):
      object.sortedMembers.flatMap { struckPlaces(in: $0.value, at: pointer.appending($0.key)) }
    case .null, .bool, .number: []
    }
  }

  private static func isStruck(_ text: String) -> Bool { text.contains(secretMark) }
}
