import KeepModel

/// What the catalogue tells of one bundle.
struct CatalogEntry: Sendable, Equatable {
  /// How a run ended, in one word.
  enum State: String, Sendable, CaseIterable {
    case complete
    case partial
    case failed
    case canceled
    /// It succeeded, and the service listed no output.
    case empty
  }

  /// One output or input as it is shown.
  struct Tile: Sendable, Equatable {
    var kind: MediaKind
    /// The end of its file name in capitals.
    var badge: String
    /// The service's name for it, or the node's.
    var name: String
    /// The thumbnail's file name.
    var thumbnail: String?
    /// The thumbnail's size in bytes: one of another size was not written whole.
    var thumbnailSize: UInt64 = 0
    /// The beginning of a text.
    var excerpt: String?
    /// Why it is not in the bundle.
    var absence: String?
  }

  /// The bundle's path from the archive on, percent-encoded: ASCII whatever the names are.
  var address: String
  var size: UInt64
  var request: String
  var deployment: String
  var state: State
  /// The service's own word.
  var status: String
  var createdAt: Timestamp?
  var finishedAt: Timestamp?
  var prompts: [String] = []
  var seeds: [String] = []
  var error = ""
  var listed = 0
  var archived = 0
  var missing = 0
  var omitted = 0
  var inputs = 0
  /// The outputs that are shown, the one that stands for the run first.
  var outputs: [Tile] = []
  /// The input that is shown beside them.
  var input: Tile?

  /// The most outputs that are shown.
  static let mostOutputs = 5
  /// The most UTF-8 bytes of a prompt, an error and a text that are told.
  static let longestPrompt = 4000
  static let longestError = 1000
  static let longestExcerpt = 280

  /// When it happened: its end, else its beginning.
  var moment: Timestamp? { finishedAt ?? createdAt }

  /// All that is shown of it.
  var tiles: [Tile] { outputs + (input.map { [$0] } ?? []) }

  /// Whether all its thumbnails are there whole, given the sizes of those that are there.
  func isDrawn(in sizes: [String: UInt64]) -> Bool {
    tiles.allSatisfy { tile in
      guard let name = tile.thumbnail else { return true }
      return sizes[name] == tile.thumbnailSize
    }
  }

  /// Newest first; those without a time last; then by request and place, so that the order never depends on the disk's.
  static func isBefore(_ left: CatalogEntry, _ right: CatalogEntry) -> Bool {
    let (first, second) = (left.moment?.milliseconds ?? .min, right.moment?.milliseconds ?? .min)
    if first != second { return first > second }
    if left.request != right.request { return left.request < right.request }
    return left.address < right.address
  }
}

/// A file that was taken for a bundle and cannot be read as one.
struct CatalogProblem: Sendable, Equatable {
  /// Its path from the archive on, percent-encoded; `nil` for a folder.
  var address: String?
  /// Its path as people read it.
  var path: String
  var reason: String
}
