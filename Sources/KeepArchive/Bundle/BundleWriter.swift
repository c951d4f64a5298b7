internal import KeepFiles
package import KeepModel
package import SystemPackage

/// Makes a run's bundle: whole, verified and under its name, or not at all.
///
/// The bytes depend on the record, the outputs and the options alone.
package struct BundleWriter: Sendable {
  package init() {}

  /// Writes a bundle into a folder, reads it back through `verify`, publishes it without overwriting, and
  /// puts its checksum and its receipt beside it.
  ///
  /// - Parameters:
  ///   - outputs: What became of every output, in any order.
  ///   - allowsPartial: Whether a bundle may be made although an output is missing.
  ///   - receipt: Who archived it and when, to be told beside the bundle.
  ///   - verify: Reads back the file that it is given, checks it like any bundle, throws if it is not whole,
  ///     and returns the SHA-256 of all its bytes.
  /// - Throws: ``KeepError`` with code `unfinished` when the run is not over or, unless allowed, an output is
  ///   missing; `expired` or `unavailable` when nothing can be had; `bundleExists` when another bundle, or
  ///   the checksum of another, has the name; `fixity` when a file is no longer what was downloaded; `localIO`; and
  ///   what `verify` throws.
  package func write(
    _ record: RunRecord, outputs: [RetrievedOutput], into folder: FilePath, allowsPartial: Bool,
    receipt: Receipt?, verify: (FilePath) throws(KeepError) -> Checksum
  ) throws(KeepError) -> PublishedBundle {
    try check(record, outputs, allowsPartial: allowsPartial)
    let draft = try BundleDraft(record, outputs: outputs)
    let isComplete = draft.manifest.completeness == .complete
    let name = draft.name.file(isComplete: isComplete) + ".zip"
    let zip = try container(of: draft, in: folder)
    let checksum = try verify(zip.temporary)
    let size = ByteCount(zip.size)
    let target = folder.appending(name)
    let sidecars = BundleSidecars(of: target)
    try sidecars.check(checksum)
    CrashPoint.bundleWritten.pass()
    let isNew = try zip.publish(as: name)
    CrashPoint.bundleNamed.pass()
    if !isNew { try Self.require(checksum, of: target) }
    try sidecars.write(
      checksum, receipt: receipt?.json(record, draft.manifest, checksum: checksum, size: size))
    return PublishedBundle(
      path: target, checksum: checksum, size: size,
      outputs: draft.manifest.outputs.count { $0.status == .archived },
      missing: draft.manifest.outputs.count { $0.status == .missing }, wasThere: !isNew)
  }

  /// - Throws: ``KeepError`` with code `bundleExists` unless what has the name is the same bundle, `localIO`.
  private static func require(_ checksum: Checksum, of target: FilePath) throws(KeepError) {
    let hint = "move it away, or archive into another folder"
    let reader: FileReader
    do { reader = try FileReader(target) } catch {
      throw KeepError(
        .bundleExists, .path(target), "is taken, and what is there \(error.reason)", hint: hint)
    }
    guard try reader.checksum() != checksum else { return }
    throw KeepError(
      .bundleExists, .path(target), "holds another bundle, which stays as it is", hint: hint)
  }

  private func check(
    _ record: RunRecord, _ outputs: [RetrievedOutput], allowsPartial: Bool
  ) throws(KeepError) {
    guard record.result.verdict != .pending else {
      throw KeepError(
        .unfinished, .request(record.request), "is not over: the service says \(record.result.word)",
        hint: "archive it once it is")
    }
    let wanted = outputs.filter { $0.retrieval != .omitted }
    let reasons = wanted.compactMap(\.reason)
    guard !reasons.isEmpty else { return }
    guard reasons.count < wanted.count else {
      throw KeepError(
        reasons.contains(where: \.mayPass) ? .unavailable : .expired, .request(record.request),
        (wanted.count == 1
          ? "its one output cannot be had" : "none of its \(wanted.count) outputs can be had")
          + ": \(reasons[0].words)")
    }
    guard allowsPartial else {
      throw KeepError(
        .unfinished, .request(record.request),
        "\(reasons.count) of its \(wanted.count) outputs could not be had: \(reasons[0].words)",
        hint: "run the same command again, or allow a partial bundle", retry: .backOff)
    }
  }

  /// The ZIP under a temporary name, synced: tag files first, then the payload by path.
  private func container(of draft: BundleDraft, in folder: FilePath) throws(KeepError) -> ZIPWriter {
    let bag = Bag(identifier: draft.name.identifier, payload: draft.parts.map(\.file))
    var zip = try ZIPWriter(in: folder)
    for tag in bag.tagFiles { try zip.add("\(draft.name.stem)/\(tag.name)", bytes: tag.bytes) }
    for part in draft.parts {
      let name = "\(draft.name.stem)/data/\(part.file.path)"
      switch part.source {
      case .memory(let bytes): try zip.add(name, bytes: bytes)
      case .disk(let path, let crc):
        try zip.add(name, from: path, size: part.file.size, crc: crc)
      }
    }
    try zip.finish()
    return zip
  }
}

extension RetrievedOutput {
  /// Why it is missing; `nil` if it is not.
  fileprivate var reason: Manifest.Reason? {
    if case .missing(let reason) = retrieval { reason } else { nil }
  }
}

extension Manifest.Reason {
  /// Whether another try may do better.
  fileprivate var mayPass: Bool { self == .unreachable || self == .sizeMismatch }
}

extension FileReader {
  /// SHA-256 of the whole file.
  fileprivate borrowing func checksum() throws(KeepError) -> Checksum {
    var hasher = ChecksumHasher()
    try forEachPiece { piece in hasher.update(piece) }
    return hasher.finish()
  }
}
