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
  /// Where each key stands, in objects with so many members that looking through them would be slow.
  private var places: [Identifier<JSONObject>: Int]?

  /// The most members that are looked through one by one.
  private static let mostUnindexed = 16

  /// Takes members whose keys are unique.
  public init(_ members: [Member] = []) {
    self.members = members
    self.places = members.count > Self.mostUnindexed ? Self.places(of: members) : nil
  }

  /// Takes members with the place of every key.
  init(_ members: [Member], places: [Identifier<JSONObject>: Int]) {
    self.members = members
    self.places = members.count > Self.mostUnindexed ? places : nil
  }

  /// Equal if the members are, in the same order.
  public static func == (left: Self, right: Self) -> Bool { left.members == right.members }

  /// Hashes the members.
  public func hash(into hasher: inout Hasher) { hasher.combine(members) }

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
      case (let index?, nil):
        members.remove(at: index)
        places = members.count > Self.mostUnindexed ? Self.places(of: members) : nil
      case (nil, let value?): append(Member(key: key, value: value))
      case (nil, nil): break
      }
    }
  }

  private mutating func append(_ member: Member) {
    members.append(member)
    if places != nil {
      places?[Identifier(member.key)] = members.count - 1
    } else if members.count > Self.mostUnindexed {
      places = Self.places(of: members)
    }
  }

  private func index(of key: String) -> Int? {
    guard let places else { return members.firstIndex { $0.key.utf8.elementsEqual(key.utf8) } }
    return places[Identifier(key)]
  }

  private static func places(of members: [Member]) -> [Identifier<JSONObject>: Int] {
    Dictionary(
      members.enumerated().map { (Identifier($0.element.key), $0.offset) },
      uniquingKeysWith: { first, _ in first })
  }

  /// The members by UTF-16 code units of their keys, the order of RFC 8785.
  package var sortedMembers: [Member] {
    members.sorted { $0.key.utf16.lexicographicallyPrecedes($1.key.utf16) }
  }
}
