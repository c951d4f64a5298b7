import KeepModel

/// One recipe's text: no trap, places that are in it, and what was read is read alike when it is written as JSON.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzRecipe(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  let (root, findings) = RecipeFuzz.read(bytes)
  for finding in findings {
    guard let place = finding.place else { continue }
    precondition(place.line >= 1 && place.column >= 1, "a place before the text")
    precondition(place.line <= count + 2 && place.column <= count + 2, "a place behind the text")
  }
  guard let root, findings.isEmpty else { return 0 }
  let value = root.json
  guard !RecipeFuzz.hasLongKey(value) else { return 0 }
  let written = CanonicalJSON.compact(value)
  guard (try? RecipeText(written)) != nil else { return 0 }
  let (back, faults) = RecipeFuzz.read(written)
  precondition(faults.isEmpty, "what was written cannot be read")
  precondition(back.map { CanonicalJSON.compact($0.json) } == written, "what was written is read otherwise")
  return 0
}

enum RecipeFuzz {
  static func read(_ bytes: [UInt8]) -> (RecipeNode?, [RecipeFinding]) {
    do {
      var parser = RecipeParser()
      let root = parser.root(of: try RecipeText(bytes))
      return (root, parser.findings)
    } catch {
      return (nil, [error])
    }
  }

  /// YAML takes keys on a line up to 1,024 characters.
  static func hasLongKey(_ value: JSONValue) -> Bool {
    switch value {
    case .array(let items): items.contains(where: hasLongKey)
    case .object(let object):
      object.members.contains { CanonicalJSON.quoted($0.key).count > 1000 || hasLongKey($0.value) }
    default: false
    }
  }
}
