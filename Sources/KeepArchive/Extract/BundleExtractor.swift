import KeepFiles
package import KeepModel
package import SystemPackage

/// Takes the files out of a bundle, whatever is in the ZIP: whole and verified under the folder's name, or not at all.
///
/// A bundle that `verify` calls unsafe is refused before anything is made; where a damaged one is salvaged, entries whose
/// names alone are unsafe are passed over instead. Every file is held against its CRC-32 and its SHA-256 while it is
/// written; nothing stays after a failure, and nothing is ever overwritten.
package struct BundleExtractor: Sendable {
  /// Which files are taken out.
  package enum Part: Sendable, Equatable {
    /// The whole bag, in a folder that is a bag again.
    case everything
    /// The payload below `data/` in these folders alone, such as `outputs`.
    case payload([String])
  }

  /// Which files are taken out.
  package let part: Part
  /// Whether a damaged bundle is taken for what of it is whole.
  package let isSalvage: Bool

  /// How files are taken out of bundles.
  package init(_ part: Part = .everything, isSalvage: Bool = false) {
    self.part = part
    self.isSalvage = isSalvage
  }

  /// Makes a folder, named like the bundle's top directory, in one that exists.
  ///
  /// - Parameter watch: Told how many bytes were written since. It may throw to end everything.
  /// - Throws: ``KeepError`` with code `unsafeBundle`, `notABundle`; `fixity` for a damaged bundle, unless it is to be
  ///   salvaged; `bundleExists` when the folder's name is taken; `localIO`; and what `watch` throws.
  package func extract(
    _ path: FilePath, into parent: FilePath, watch: (UInt64) throws(KeepError) -> Void = { _ in }
  ) throws(KeepError) -> ExtractionReport {
    try refuse(path)
    let reader = try BundleReader(path, tolerating: isSalvage ? .damage : .nothing)
    let target = parent.appending(reader.top)
    guard !FileReader.exists(target) else { throw Self.taken(target) }
    var extraction = Extraction(
      checksums: try StatedChecksums(reader, isSalvage: isSalvage), isSalvage: isSalvage,
      losses: reader.passedOver, folder: try NewFolder(in: parent))
    for path in reader.paths {
      guard let place = place(of: path) else { continue }
      try extraction.take(path, from: reader, to: place, watch)
    }
    extraction.noteMissing(reader.paths) { place(of: $0) != nil }
    return try extraction.finish(as: reader.top, in: parent, reader)
  }

  /// Refuses what must not be unpacked, is no bundle or, unless it is to be salvaged, is damaged.
  private func refuse(_ path: FilePath) throws(KeepError) {
    let report = try BundleVerifier().verify(BundleCheck(path, isFast: true)) { _ in }
    let codes = [KeepError.Code.localIO, .notABundle, .unsafeBundle] + (isSalvage ? [] : [.fixity])
    // What names come to where a bundle is salvaged is for its reader to say.
    let findings = report.findings.filter { finding in
      !isSalvage || !(EntrySafety.isNameFault(finding) || finding.code == FindingCode.notABag.rawValue)
    }
    for code in codes {
      guard let finding = findings.first(where: { $0.status == code }) else { continue }
      throw KeepError(code, .path(path), "\(finding)", hint: code == .fixity ? Self.salvageHint : nil)
    }
  }

  /// Where a file of the bundle goes; `nil` for one that is not asked for.
  private func place(of path: String) -> String? {
    switch part {
    case .everything: return path
    case .payload(let folders):
      guard path.hasPrefix("data/") else { return nil }
      let place = String(path.dropFirst(5))
      return folders.contains { place.hasPrefix("\($0)/") } ? place : nil
    }
  }

  static let salvageHint = "--salvage takes out what is whole"

  static func taken(_ target: FilePath) -> KeepError {
    KeepError(
      .bundleExists, .path(target), "is there already, and stays as it is", hint: "choose a place with --to")
  }
}

/// One extraction under way.
private struct Extraction: ~Copyable {
  private let checksums: StatedChecksums
  private let isSalvage: Bool
  private var folder: NewFolder
  private var files = 0
  private var size: UInt64 = 0
  private var unlisted = 0
  private var losses: [ExtractionReport.Loss]

  init(
    checksums: StatedChecksums, isSalvage: Bool, losses: [ExtractionReport.Loss], folder: consuming NewFolder
  ) {
    self.checksums = checksums
    self.isSalvage = isSalvage
    self.losses = losses
    self.folder = folder
  }

  mutating func take(
    _ path: String, from reader: borrowing BundleReader, to place: String,
    _ watch: (UInt64) throws(KeepError) -> Void
  ) throws(KeepError) {
    var hasher = ChecksumHasher()
    var count: UInt64 = 0
    do throws(KeepError) {
      try folder.write(place) { sink throws(KeepError) in
        try reader.read(path) { piece throws(KeepError) in
          hasher.update(piece)
          count += UInt64(piece.count)
          try sink(piece)
          try watch(UInt64(piece.count))
        }
        if let fault = checksums.fault(of: path, hasher.finish()) {
          throw KeepError(.fixity, .path(reader.path), "\(path) \(fault)")
        }
      }
    } catch {
      var error = error
      if error.code == .fixity { error.hint = BundleExtractor.salvageHint }
      guard isSalvage, error.code == .fixity else { throw error }
      losses.append(ExtractionReport.Loss(path: path, reason: "is damaged"))
      return
    }
    files += 1
    size += count
    if checksums.isUnknown(path) { unlisted += 1 }
  }

  /// What is listed and not there is lost, too.
  mutating func noteMissing(_ paths: [String], _ isWanted: (String) -> Bool) {
    let present = Set(paths)
    let lost = checksums.paths.filter { !present.contains($0) && isWanted($0) }
    losses += lost.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      .map { ExtractionReport.Loss(path: $0, reason: "is not in the file") }
  }

  consuming func finish(
    as name: String, in parent: FilePath, _ reader: borrowing BundleReader
  ) throws(KeepError) -> ExtractionReport {
    let (files, size, losses, unlisted) = (files, size, losses, unlisted)
    let target = parent.appending(name)
    let isKept = files > 0 || losses.isEmpty
    if isKept {
      guard try folder.publish(as: name) else { throw BundleExtractor.taken(target) }
    }
    return ExtractionReport(
      bundle: reader.path, folder: isKept ? target : nil, files: files, size: ByteCount(size), losses: losses,
      isWithoutDirectory: reader.isWithoutDirectory, unlisted: unlisted)
  }
}
