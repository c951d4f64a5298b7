public import KeepModel
public import SystemPackage

/// What the making of a catalogue came to.
public struct CatalogReport: Sendable {
  /// A file that was taken for a bundle and cannot be read as one.
  public struct Unreadable: Sendable, Equatable {
    /// The file, or a folder that cannot be read.
    public let path: FilePath
    /// What is wrong with it.
    public let error: KeepError
  }

  /// The page to open.
  public let index: FilePath
  /// The table.
  public let table: FilePath
  /// How many bundles it shows.
  public internal(set) var bundles = 0
  /// How many of those were read anew; the others are as they were the last time.
  public internal(set) var read = 0
  /// How many pages there are.
  public internal(set) var pages = 0
  /// How many of them had changed.
  public internal(set) var written = 0
  /// How many outputs the bundles hold.
  public internal(set) var outputs = 0
  /// The size of the bundles.
  public internal(set) var size = ByteCount(0)
  /// How many bundles there are of each state: `complete`, `partial`, `failed`, `canceled`, `empty`.
  public internal(set) var states: [(state: String, count: Int)] = []
  /// What cannot be read, by path.
  public internal(set) var unreadable: [Unreadable] = []

  init(_ place: CatalogPlace) {
    index = place.index
    table = place.table
  }

  /// 0, or 3 when something cannot be read as a bundle.
  public var exitStatus: Int32 { unreadable.isEmpty ? 0 : KeepError.Code.partial.exitStatus }
}
