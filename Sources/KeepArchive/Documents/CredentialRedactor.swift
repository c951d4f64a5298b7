import KeepModel

/// Strikes secrets out of a document, and remembers where.
struct CredentialRedactor {
  /// Where something was struck out, and by which rule.
  struct Place: Equatable {
    let pointer: JSONPointer
    let rule: String
  }

  private(set) var places: [Place] = []
  /// The texts before and after.
  private(set) var changes: [(before: String, after: String)] = []

  func redactions(in document: String) -> [Manifest.Redaction] {
    places.map { Manifest.Redaction(document: document, pointer: $0.pointer, rule: $0.rule) }
  }

  /// Remembers a secret that was left out by the caller.
  mutating func note(_ pointer: JSONPointer) {
    places.append(Place(pointer: pointer, rule: "credential"))
  }

  /// The document with texts and numbers under names of secrets replaced, however deep below them, parameters
  /// of addresses that give access replaced, and a top-level `webhook` without its query.
  mutating func strike(_ object: JSONObject, at pointer: JSONPointer) -> JSONObject {
    var struck = object
    for member in object.sortedMembers {
      let place = pointer.appending(member.key)
      if pointer.tokens.isEmpty, member.key == "webhook", let text = member.value.string {
        struck[member.key] = withoutQuery(text, place)
      } else if CredentialName.isField(member.key) {
        struck[member.key] = blank(member.value, at: place)
      } else {
        struck[member.key] = strike(member.value, at: place)
      }
    }
    return struck
  }

  /// A value under the name of a secret. A link to another node is none.
  private mutating func blank(_ value: JSONValue, at pointer: JSONPointer) -> JSONValue {
    guard Workflow.Node.link(value) == nil else { return value }
    switch value {
    case .string(let text):
      guard !text.isEmpty else { return value }
      note(pointer)
      return changed(text, to: CredentialName.redacted)
    case .number:
      note(pointer)
      return .string(CredentialName.redacted)
    case .array(let items):
      return .array(
        items.enumerated().map { blank($0.element, at: pointer.appending($0.offset)) })
    case .object(var object):
      for member in object.sortedMembers {
        object[member.key] = blank(member.value, at: pointer.appending(member.key))
      }
      return .object(object)
    case .null, .bool: return value
    }
  }

  private mutating func strike(_ value: JSONValue, at pointer: JSONPointer) -> JSONValue {
    switch value {
    case .object(let object): return .object(strike(object, at: pointer))
    case .array(let items):
      return .array(
        items.enumerated().map { strike($0.element, at: pointer.appending($0.offset)) })
    case .string(let text):
      let redacted = AddressText.redacted(text)
      guard !redacted.utf8.elementsEqual(text.utf8) else { return value }
      note(pointer)
      return changed(text, to: redacted)
    case .null, .bool, .number: return value
    }
  }

  private mutating func withoutQuery(_ text: String, _ pointer: JSONPointer) -> JSONValue {
    guard let address = AddressText(text), address.hasQuery || address.hasUserInfo else {
      return .string(text)
    }
    if address.hasUserInfo { note(pointer) }
    if address.hasQuery { places.append(Place(pointer: pointer, rule: "url-query")) }
    return changed(text, to: address.withoutQuery)
  }

  private mutating func changed(_ before: String, to after: String) -> JSONValue {
    changes.append((before, after))
    return .string(after)
  }
}
