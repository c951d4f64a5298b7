import KeepModel

/// What is in a bundle that is safe to read: its files by path, with what the pass over them told.
struct BundleContents: Sendable {
  /// The one top directory.
  let top: String
  /// The paths below it, in the directory's order. They are portable ASCII and unique.
  let paths: [String]
  private let contents: [EntryContent?]
  private let places: [String: Int]

  init(_ directory: ZIPDirectory, contents: [EntryContent?]) {
    let first = directory.entries.first?.path ?? ""
    self.top = String(first.prefix { $0 != "/" })
    let skipped = top.utf8.count + 1
    self.paths = directory.entries.map {
      String(decoding: $0.name.dropFirst(skipped), as: UTF8.self)
    }
    self.contents = contents
    self.places = Dictionary(
      zip(paths, paths.indices), uniquingKeysWith: { first, _ in first })
  }

  /// What is known of the file at a path below the top directory, else `nil`.
  subscript(path: String) -> EntryContent? {
    places[path].flatMap { contents.indices.contains($0) ? contents[$0] : nil }
  }

  /// Whether a file is there.
  func has(_ path: String) -> Bool { places[path] != nil }

  /// The payload's paths below the top directory.
  var payload: [String] { paths.filter { $0.hasPrefix("data/") } }

  /// The tag files of profile 1.0.
  static let tagFiles = [
    "bag-info.txt", "bagit.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt",
  ]

  /// The documents whose bytes are checked, with the most that is read of each.
  static let documents: [String: UInt64] = [
    "bag-info.txt": 1 << 16, "bagit.txt": 1 << 10, "manifest-sha256.txt": 1 << 28,
    "tagmanifest-sha256.txt": 1 << 16, "data/manifest.json": 1 << 27,
    "data/ro-crate-metadata.json": 1 << 27, "data/run/request.json": 1 << 26,
    "data/run/result.json": 1 << 26, "data/run/workflow_api.json": 1 << 26,
    "data/run/request.raw": 1 << 26, "data/run/result.raw": 1 << 26,
  ]
}
