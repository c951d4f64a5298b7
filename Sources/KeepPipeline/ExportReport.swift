import KeepFiles
public import KeepModel
public import SystemPackage

/// What of a bundle is written as plain files.
public struct ExportChoice: Sendable {
  /// Whether the files that went in are written too.
  public var includesInputs: Bool
  /// Whether temporary outputs, such as previews, are written beside others; where a run has no others they always are.
  public var includesTemporary: Bool
  /// The nodes to which it is limited; none for all.
  public var nodes: Set<NodeID>

  /// The outputs that a person wants to see, unless told otherwise.
  public init(
    includesInputs: Bool = false, includesTemporary: Bool = false, nodes: Set<NodeID> = []
  ) {
    self.includesInputs = includesInputs
    self.includesTemporary = includesTemporary
    self.nodes = nodes
  }

  func includes(_ node: NodeID) -> Bool { nodes.isEmpty || nodes.contains(node) }
}

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

/// Writes what is in bundles as plain files.
public enum BundleExport {
  /// Writes the outputs of some bundles into a folder, each checked against its manifest on the way; nothing is
  /// overwritten, and what is damaged does not get its name.
  ///
  /// - Parameter report: Told of each bundle as soon as it is done.
  /// - Throws: ``KeepError`` with code `local_io` when nothing can be written there.
  public static func export(
    _ bundles: [FilePath], to folder: FilePath, _ choice: ExportChoice,
    report: (ExportReport) -> Void
  ) throws(KeepError) {
    var exporter = Exporter(to: folder)
    exporter.choice = choice
    try exporter.prepare()
    try exporter.clear()
    for bundle in bundles {
      do {
        report(try exporter.report(of: bundle))
      } catch  where error.code != .localIO || error.subject == .path(bundle) {
        report(ExportReport(bundle: bundle, failures: [error]))
      }
    }
  }
}
