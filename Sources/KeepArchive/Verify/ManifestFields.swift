import KeepModel

/// The members of one object of the manifest, taken one by one; what is left over at the end is an error.
struct ManifestFields {
  private let object: JSONObject
  private let place: String
  private var taken: Set<String> = []

  /// - Throws: ``KeepError`` with code `fixity`, as all that follows.
  init(_ value: JSONValue, _ place: String) throws(KeepError) {
    guard let object = value.object else {
      throw KeepError(.fixity, .none, "\(place.isEmpty ? "the document" : place) is not an object")
    }
    self.object = object
    self.place = place
  }

  /// An error about this object.
  func error(_ reason: String) -> KeepError {
    KeepError(.fixity, .none, place.isEmpty ? reason : "\(place): \(reason)")
  }

  /// Whether a member is there.
  func has(_ key: String) -> Bool { object[key] != nil }

  /// - Throws: When a member was not asked for.
  func end() throws(KeepError) {
    guard let extra = object.keys.first(where: { !taken.contains($0) }) else { return }
    throw error("has \(extra), which the profile does not")
  }

  private mutating func take<Value>(
    _ key: String, _ kind: String, _ read: (JSONValue) -> Value?
  ) throws(KeepError) -> Value {
    taken.insert(key)
    guard let value = object[key] else { throw error("\(key) is missing") }
    guard let result = read(value) else { throw error("\(key) is not \(kind)") }
    return result
  }

  mutating func string(_ key: String) throws(KeepError) -> String {
    try take(key, "a string", \.string)
  }

  mutating func optionalString(_ key: String) throws(KeepError) -> String? {
    has(key) ? try string(key) : nil
  }

  mutating func nullableString(_ key: String) throws(KeepError) -> String? {
    try take(key, "a string or null") { $0.isNull ? .some(nil) : $0.string.map(Optional.some) }
  }

  mutating func word<Word: RawRepresentable<String>>(_ key: String) throws(KeepError) -> Word {
    try take(key, "a word of the profile") { $0.string.flatMap(Word.init(rawValue:)) }
  }

  mutating func array(_ key: String) throws(KeepError) -> [JSONValue] {
    try take(key, "an array", \.array)
  }

  mutating func object(_ key: String) throws(KeepError) -> ManifestFields {
    try ManifestFields(try take(key, "an object") { $0 }, "\(place)/\(key)")
  }

  mutating func objects(_ key: String) throws(KeepError) -> [ManifestFields] {
    var result: [ManifestFields] = []
    for (index, value) in try array(key).enumerated() {
      result.append(try ManifestFields(value, "\(place)/\(key)/\(index)"))
    }
    return result
  }

  /// A whole number below 2⁵³.
  mutating func size(_ key: String) throws(KeepError) -> UInt64 {
    try take(key, "a whole number below 2^53") { value in
      value.number?.unsigned.flatMap { $0 < 1 << 53 ? $0 : nil }
    }
  }

  mutating func count(_ key: String) throws(KeepError) -> Int { Int(try size(key)) }

  mutating func checksum(_ key: String) throws(KeepError) -> Checksum {
    try take(key, "a SHA-256 in lower case") { $0.string.flatMap(Checksum.init(hexadecimal:)) }
  }

  mutating func pointer(_ key: String) throws(KeepError) -> JSONPointer {
    try take(key, "a JSON pointer") { $0.string.flatMap(JSONPointer.init(parsing:)) }
  }

  mutating func path(_ key: String) throws(KeepError) -> String {
    try take(key, "a portable path") { $0.string.flatMap(PayloadPath.init)?.rawValue }
  }

  /// A time in the profile's spelling, or null.
  mutating func time(_ key: String) throws(KeepError) -> Timestamp? {
    try take(key, "a time as 2025-09-15T08:50:06.654+00:00, or null") { value in
      if value.isNull { return .some(nil) }
      guard let text = value.string, let time = Timestamp(parsing: text), time.description == text
      else { return nil }
      return .some(time)
    }
  }

  /// `path`, `size`, `sha256` and `mediaType`, all or none.
  mutating func stored() throws(KeepError) -> Manifest.Stored? {
    guard ["path", "size", "sha256", "mediaType"].contains(where: has) else { return nil }
    return Manifest.Stored(
      path: try path("path"), size: try size("size"), checksum: try checksum("sha256"),
      mediaType: MediaType(try string("mediaType")))
  }
}
