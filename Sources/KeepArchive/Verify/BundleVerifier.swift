import KeepFiles
package import KeepModel
package import SystemPackage

/// Checks bundles in place, without unpacking: container, bag, manifest and crate.
///
/// A bundle may be hostile; whatever is wrong with it is a finding and never an error or a crash. The file is
/// read once; memory is bounded by the documents that describe the payload, not by the payload.
package struct BundleVerifier: Sendable {
  package init() {}

  /// Checks one bundle, every byte of it.
  ///
  /// - Returns: All findings; ``VerificationReport/exitStatus`` tells the gravest.
  package func verify(_ path: FilePath) -> VerificationReport {
    do throws(KeepError) {
      return try verify(BundleCheck(path)) { _ in }
    } catch {
      return Self.unreadable(path, error.reason)
    }
  }

  /// Checks one bundle as far as it is asked for.
  ///
  /// - Parameter watch: Told how many bytes were read since. It may throw `interrupted` to end the check.
  /// - Throws: ``KeepError`` with code `interrupted` alone: everything else is a finding.
  package func verify(
    _ check: BundleCheck, watch: (UInt64) throws(KeepError) -> Void
  ) throws(KeepError) -> VerificationReport {
    if check.expected != nil, (try? FileReader.isThere(check.path)) == false { return Self.gone(check.path) }
    let reader: FileReader
    do { reader = try FileReader(check.path) } catch {
      return Self.unreadable(check.path, error.reason)
    }
    var verification = BundleVerification(check, reader: ZIPReader(reader))
    do throws(KeepError) {
      try verification.run(watch)
    } catch {
      guard error.code != .interrupted else { throw error }
      return Self.unreadable(check.path, error.reason)
    }
    return verification.report()
  }

  /// Checks a bundle that was just written, before it is given its name.
  ///
  /// - Returns: SHA-256 of the file.
  /// - Throws: ``KeepError`` with the code of the gravest finding, unless that is a partial bundle's.
  package func confirm(_ path: FilePath) throws(KeepError) -> Checksum {
    let report = verify(path)
    let status = report.exitStatus
    guard status == 0 || status == KeepError.Code.partial.exitStatus, let checksum = report.checksum
    else { throw report.failure }
    return checksum
  }

  private static func unreadable(_ path: FilePath, _ reason: String) -> VerificationReport {
    var log = FindingLog()
    log.note(.unreadable, reason)
    return VerificationReport(
      path: path, checksum: nil, findings: log.finished(), outputs: 0, request: nil)
  }

  private static func gone(_ path: FilePath) -> VerificationReport {
    var log = FindingLog()
    log.note(.gone, "the ledger says it is kept here, and there is no such file")
    return VerificationReport(
      path: path, checksum: nil, findings: log.finished(), outputs: 0, request: nil)
  }
}

/// The verification of one bundle.
private struct BundleVerification: ~Copyable {
  private let check: BundleCheck
  var reader: ZIPReader
  private let size: UInt64
  private var checksum: Checksum?
  private var manifest: Manifest?

  init(_ check: BundleCheck, reader: consuming ZIPReader) {
    self.check = check
    self.size = reader.file.size
    self.reader = reader
  }

  consuming func report() -> VerificationReport {
    VerificationReport(
      path: check.path, checksum: checksum, findings: reader.log.finished(),
      outputs: manifest?.outputs.count { $0.status == .archived } ?? 0,
      request: manifest?.run.request, size: ByteCount(size), isFast: check.isFast)
  }

  mutating func run(_ watch: (UInt64) throws(KeepError) -> Void) throws(KeepError) {
    guard let directory = try reader.directory() else { return try hashAlone(watch) }
    EntrySafety.check(directory, &reader.log)
    // Where a stored entry has two sizes, nothing says which of its bytes are meant.
    guard isBag(directory), !reader.log.has(.unsafeBundle), !reader.log.has(.storedSizesDiffer)
    else { return try hashAlone(watch) }
    guard let info = try readInfo(directory) else { return try hashAlone(watch) }
    let pass =
      check.isFast
      ? try ContentPass(
        skimming: reader.file, directory.entries, limit: Self.skimmedLimit, watch: watch)
      : try ContentPass(reader.file, directory.entries, keeping: { Self.limit(of: $0) != nil }, watch: watch)
    checksum = pass.checksum
    checkContents(directory, pass)
    let contents = BundleContents(directory, contents: pass.contents)
    BagCheck(contents: contents, info: info).check(&reader.log)
    try checkDocuments(contents, directory)
    checkSurroundings(contents)
  }

  /// SHA-256 of a file whose entries are not to be read.
  private mutating func hashAlone(_ watch: (UInt64) throws(KeepError) -> Void) throws(KeepError) {
    guard !check.isFast else { return try watch(size) }
    checksum = try ContentPass(reader.file, [], keeping: { _ in false }, watch: watch).checksum
    compareChecksum()
  }

  /// Compares the file's SHA-256 with what lies beside it, and with what the ledger says.
  private mutating func compareChecksum() {
    guard let checksum else { return }
    BundleSurroundings(path: check.path).checkSidecar(checksum, &reader.log)
    if let expected = check.expected, expected != checksum {
      reader.log.note(.ledgerDiffers, "SHA-256 is \(checksum); the ledger says \(expected)")
    }
  }

  /// The path below the top directory.
  private static func inner(_ entry: ZIPDirectory.Entry) -> String {
    String(decoding: entry.name.drop { $0 != UInt8(ascii: "/") }.dropFirst(), as: UTF8.self)
  }

