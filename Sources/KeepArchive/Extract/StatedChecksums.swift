import KeepModel

/// What a bundle itself says of its files' SHA-256: in its two lists, and once more in `manifest.json`.
struct StatedChecksums: Sendable {
  private var listed: [String: Checksum] = [:]
  private var told: [String: Checksum] = [:]
  private var hasPayloadList = false
  private var hasTagList = false

  private static let payloadList = "manifest-sha256.txt"
  private static let tagList = "tagmanifest-sha256.txt"

  /// Reads the lists and the manifest. In a bundle that is damaged, one that cannot be read says nothing.
  ///
  /// - Throws: ``KeepError`` as ``BundleReader/bytes(of:limit:)``, but for what is tolerated.
  init(_ reader: borrowing BundleReader, isSalvage: Bool) throws(KeepError) {
    hasPayloadList = try add(Self.payloadList, reader, isSalvage)
    hasTagList = try add(Self.tagList, reader, isSalvage)
    let manifest: Manifest
    do throws(KeepError) {
      manifest = try Manifest(reading: reader)
    } catch {
      guard isSalvage, error.code != .localIO else { throw error }
      return
    }
    for stored in manifest.outputs.compactMap(\.stored) + manifest.inputs.compactMap(\.stored) {
      told["data/\(stored.path)"] = stored.checksum
    }
    let documents = manifest.documents
    for document in [documents.request, documents.result, documents.workflow].compactMap({ $0 }) {
      told["data/\(document.path)"] = document.checksum
    }
  }

  private mutating func add(
    _ name: String, _ reader: borrowing BundleReader, _ isSalvage: Bool
  ) throws(KeepError) -> Bool {
    let bytes: [UInt8]
    do throws(KeepError) {
      bytes = try reader.bytes(of: name, limit: .mebibytes(256))
    } catch {
      guard isSalvage, error.code != .localIO else { throw error }
      return false
    }
    for line in ChecksumList(bytes).lines { listed[line.path] = line.checksum }
    return true
  }

  /// Every path that a list has.
  var paths: [String] { Array(listed.keys) }

  /// Whether a file's SHA-256 stands nowhere because the list that would have it is lost.
  func isUnknown(_ path: String) -> Bool {
    path != Self.tagList && listed[path] == nil && !(path.hasPrefix("data/") ? hasPayloadList : hasTagList)
  }

  /// What is wrong with a file of this SHA-256; `nil` if nothing is as far as it can be told.
  func fault(of path: String, _ checksum: Checksum) -> String? {
    if let stated = listed[path] {
      if stated != checksum { return "does not have its SHA-256" }
    } else if path != Self.tagList, !isUnknown(path) {
      return "is in no list of checksums"
    }
    if let stated = told[path], stated != checksum { return "does not have the SHA-256 of manifest.json" }
    return nil
  }
}
