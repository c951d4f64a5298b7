public import KeepModel
public import SystemPackage

/// What was written of one bundle.
public struct ExportReport: Sendable {
  /// A plain file.
  public struct File: Sendable {
    /// Where it is.
    public let path: FilePath
    /// The node that gave it, or took it.
    public let node: NodeID
    /// The input that took it; `nil` for an output.
    public let input: InputName?
    /// Its bytes.
    public let size: ByteCount
    /// SHA-256 of its bytes, as the bundle's manifest lists it.
    public let checksum: Checksum
    /// Whether it was there before, with the same bytes.
    public let wasThere: Bool
  }

  /// The bundle.
  public let bundle: FilePath
  /// The files, outputs first, in the bundle's order.
  public internal(set) var files: [File] = []
  /// What could not be written, and why.
  public internal(set) var failures: [KeepError] = []
  /// How many outputs the bundle itself lacks.
  public internal(set) var missing = 0

  /// The exit status that this report asks for alone: the gravest failure's, else 3 for a partial bundle.
  public var exitStatus: Int32 {
    let statuses = failures.map(\.code.exitStatus) + (missing > 0 ? [KeepError.Code.partial.exitStatus] : [])
    return statuses.worst
  }
}

extension [ExportReport] {
  /// The exit status for all: the gravest.
  public var exitStatus: Int32 { map(\.exitStatus).filter { $0 != 0 }.worst }
}

extension [Int32] {
  /// The gravest status of an export: what ends it first, then unreadable, unsafe, damaged, partial.
  fileprivate var worst: Int32 { [130, 74, 4, 5, 30, 3].first { contains($0) } ?? first ?? 0 }
}
