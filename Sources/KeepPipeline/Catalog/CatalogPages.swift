import KeepArchive
import KeepModel

/// How the bundles are spread over pages: the newest days on `index.html`, and all of them month by month where that
/// cannot hold them.
struct CatalogPages: Sendable {
  /// The bundles of a day, newest first.
  struct Day: Sendable, Equatable {
    /// `2026-11-22`; `nil` for those without a time.
    var name: String?
    var entries: [CatalogEntry]
  }

  /// One page.
  struct Page: Sendable, Equatable {
    /// Relative to the archive.
    var path: String
    var title: String
    var days: [Day]
  }

  /// A month, and the page that its newest bundles are on.
  struct Month: Sendable, Equatable {
    var title: String
    /// `2026`; empty for what has no time.
    var year: String
    var count: Int
    var path: String
  }

  /// Newest first.
  private(set) var pages: [Page] = []
  private(set) var months: [Month] = []
  private(set) var index: Page

  /// How many bundles `index.html` shows at least where there are more, and at most; and how many a page of a month.
  static let fewest = 60
  static let most = 120
  static let onPage = 200

  /// Takes all entries, newest first.
  init(_ entries: [CatalogEntry]) {
    let isWhole = entries.count <= Self.most
    let shown = isWhole ? entries[...] : Self.newest(entries)
    index = Page(path: "index.html", title: "Catalogue", days: Self.days(shown))
    guard !isWhole else { return }
    for group in Self.groups(entries, by: { String(($0.moment?.day ?? "").prefix(7)) }) {
      let title = group.name.isEmpty ? "Undated" : Self.title(ofMonth: group.name)
      let pieces = Self.pieces(group.entries)
      let stem = group.name.isEmpty ? "undated" : group.name
      let found = pieces.enumerated().map { place, piece in
        // Parts are numbered from the oldest on, so that a page that is full never changes again.
        let number = pieces.count - place
        return Page(
          path: "catalog/\(stem)\(number == 1 ? "" : "-\(number)").html",
          title: pieces.count == 1 ? title : "\(title), part \(number) of \(pieces.count)",
          days: Self.days(piece))
      }
      pages += found
      months.append(
        Month(
          title: title, year: String(group.name.prefix(4)), count: group.entries.count, path: found[0].path))
    }
  }

  /// The newest days that are enough for `index.html`; a day too large for it is cut.
  private static func newest(_ entries: [CatalogEntry]) -> ArraySlice<CatalogEntry> {
    var count = fewest
    while count < most, entries[count - 1].moment?.day == entries[count].moment?.day { count += 1 }
    return entries.prefix(count)
  }

  /// The newest first, each piece of ``onPage`` counted from the oldest.
  private static func pieces(_ entries: [CatalogEntry]) -> [ArraySlice<CatalogEntry>] {
    var ends: [ArraySlice<CatalogEntry>] = []
    var rest = entries[...]
    while !rest.isEmpty {
      ends.insert(rest.suffix(onPage), at: 0)
      rest = rest.dropLast(onPage)
    }
    return ends
  }

  private static func days(_ entries: some Collection<CatalogEntry>) -> [Day] {
    groups(Array(entries), by: { $0.moment?.day ?? "" }).map {
      Day(name: $0.name.isEmpty ? nil : $0.name, entries: $0.entries)
    }
  }

  /// Neighbours with the same name.
  private static func groups(
    _ entries: [CatalogEntry], by name: (CatalogEntry) -> String
  ) -> [(name: String, entries: [CatalogEntry])] {
    var groups: [(name: String, entries: [CatalogEntry])] = []
    for entry in entries {
      if groups.last?.name == name(entry) {
        groups[groups.count - 1].entries.append(entry)
      } else {
        groups.append((name(entry), [entry]))
      }
    }
    return groups
  }

  /// `November 2026`.
  private static func title(ofMonth month: String) -> String {
    guard let time = Timestamp(parsing: "\(month)-01T00:00:00") else { return month }
    return String(PreviewWords.day(time).drop { $0 != " " }.dropFirst())
  }
}

/// What all bundles come to.
struct CatalogTotals: Sendable, Equatable {
  var runs = 0
  var outputs = 0
  var size: UInt64 = 0
  var states: [CatalogEntry.State: Int] = [:]
  /// The days of the oldest and the newest.
  var oldest: Timestamp?
  var newest: Timestamp?

  /// Counts entries, newest first.
  init(_ entries: [CatalogEntry]) {
    for entry in entries {
      runs += 1
      outputs += entry.archived
      size &+= entry.size
      states[entry.state, default: 0] += 1
    }
    let moments = entries.compactMap(\.moment)
    (newest, oldest) = (moments.first, moments.last)
  }
}
