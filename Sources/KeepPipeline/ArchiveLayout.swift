internal import KeepFiles
package import KeepModel
public import SystemPackage

/// Where things lie in an archive.
public struct ArchiveLayout: Sendable, Hashable {
  /// The archive's folder.
  public let root: FilePath
  /// The same folder from the root of the file system on, where a ledger elsewhere is to know it by that.
  private let absoluteRoot: FilePath?

  /// An archive in a folder.
  public init(root: FilePath) {
    self.root = root
    self.absoluteRoot = nil
  }

  /// An archive whose ledger is kept elsewhere, and may know the bundles of other archives.
  ///
  /// - Throws: ``KeepError`` with code `local_io` when where the folder lies cannot be told.
  package init(rootAwayFromLedger root: FilePath) throws(KeepError) {
    self.root = root
    self.absoluteRoot = try Folder.absolute(root)
  }

  /// Everything that is not a bundle: `ARCHIVE/.comfykeep`.
  public var hidden: FilePath { root.appending(".comfykeep") }
  /// The ledger, unless it is kept elsewhere.
  public var ledger: FilePath { hidden.appending("ledger.sqlite") }
  /// There once the archive has, or had, a ledger.
  var begun: FilePath { hidden.appending("begun") }
  /// Shared by all processes that work there.
  package var lock: FilePath { hidden.appending("lock") }
  /// Copies of assets whose runs are not kept yet, by checksum.
  package var inputs: FilePath { hidden.appending("inputs") }
  /// Downloads of runs that are not kept yet.
  package var spools: FilePath { hidden.appending("partial") }
  /// Downloads of one run.
  package func spool(_ request: RequestID) -> FilePath {
    spools.appending(Self.component(request.rawValue))
  }

  /// `ARCHIVE/YYYY-MM-DD/<stem>`: the day the run finished in UTC, else was made, and the first asset's name.
  package func folder(for result: RunResult, stem: String, fallback: Timestamp) -> FilePath {
    let day = (result.finishedAt ?? result.createdAt ?? fallback).day
    return root.appending(day).appending(stem)
  }

  /// Whether a folder is named like a day, as those are that hold bundles.
  static func isDay(_ folder: FilePath) -> Bool {
    let name = Array((folder.lastComponent?.string ?? "").utf8)
    let dashes = [4, 7]
    return name.count == 10
      && name.indices.allSatisfy { index in
        dashes.contains(index) ? name[index] == UInt8(ascii: "-") : (0x30...0x39).contains(name[index])
      }
  }

  /// The folders that hold bundles: those in folders that are named like a day.
  func bundleFolders() throws(KeepError) -> [FilePath] {
    var found: [FilePath] = []
    for day in try Self.folders(in: root) where Self.isDay(day) { found += try Self.folders(in: day) }
    return found
  }

  /// A bundle of the archive, if there is one, or the checksum that stays here of one that lies in a store alone.
  func firstBundle() throws(KeepError) -> FilePath? {
    for folder in try bundleFolders() {
      let name = try Folder.names(in: folder).first { name in
        name.string.hasPrefix("run-")
          && (name.string.hasSuffix(".zip") || name.string.hasSuffix(".zip.sha256"))
      }
      if let name { return folder.appending(name) }
    }
    return nil
  }

  static func folders(in path: FilePath) throws(KeepError) -> [FilePath] {
    try Folder.names(in: path).map { path.appending($0) }.filter { Folder.isFolder($0) }
  }

  /// A bundle's path as the ledger stores it: relative to the archive where both lie inside, so that an archive
  /// can be moved; a ledger elsewhere has the full path, since it may serve several archives.
  package func relative(_ path: FilePath) -> FilePath {
    var rest = path
    guard rest.removePrefix(root) else { return path }
    return absoluteRoot?.pushing(rest) ?? rest
  }

  /// The full path of a bundle that the ledger knows.
  public func absolute(_ path: FilePath) -> FilePath { root.pushing(path) }

  /// A request id as one safe name; its checksum where it is not one.
  private static func component(_ name: String) -> String {
    RequestID(name).isPathSafe ? name : Checksum(of: Array(name.utf8)).hexadecimal
  }
}
