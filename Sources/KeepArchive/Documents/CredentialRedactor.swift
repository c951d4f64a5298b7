import KeepModel

/// Strikes secrets out of a document, and remembers where.
struct CredentialRedactor {
  /// Where something was struck out, and by which rule.
  struct Place: Equatable {
    let pointer: JSONPointer
    let rule: String
  }

  private(set) var places: [Place] = []

  func redactions(in document: String) -> [Manifest.Redaction] {
    places.map { Manifest.Redaction(document: document, pointer: $0.pointer, rule: $0.rule) }
  }

  /// Remembers a secret that was left out by the caller.
  mutating func note(_ pointer: JSONPointer) {
    places.append(Place(pointer: pointer, rule: "credential"))
  }

  /// The document with texts under names of secrets replaced, parameters of addresses that give access
  /// replaced, and a top-level `webhook` without its query.
  mutating func strike(_ object: JSONObject, at pointer: JSONPointer) -> JSONObject {
    var struck = object
    for member in object.sortedMembers {
      let place = pointer.appending(member.key)
      if pointer.tokens.isEmpty, member.key == "webhook", let text = member.value.string {
        struck[member.key] = .string(withoutQuery(text, place))
      } else if CredentialName.isField(member.key), member.value.string?.isEmpty == false {
        struck[member.key] = .string(CredentialName.redacted)
        note(place)
      } else {
        struck[member.key] = strike(member.value, at: place)
      }
    }
    return struck
  }

  private mutating func strike(_ value: JSONValue, at pointer: JSONPointer) -> JSONValue {
    switch value {
    case .object(let object): return .object(strike(object, at: pointer))
    case .array(let items):
      return .array(
        items.enumerated().map { strike($0.element, at: pointer.appending($0.offset)) })
    case .string(let text):
      guard let redacted = AddressText(text)?.redacted else { return value }
      note(pointer)
      return .string(redacted)
    case .null, .bool, .number: return value
    }
  }

  private mutating func withoutQuery(_ text: String, _ pointer: JSONPointer) -> String {
    guard let address = AddressText(text), address.hasQuery || address.hasUserInfo else { return text }
    if address.hasUserInfo { note(pointer) }
    if address.hasQuery { places.append(Place(pointer: pointer, rule: "url-query")) }
    return address.withoutQuery
  }
}