  /// The most bytes of a document that are read; `nil` for what is no document.
  private static func limit(of entry: ZIPDirectory.Entry) -> UInt64? {
    BundleContents.documents[inner(entry)]
  }

  /// The most bytes of what is read even where the payload is not; `nil` for payload.
  private static func skimmedLimit(of entry: ZIPDirectory.Entry) -> UInt64? {
    let derived = ["data/\(Readme.path)", "data/\(Preview.path)"]
    return limit(of: entry) ?? (derived.contains(inner(entry)) ? 1 << 26 : nil)
  }

  /// Anything of a bag at its place makes the file a bundle, if a damaged one.
  private mutating func isBag(_ directory: ZIPDirectory) -> Bool {
    let marks: Set = ["bagit.txt", "bag-info.txt", "manifest-sha256.txt", "data/manifest.json"]
    if directory.entries.contains(where: { marks.contains(Self.inner($0)) }) { return true }
    reader.log.note(.notABag, "no bagit.txt in one top directory")
    return false
  }

  /// Reads `bag-info.txt` before anything else is; `nil` when nothing else may be read.
  private mutating func readInfo(_ directory: ZIPDirectory) throws(KeepError) -> BagInfo? {
    for entry in directory.entries {
      let largest = max(entry.size, entry.compressedSize)
      guard let limit = Self.limit(of: entry), largest > limit else { continue }
      reader.log.note(.tooManyEntries, path: entry.path, "has \(largest) bytes; at most \(limit) are read")
      return nil
    }
    guard let entry = directory.entries.first(where: { Self.inner($0) == "bag-info.txt" }) else {
      return BagInfo([])
    }
    let content = try reader.file.content(of: entry)
    let info = BagInfo(content.bytes ?? [])
    // A damaged file is damaged, and not another profile.
    guard content.isWhole(entry) else { return info }
    guard isKnownProfile(info) else { return nil }
    return isWithinOxum(directory, info) ? info : nil
  }

  private mutating func isKnownProfile(_ info: BagInfo) -> Bool {
    guard let profile = info.profile, profile.major == 1 else {
      let found = info["Run-Bundle-Profile"] ?? "missing"
      reader.log.note(
        .profileUnknown, path: "bag-info.txt", "Run-Bundle-Profile is \(found); 1.0 can be read")
      return false
    }
    if profile.minor > 0 {
      reader.log.note(
        .profileLater, path: "bag-info.txt",
        "profile 1.\(profile.minor) is later than 1.0: checked only by the rules of 1.0, and not at all whether "
          + "readme, crate and page are what manifest and documents give")
    }
    return true
  }

  private mutating func isWithinOxum(_ directory: ZIPDirectory, _ info: BagInfo) -> Bool {
    guard let oxum = info.oxum else { return true }
    var declared: UInt64 = 0
    for entry in directory.entries where Self.inner(entry).hasPrefix("data/") {
      let (sum, overflow) = declared.addingReportingOverflow(entry.leastSize)
      declared = overflow ? .max : sum
    }
    guard declared > oxum.octets else { return true }
    reader.log.note(
      .moreThanDeclared, path: "bag-info.txt",
      "the payload has \(declared) bytes; Payload-Oxum declares \(oxum.octets)")
    return false
  }

  private mutating func checkContents(_ directory: ZIPDirectory, _ pass: ContentPass) {
    for (entry, content) in zip(directory.entries, pass.contents) {
      guard let content, content.isDecoded, content.size == entry.size else {
        reader.log.note(.dataUndecodable, path: entry.path, "does not give the declared \(entry.size) bytes")
        continue
      }
      if content.crc != entry.crc {
        reader.log.note(.crcDiffers, path: entry.path, "the bytes do not have the CRC-32 of the headers")
      }
    }
  }

  private mutating func checkDocuments(
    _ contents: BundleContents, _ directory: ZIPDirectory
  ) throws(KeepError) {
    manifest = ManifestCheck.read(contents, &reader.log)
    if let manifest {
      ManifestCheck(contents: contents, manifest: manifest).check(&reader.log)
      let documents = RunDocuments(contents, manifest.documents, &reader.log)
      ResultCheck(contents: contents, manifest: manifest, documents: documents).check(&reader.log)
      RequestCheck(contents: contents, manifest: manifest, documents: documents).check(&reader.log)
      CrateCheck(contents: contents, manifest: manifest).check(&reader.log)
      try checkDerived(contents, directory, manifest, documents)
    } else {
      CrateCheck(contents: contents, manifest: nil).check(&reader.log)
    }
  }

  /// What is derived is made again; in a damaged bundle that would only repeat the damage.
  private mutating func checkDerived(
    _ contents: BundleContents, _ directory: ZIPDirectory, _ manifest: Manifest,
    _ documents: RunDocuments
  ) throws(KeepError) {
    guard !reader.log.hasDamage, !reader.log.has(.profileLater) else { return }
    var check = DerivedCheck(contents: contents, manifest: manifest, documents: documents)
    for (path, entry) in zip(contents.paths, directory.entries) where check.wants(path) {
      guard try check.add(reader.file, entry, at: path) else { return }
    }
    check.check(&reader.log)
  }

  private mutating func checkSurroundings(_ contents: BundleContents) {
    BundleSurroundings(path: check.path).checkName(contents.top, manifest?.completeness, &reader.log)
    compareChecksum()
  }
}

extension ZIPDirectory.Entry {
  /// The least number of bytes that the entry stands for: its size, or what its place in the file shows, since
  /// deflating makes bytes that cannot be packed only a little longer.
  fileprivate var leastSize: UInt64 {
    let allowance = isDeflated ? size / 1000 + 64 : 0
    return max(size, compressedSize - min(compressedSize, allowance))
  }
}
