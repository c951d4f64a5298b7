import KeepFiles
import KeepModel

/// Makes readme, page and crate again from the manifest and the documents, as the profile derives them, and
/// compares every byte. It finds what no checksum ties down, such as another deployment or media type.
struct DerivedCheck {
  private let contents: BundleContents
  private var run: RunContents
  private let readable: Set<String>

  /// A compressed text beyond this is not read again, and nothing is compared.
  private static let limit: UInt64 = 1 << 26

  init(contents: BundleContents, manifest: Manifest, documents: RunDocuments) {
    self.contents = contents
    self.run = RunContents(
      manifest: manifest, request: documents.request,
      workflow: documents.workflow.flatMap { try? Workflow(document: $0) })
    let stored = manifest.outputs.compactMap(\.stored) + manifest.inputs.compactMap(\.stored)
    self.readable = Set(
      stored.filter { $0.mediaType.kind == .text || $0.mediaType == "application/json" }
        .map { "data/\($0.path)" })
  }

  /// Whether the page shows the beginning of a file.
  func wants(_ path: String) -> Bool { readable.contains(path) }

  /// Takes the beginning of such a file; returns whether it could be read.
  ///
  /// - Throws: ``KeepError`` with code `localIO`.
  mutating func add(
    _ file: borrowing FileReader, _ entry: ZIPDirectory.Entry, at path: String
  ) throws(KeepError) -> Bool {
    let bytes: [UInt8]
    if entry.isDeflated {
      guard entry.size <= Self.limit else { return false }
      bytes = try file.content(of: entry).bytes ?? []
    } else {
      let count = min(entry.size, UInt64(TextExcerpt.limit + 1))
      bytes = try file.bytes(at: entry.dataOffset, count: Int(count))
    }
    run.texts[String(path.dropFirst(5))] = TextExcerpt(bytes)
    return true
  }

  func check(_ log: inout FindingLog) {
    compare(Readme.path, Array(Readme.text.utf8), &log)
    compare(Preview.path, Preview(contents: run).bytes, &log)
    let crate = Crate(run, name: RunName(run.manifest.run), files: files)
    compare(Crate.path, CanonicalJSON.indented(crate.json), &log)
  }

  /// Everything in the payload except the crate itself.
  private var files: [Bag.File] {
    contents.payload.map { String($0.dropFirst(5)) }.filter { $0 != Crate.path }
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      .compactMap { path in
        contents["data/\(path)"].map { content in
          // The crate tells sizes; what was not hashed has no checksum that it could need.
          Bag.File(path: path, size: content.size, checksum: content.checksum ?? Checksum(of: []))
        }
      }
  }

  private func compare(_ path: String, _ expected: [UInt8], _ log: inout FindingLog) {
    guard let content = contents["data/\(path)"] else { return }
    if content.differs(from: Checksum(of: expected)) {
      log.note(.derivedDiffers, path: "data/\(path)", "is not what manifest and documents give")
    }
  }
}
