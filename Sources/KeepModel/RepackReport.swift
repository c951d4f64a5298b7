public import SystemPackage

/// Whether a bundle's canonical file could be made again.
public struct RepackReport: Sendable {
  /// From where the original's SHA-256 is known.
  public enum Origin: String, Sendable, Hashable {
    /// It was given by hand.
    case given
    /// From a `.sha256` file beside the source.
    case sidecar
    /// From the archive's ledger.
    case ledger
  }

  /// The file or folder it was made from.
  public let source: FilePath
  /// The canonical file; `nil` where it could not be made, and nothing was written.
  public let bundle: FilePath?
  /// SHA-256 of what was made, or would have been.
  public let checksum: Checksum?
  /// SHA-256 of the original and from where it is known; `nil` where only canonicity is certain.
  public let original: (checksum: Checksum, origin: Origin)?
  /// Why it could not be made; warnings and a partial bundle's missing outputs otherwise.
  public let findings: [Finding]
  /// Whether the same bytes lay there before.
  public let wasThere: Bool

  /// Tells what came of making a bundle's canonical file again.
  public init(
    source: FilePath, bundle: FilePath?, checksum: Checksum?,
    original: (checksum: Checksum, origin: Origin)?, findings: [Finding], wasThere: Bool = false
  ) {
    self.source = source
    self.bundle = bundle
    self.checksum = checksum
    self.original = original
    self.findings = findings
    self.wasThere = wasThere
  }

  /// 0 where it was made; else 4 where it is of a profile that is not known, and 30 for everything else.
  public var exitStatus: Int32 {
    guard bundle == nil else { return 0 }
    let isForeign = findings.contains { $0.status == .notABundle }
    return isForeign ? KeepError.Code.notABundle.exitStatus : KeepError.Code.fixity.exitStatus
  }
}
