public import KeepModel
public import SystemPackage

/// What came of bringing one bundle to the archive's store.
public struct Deposit: Sendable {
  /// The run.
  public let request: RequestID
  /// Where the bundle lies in the archive's folder; `nil` where it no longer does.
  public var bundle: FilePath?
  /// SHA-256 of the bundle, where it is known.
  public var checksum: Checksum?
  /// Where it lies in the store; `nil` where it is not there.
  public var place: String?
  /// Why it is not there, or could not be removed from the archive's folder afterwards.
  public var error: KeepError?
  /// Whether an earlier command had put it there and removed it here, and was stopped before the ledger knew of it.
  var wasDroppedBefore = false
}

extension [Deposit] {
  /// The exit status of all: interrupted first; then what all have in common; else 3, partly.
  public var exitStatus: Int32 {
    let statuses = Set(map { $0.error?.code.exitStatus ?? 0 })
    if statuses.contains(KeepError.Code.interrupted.exitStatus) {
      return KeepError.Code.interrupted.exitStatus
    }
    return statuses.count <= 1 ? statuses.first ?? 0 : KeepError.Code.partial.exitStatus
  }
}
