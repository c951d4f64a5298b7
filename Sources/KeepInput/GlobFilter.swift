internal import Glibc
package import KeepModel
package import SystemPackage

/// Which files of a named folder are meant, by globs on their names.
///
/// A pattern without a slash is held against the name of the file, and as an exclusion also against the names of the
/// folders that it lies in; one with a slash against the path below the named folder, where `*` crosses slashes too.
/// `*`, `?` and `[…]` stand for what they stand for in a shell (POSIX `fnmatch`); case does not count, since cameras
/// and people disagree about `.JPG`.
package struct GlobFilter: Sendable, Hashable {
  private let includes: [String]
  private let excludes: [String]

  /// A filter; without `includes` every file is meant that is not excluded.
  ///
  /// - Throws: ``KeepError`` with `usage` for an empty pattern.
  package init(includes: [String] = [], excludes: [String] = []) throws(KeepError) {
    for (option, patterns) in [("--include", includes), ("--exclude", excludes)] {
      guard !patterns.contains("") else { throw KeepError(.usage, .option(option), "is an empty pattern") }
    }
    self.includes = includes
    self.excludes = excludes
  }

  /// Why a file is not meant, by its path below the named folder; `nil` where it is.
  package func reasonToSkip(_ relative: FilePath) -> String? {
    if let pattern = excludes.first(where: { Self.excludes($0, relative) }) {
      return "is left out by --exclude \(pattern)"
    }
    guard !includes.isEmpty else { return nil }
    return includes.contains { Self.fits($0, relative) } ? nil : "fits no --include"
  }

  private static func fits(_ pattern: String, _ relative: FilePath) -> Bool {
    if pattern.utf8.contains(UInt8(ascii: "/")) { return matches(pattern, relative) }
    return relative.lastComponent.map { matches(pattern, FilePath(root: nil, [$0])) } ?? false
  }

  private static func excludes(_ pattern: String, _ relative: FilePath) -> Bool {
    if pattern.utf8.contains(UInt8(ascii: "/")) {
      // A pattern that fits a folder leaves out all that lies in it.
      var part = relative
      while !part.isEmpty {
        if matches(pattern, part) { return true }
        part = part.removingLastComponent()
      }
      return false
    }
    return relative.components.contains { matches(pattern, FilePath(root: nil, [$0])) }
  }

  private static func matches(_ pattern: String, _ path: FilePath) -> Bool {
    // `FNM_CASEFOLD` is GNU's and BSD's; its value is 16 on both.
    path.withPlatformString { fnmatch(pattern, $0, 1 << 4) == 0 }
  }
}
