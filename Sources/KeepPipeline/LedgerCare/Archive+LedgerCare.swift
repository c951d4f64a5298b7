import KeepArchive
import KeepFiles
import KeepLedger
public import KeepModel
public import SystemPackage

extension Archive {
  /// Copies the ledger into a new file while others go on writing. The copy is checked and synced before it gets its name,
  /// and never takes the place of another file. It is for its owner alone.
  ///
  /// - Returns: Its size.
  /// - Throws: ``KeepError`` with `usage` where something has the name, or its folder is not there; `ledger_unusable`;
  ///   `local_io`, such as for a full disk.
  public func backUpLedger(to target: FilePath) async throws(KeepError) -> ByteCount {
    let folder = target.removingLastComponent()
    guard let name = target.lastComponent, Folder.isFolder(folder.isEmpty ? "." : folder) else {
      throw KeepError(
        .usage, .path(target), "is no name in a folder that is there", hint: "make its folder first")
    }
    let taken = KeepError(
      .usage, .path(target), "is there already, and stays as it is", hint: "name a file that is not there")
    guard !FileReader.exists(target) else { throw taken }
    let file = try AtomicFile(in: folder.isEmpty ? "." : folder)
    try await ledger.copy(to: file.temporary)
    let size = try FileReader(file.temporary).size
    guard try file.publish(as: name, permissions: .ownerReadWrite) else { throw taken }
    return ByteCount(size)
  }

  /// Everything about the ledger that is not as it must be, and every bundle of which that is so: one that is said to be
  /// kept and is not there or has another size than its receipt tells, and one that is not known.
  ///
  /// - Parameter isFull: Whether the checksum of each bundle is made again, too.
  /// - Throws: ``KeepError`` with `ledger_unusable` where it cannot be looked at; `local_io`.
  public func checkLedger(isFull: Bool) async throws(KeepError) -> [LedgerFinding] {
    var findings = try await ledger.audit()
    guard findings.allSatisfy({ $0.kind != .integrity }) else { return findings }
    let holdings = try await holdings()
    for item in holdings.kept {
      if let finding = try check(item, isFull: isFull) { findings.append(finding) }
    }
    for path in holdings.unknown {
      findings.append(
        LedgerFinding(
          .bundleUnknown, path.string, "lies in the archive, and the ledger does not know it",
          advice: "a ledger that knew less once took the place of this one, or the bundle was put there: "
            + "comfykeep ledger rebuild --anyway takes it in"))
    }
    return findings
  }

  private func check(
    _ item: Verification.Item, isFull: Bool
  ) throws(KeepError) -> LedgerFinding? {
    let advice = "put it back from a copy, or let the same run command fetch it again within seven days"
    guard try FileReader.isThere(item.path) else {
      return LedgerFinding(
        .bundleMissing, item.path.string, "is said to be kept there, and is gone", advice: advice)
    }
    let size = try FileReader(item.path).size
    let told = ReceiptDocument(at: BundleSidecars(of: item.path).receipt)
    // A receipt that tells of other bytes says nothing of these.
    let isTold = told?.checksum == item.expected
    if size == 0 || isTold && told?.size != nil && told?.size != size {
      return LedgerFinding(
        .bundleDamaged, item.path.string, "has \(ByteCount(size)), and not the size that it had",
        advice: advice)
    }
    guard isFull, let expected = item.expected else { return nil }
    let checksum = try FileReader.checksum(of: item.path)
    guard checksum != expected else { return nil }
    return LedgerFinding(
      .bundleDamaged, item.path.string, "has SHA-256 \(checksum), and the ledger says \(expected)",
      advice: advice)
  }
}
