import KeepArchive
import KeepFiles
import KeepModel
import Synchronization
import SystemPackage

/// Reads what the catalogue tells of a bundle, and draws its thumbnails. The payload's checksums are not looked at.
final class CatalogReader: Sendable {
  private let place: CatalogPlace
  /// The thumbnails that are there, by the checksum of what they show: the same input is often in many bundles.
  private let drawn: Mutex<[Checksum: Drawing]>

  /// A thumbnail that was written.
  private struct Drawing: Sendable {
    var name: String
    var size: UInt64
  }

  /// - Parameter known: Entries whose thumbnails are there.
  init(_ place: CatalogPlace, known: [CatalogEntry]) {
    self.place = place
    var drawn: [Checksum: Drawing] = [:]
    for tile in known.flatMap(\.tiles) {
      guard let name = tile.thumbnail, let checksum = Checksum(hexadecimal: String(name.prefix(64))) else {
        continue
      }
      drawn[checksum] = Drawing(name: name, size: tile.thumbnailSize)
    }
    self.drawn = Mutex(drawn)
  }

  /// The entry of a bundle.
  ///
  /// - Throws: ``KeepError`` with code `not_a_bundle`, `unsafe_bundle`, `fixity`, `failure` or `local_io`, also when a
  ///   thumbnail cannot be written; `bundle_exists` when what is no file has its name.
  func entry(_ path: FilePath, size: UInt64) throws(KeepError) -> CatalogEntry {
    let reader = try BundleReader(path)
    let manifest = try Manifest(reading: reader)
    let summary = RunSummary(manifest, in: reader)
    let count = { (status: Manifest.Status) in manifest.outputs.count { $0.status == status } }
    var entry = CatalogEntry(
      address: place.address(of: path), size: size, request: manifest.run.request.rawValue.cut(to: 200),
      deployment: manifest.run.deployment.rawValue.cut(to: 200), state: CatalogEntry.State(manifest),
      status: manifest.run.status.cut(to: 80))
    entry.createdAt = manifest.run.createdAt
    entry.finishedAt = manifest.run.finishedAt
    entry.prompts = summary.prompts.prefix(8).map { $0.cut(to: CatalogEntry.longestPrompt) }
    entry.seeds = summary.seeds.prefix(16).map { $0.cut(to: 40) }
    entry.error = summary.error.cut(to: CatalogEntry.longestError)
    (entry.listed, entry.inputs) = (manifest.outputs.count, manifest.inputs.count)
    (entry.archived, entry.missing, entry.omitted) = (count(.archived), count(.missing), count(.omitted))
    for output in Self.shown(manifest.outputs) { entry.outputs.append(try tile(output, reader)) }
    // A picture stands for the run before what only has a mark, such as a film with its first frame beside it.
    if let first = entry.outputs.firstIndex(where: { $0.thumbnail != nil }) {
      entry.outputs.insert(entry.outputs.remove(at: first), at: 0)
    }
    if let input = manifest.inputs.first(where: { $0.stored?.kind == .image }) {
      entry.input = try tile(input.stored, input.filename, absence: nil, reader)
    }
    return entry
  }

  /// The outputs that stand for the run: pictures before what only has a mark, the node's own order otherwise, and what
  /// is there before what is not; temporary ones after the others.
  private static func shown(_ outputs: [Manifest.Output]) -> [Manifest.Output] {
    let ranked = outputs.enumerated().map { (rank: rank($0.element), index: $0.offset, output: $0.element) }
    return ranked.sorted { ($0.rank, $0.index) < ($1.rank, $1.index) }.prefix(CatalogEntry.mostOutputs).map(
      \.output)
  }

  private static func rank(_ output: Manifest.Output) -> Int {
    let kinds: [MediaKind] = [.image, .video, .model3D, .audio, .text, .other]
    guard let stored = output.stored else { return 20 }
    return (kinds.firstIndex(of: stored.kind) ?? 6) + (output.type == "temp" ? 10 : 0)
  }

  private func tile(
    _ output: Manifest.Output, _ reader: borrowing BundleReader
  ) throws(KeepError) -> CatalogEntry.Tile {
    let name = output.filename ?? output.nodeTitle ?? output.nodeClass ?? "node \(output.node.rawValue)"
    let absence = output.status == .archived ? nil : PreviewWords.reason(output.reason)
    return try tile(output.stored, name, absence: absence, reader)
  }

  private func tile(
    _ stored: Manifest.Stored?, _ name: String, absence: String?, _ reader: borrowing BundleReader
  ) throws(KeepError) -> CatalogEntry.Tile {
    var tile = CatalogEntry.Tile(
      kind: stored?.kind ?? .other, badge: PreviewWords.badge(stored?.path ?? name), name: name.cut(to: 120))
    tile.absence = absence
    guard let stored else { return tile }
    if tile.kind == .image, let drawing = try drawing(stored, reader) {
      tile.thumbnail = drawing.name
      tile.thumbnailSize = drawing.size
    } else if tile.kind == .text {
      tile.excerpt = reader.beginning(of: stored.path, limit: CatalogEntry.longestExcerpt)
    }
    return tile
  }

  /// The thumbnail of a file, drawn once whatever bundles hold it.
  private func drawing(
    _ stored: Manifest.Stored, _ reader: borrowing BundleReader
  ) throws(KeepError) -> Drawing? {
    if let known = drawn.withLock({ $0[stored.checksum] }) { return known }
    guard let thumbnail = Thumbnail(of: stored, in: reader) else { return nil }
    let name = "\(stored.checksum.hexadecimal).\(thumbnail.fileExtension)"
    let path = place.thumbnails.appending(name)
    switch FileKind(of: path) {
    case nil, .file: try AtomicFile.publishDerived(thumbnail.bytes, as: path)
    case .folder, .other:
      // Its name is the checksum of what it shows: a file of that name is one of ours, whole or not.
      throw KeepError(
        .bundleExists, .path(path), "is no file of comfykeep catalog, and stays as it is",
        hint: "move it away")
    }
    let drawing = Drawing(name: name, size: UInt64(thumbnail.bytes.count))
    drawn.withLock { $0[stored.checksum] = drawing }
    return drawing
  }
}

extension CatalogEntry.State {
  init(_ manifest: Manifest) {
    switch manifest.run.status {
    case "failed", "error": self = .failed
    case "canceled", "cancelled": self = .canceled
    default:
      self = manifest.completeness == .partial ? .partial : manifest.outputs.isEmpty ? .empty : .complete
    }
  }
}

extension Manifest.Stored {
  /// What sort of thing it is, by the type that its bytes or name gave it.
  fileprivate var kind: MediaKind { mediaType == "application/json" ? .text : mediaType.kind }
}

extension String {
  /// The text with at most so many UTF-8 bytes, cut between characters.
  func cut(to limit: Int) -> String {
    guard utf8.count > limit else { return self }
    var end = utf8.index(startIndex, offsetBy: limit)
    while end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
    return self[..<end] + " …"
  }
}
