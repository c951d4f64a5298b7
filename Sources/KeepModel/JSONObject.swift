/// The members of a JSON object in the order they stood, keys compared byte by byte.
public struct JSONObject: Sendable, Hashable {
  /// A key and its value.
  public struct Member: Sendable, Hashable {
    /// The key.
    public var key: String
    /// The value.
    public var value: JSONValue

    /// Pairs a key with a value.
    public init(key: String, value: JSONValue) {
      self.key = key
      self.value = value
    }

    /// Equal if the key's bytes and the value are.
    public static func == (left: Self, right: Self) -> Bool {
      left.key.utf8.elementsEqual(right.key.utf8) && left.value == right.value
    }
  }

  /// The members in order. Keys are unique unless a lenient parse met duplicates, of which the last stands.
  public private(set) var members: [Member]

  /// Takes members whose keys are unique.
  public init(_ members: [Member] = []) { self.members = members }

  /// The keys in order.
  public var keys: [String] { members.map(\.key) }
  /// Whether there are no members.
  public var isEmpty: Bool { members.isEmpty }
  /// The number of members.
  public var count: Int { members.count }

  /// The value under an exact key. Setting appends a new key, replaces a known one, removes it with `nil`.
  public subscript(key: String) -> JSONValue? {
    get { index(of: key).map { members[$0].value } }
    set {
      switch (index(of: key), newValue) {
      case (let index?, let value?): members[index].value = value
      case (let index?, nil): members.remove(at: index)
      case (nil, let value?): members.append(Member(key: key, value: value))
      case (nil, nil): break
      }
    }
  }

  private func index(of key: String) -> Int? {
    members.firstIndex { $0.key.utf8.elementsEqual(key.utf8) }
  }

  /// The members by UTF-16 code units of their keys, the order of RFC 8785.
  package var sortedMembers: [Member] {
    members.sorted { $0.key.utf16.lexicographicallyPrecedes($1.key.utf16) }
  }
}
