import Glibc
import KeepFiles
public import KeepModel
public import SystemPackage

/// Makes the catalogue of an archive: pages with all bundles by day, and a table.
///
/// It is made from the bundles alone, whatever became of the ledger. Their manifests are read, their payload is not
/// verified. The same bundles give the same pages. Only bundles that are new or changed are read.
public struct Catalog: Sendable {
  private let place: CatalogPlace
  private let files: CatalogFiles

  /// The catalogue of an archive.
  ///
  /// - Throws: ``KeepError`` with code `usage` when there is no such folder.
  public init(of root: FilePath) throws(KeepError) {
    guard Folder.isFolder(root) else {
      throw KeepError(
        .usage, .path(root), "is no folder", hint: "name an archive with --archive or COMFYKEEP_ARCHIVE")
    }
    place = CatalogPlace(layout: ArchiveLayout(root: root))
    files = CatalogFiles(place: place)
  }

  /// How many bundles are read before what they told is written down, so that a killed run begins there.
  private static let step = 1000

  /// A bundle's file.
  private struct File: Sendable {
    var path: FilePath
    var address: String
    var stamp: CatalogCache.Stamp
  }

  /// Makes pages, table and thumbnails.
  ///
  /// - Parameter progress: Told how many bundles of how many new ones were read.
  /// - Throws: ``KeepError`` with code `bundle_exists` when a file that is not ours has a name that is needed, then
  ///   nothing of it was changed; also when a link has one, or is where a folder of the catalogue goes;
  ///   `ledger_unusable` when another process makes the catalogue; `local_io`.
  public func make(progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }) async throws(KeepError)
    -> CatalogReport
  {
    try files.checkFolders()
    try files.check([place.index, place.table])
    try files.prepare()
    let lock = try FileLock(place.lock)
    var report = CatalogReport(place)
    let bundles = try list(&report)
    let former = CatalogCache(at: place.cache)
    // Lines of bundles that are gone stay until their thumbnails are: the cache alone tells that those are ours.
    let present = Set(bundles.map(\.address))
    let gone = former.lines.values.filter { !present.contains($0.entry.address) }
    let lines = try await lines(of: bundles, former, gone, &report, progress)
    try write(lines.map(\.entry).sorted(by: CatalogEntry.isBefore), former, &report)
    if !gone.isEmpty { try files.keep(CatalogCache(lines)) }
    _ = lock.path  // held until here
    return report
  }

  // MARK: Reading

  /// All that may be a bundle, by path.
  private func list(_ report: inout CatalogReport) throws(KeepError) -> [File] {
    let listing = try FolderListing(of: place.layout.root, isRecursive: true, excluding: [place.thumbnails])
    report.unreadable = listing.unreadable.map { .init(path: $0.folder, error: $0.error) }
    var found: [File] = []
    for path in listing.files where path.lastComponent?.string.hasSuffix(".zip") == true {
      guard let stamp = FileStamp(of: path) else { continue }  // gone since
      found.append(File(path: path, address: place.address(of: path), stamp: CatalogCache.Stamp(stamp)))
    }
    return found
  }

  /// What the bundles tell, from before where they have not changed.
  private func lines(
    of bundles: [File], _ former: CatalogCache, _ gone: [CatalogCache.Line], _ report: inout CatalogReport,
    _ progress: (Int, Int) -> Void
  ) async throws(KeepError) -> [CatalogCache.Line] {
    let thumbnails = try files.thumbnails()
    var lines: [CatalogCache.Line] = []
    var fresh: [File] = []
    for bundle in bundles {
      if let line = former.lines[bundle.address], line.stamp == bundle.stamp,
        line.entry.isDrawn(in: thumbnails)
      {
        lines.append(line)
      } else {
        fresh.append(bundle)
      }
    }
    let reader = CatalogReader(place, known: lines.map(\.entry))
    var done = 0
    while done < fresh.count {
      let part = fresh[done..<min(done + Self.step, fresh.count)]
      for (bundle, result) in await Self.read(part, reader, { progress(done + $0, fresh.count) }) {
        switch result {
        case .success(let entry):
          lines.append(CatalogCache.Line(stamp: bundle.stamp, entry: entry))
          report.read += 1
        case .failure(let error)
        where [.localIO, .bundleExists].contains(error.code) && error.subject != .path(bundle.path):
          throw error
        case .failure(let error): report.unreadable.append(.init(path: bundle.path, error: error))
        }
      }
      done += part.count
      try files.keep(CatalogCache(lines + gone))
    }
    return lines
  }

  /// Reads bundles on all cores, eight at most: each may hold a picture's numbers in memory.
  private static func read(
    _ bundles: ArraySlice<File>, _ reader: CatalogReader, _ progress: (Int) -> Void
  ) async -> [(File, Result<CatalogEntry, KeepError>)] {
    await withTaskGroup(of: (File, Result<CatalogEntry, KeepError>).self) { group in
      let limit = min(8, max(2, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
      var results: [(File, Result<CatalogEntry, KeepError>)] = []
      for (index, bundle) in bundles.enumerated() {
        if index >= limit, let result = await group.next() {
          results.append(result)
          progress(results.count)
        }
        group.addTask {
          do throws(KeepError) {
            return (bundle, .success(try reader.entry(bundle.path, size: bundle.stamp.size)))
          } catch {
            return (bundle, .failure(error))
          }
        }
      }
      for await result in group { results.append(result) }
      progress(results.count)
      return results
    }
  }

  // MARK: Writing

  private func write(
    _ entries: [CatalogEntry], _ former: CatalogCache, _ report: inout CatalogReport
  ) throws(KeepError) {
    report.unreadable.sort { $0.path.string < $1.path.string }
    let problems = report.unreadable.map { problem in
      CatalogProblem(
        address: Folder.isFolder(problem.path) ? nil : place.address(of: problem.path),
        path: shown(problem.path), reason: problem.error.reason)
    }
    let totals = CatalogTotals(entries)
    let pages = CatalogPages(entries)
    let all = pages.pages + [pages.index]
    let paths = all.map { place.layout.root.appending($0.path) }
    try files.check(paths)
    for (page, path) in zip(all, paths) {
      let page = CatalogPage(page: page, pages: pages, totals: totals, problems: problems)
      if try files.write(page.bytes, to: path) { report.written += 1 }
    }
    try files.write(CatalogTable.bytes(entries, problems), to: place.table)
    try files.clear(
      keeping: paths, thumbnails: Set(entries.flatMap(\.tiles).compactMap(\.thumbnail)),
      writtenBefore: Set(former.lines.values.flatMap(\.entry.tiles).compactMap(\.thumbnail)))
    report.bundles = totals.runs
    report.outputs = totals.outputs
    report.size = ByteCount(totals.size)
    report.pages = all.count
    report.states = CatalogEntry.State.allCases.map { ($0.rawValue, totals.states[$0] ?? 0) }
  }

  /// A path from the archive on.
  private func shown(_ path: FilePath) -> String {
    var rest = path
    _ = rest.removePrefix(place.layout.root)
    return rest.string
  }
}
