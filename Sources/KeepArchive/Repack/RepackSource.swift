import KeepFiles
import KeepModel
import SystemPackage

/// Where a bundle's files lie that are to become one ZIP again.
enum RepackSource: ~Copyable {
  case zip(BundleReader)
  case folder(BagFolder)

  /// The paths below the top directory.
  var paths: [String] {
    switch self {
    case .zip(let reader): reader.paths
    case .folder(let folder): Array(folder.sizes.keys)
    }
  }

  /// The files that are there and in no list, or in the list and not there. With them no bundle can be made.
  ///
  /// - Throws: ``KeepError`` with code `fixity` when the list cannot be read, `localIO`.
  func strangers() throws(KeepError) -> [Finding] {
    var log = FindingLog()
    let present = Set(paths)
    for name in BundleContents.tagFiles where !present.contains(name) {
      log.note(.tagFileMissing, path: name, "is missing")
    }
    guard present.contains("manifest-sha256.txt") else { return log.finished() }
    let listed = Set(
      ChecksumList(try bytes(of: "manifest-sha256.txt", limit: .mebibytes(256))).lines.map(\.path))
    for path in present where !listed.contains(path) {
      if path.hasPrefix("data/") {
        log.note(.payloadUnlisted, path: path, "is not listed in manifest-sha256.txt")
      } else if !BundleContents.tagFiles.contains(path) {
        log.note(.tagFileStray, path: path, "is no tag file of the profile")
      }
    }
    for path in listed where !present.contains(path) {
      log.note(.payloadMissing, path: path, "is listed in manifest-sha256.txt but not there")
    }
    return log.finished()
  }

  private func bytes(of name: String, limit: ByteCount) throws(KeepError) -> [UInt8] {
    switch self {
    case .zip(let reader): try reader.bytes(of: name, limit: limit)
    case .folder(let folder): try FileReader.bytes(of: folder.path.appending(name), limit: limit)
    }
  }

  /// The manifest, which says what the bundle is called.
  ///
  /// - Throws: ``KeepError`` with code `fixity` when there is none that can be read, `localIO`.
  func manifest() throws(KeepError) -> Manifest {
    let (path, name) = (self.path, "data/manifest.json")
    guard paths.contains(name) else { throw KeepError(.fixity, .path(path), "has no \(name)") }
    let bytes = try bytes(of: name, limit: .mebibytes(128))
    guard let document = try? JSONDocument(parsing: bytes).value, let manifest = try? Manifest(json: document)
    else {
      throw KeepError(.fixity, .path(path), "its manifest.json cannot be read")
    }
    return manifest
  }

  /// Copies one file into a ZIP.
  ///
  /// - Throws: ``KeepError`` with code `fixity` when it is not what its headers say, `localIO`, and what `watch` throws.
  func add(
    _ path: String, as name: String, to zip: inout ZIPWriter, _ watch: (UInt64) throws(KeepError) -> Void
  ) throws(KeepError) {
    switch self {
    case .zip(let reader):
      try zip.add(name, size: reader.size(of: path) ?? 0, crc: reader.crc(of: path) ?? 0) {
        sink throws(KeepError) in
        try reader.read(path) { piece throws(KeepError) in
          try sink(piece)
          try watch(UInt64(piece.count))
        }
      }
    case .folder(let folder):
      let size = folder.sizes[path] ?? 0
      try watch(size)
      try zip.add(name, from: folder.path.appending(path), size: size, crc: nil)
    }
  }

  private var path: FilePath {
    switch self {
    case .zip(let reader): reader.path
    case .folder(let folder): folder.path
    }
  }
}

/// An unpacked bundle: every file below its top directory, hidden ones too.
struct BagFolder: Sendable {
  let path: FilePath
  /// The size of each file by its path.
  private(set) var sizes: [String: UInt64] = [:]

  /// Looks through a folder.
  ///
  /// - Throws: ``KeepError`` with code `notABundle` when it holds no bag; `unsafeBundle` for what is neither file nor
  ///   folder, or has a name that no bundle has; `localIO`.
  init(_ path: FilePath) throws(KeepError) {
    self.path = path
    try add("")
    guard ["bagit.txt", "bag-info.txt", "manifest-sha256.txt"].contains(where: { sizes[$0] != nil }) else {
      throw KeepError(.notABundle, .path(path), "holds no unpacked bundle: there is no bagit.txt in it")
    }
  }

  private mutating func add(_ folder: String) throws(KeepError) {
    for name in try Folder.names(in: folder.isEmpty ? path : path.appending(folder)) {
      let below = folder.isEmpty ? name.string : "\(folder)/\(name.string)"
      var log = FindingLog()
      EntrySafety.checkName(Array("run/\(below)".utf8), &log)
      if let finding = log.finished().first {
        throw KeepError(
          .unsafeBundle, .path(path), "\(finding.code) \(FindingLog.printable(below)): \(finding.message)")
      }
      let place = path.appending(below)
      switch FileKind(of: place) {
      case .folder: try add(below)
      case .file(let size): sizes[below] = size
      case .other, nil:
        throw KeepError(
          .unsafeBundle, .path(path),
          "\(FindingCode.notARegularFile.rawValue) \(below): is neither file nor folder")
      }
    }
  }
}
