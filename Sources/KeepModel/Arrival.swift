public import SystemPackage

/// A file that came into a watched folder, as the ledger knows it.
public struct Arrival: Sendable, Hashable {
  /// How far it has come.
  public enum State: String, Sendable, Hashable, CaseIterable {
    /// It waits for its turn.
    case waiting
    /// Its runs are under way, or were when the watch was stopped.
    case running
    /// All its runs are kept.
    case done
    /// It is parked: what went wrong needs a person.
    case failed
    /// Nothing was run for it, and why is told.
    case skipped
    /// Whether the service took a run of it is not known; a person or a webhook settles that.
    case inDoubt = "in_doubt"
    /// It was taken away, or replaced, before its turn came.
    case gone
  }

  /// Its number, in order of arrival.
  public let id: Int64
  /// The watched folder, from the root of the file system on.
  public let folder: FilePath
  /// Where it was below that folder when it arrived.
  public let path: FilePath
  /// What tells this state of the file from another without reading it.
  public let stamp: String
  /// Its size in bytes.
  public let size: ByteCount
  /// How far it has come.
  public let state: State
  /// Whether it goes before others.
  public let isUrgent: Bool
  /// Why it is where it is.
  public let reason: String?
  /// What is, or was, run for it.
  public let submissions: [SubmissionKey]
  /// How many outputs its bundles hold.
  public let outputs: Int
  /// Where it was moved to below the folder, once its runs were over.
  public let movedTo: FilePath?
  /// Whether another run was asked for, of what came to nothing.
  public let isRepeated: Bool
  /// When it was settled.
  public let arrivedAt: Timestamp
  /// When it came to its state.
  public let changedAt: Timestamp

  /// A file as the ledger knows it.
  public init(
    id: Int64, folder: FilePath, path: FilePath, stamp: String, size: ByteCount, state: State, isUrgent: Bool,
    reason: String?,
    submissions: [SubmissionKey], outputs: Int, movedTo: FilePath?, isRepeated: Bool,
    arrivedAt: Timestamp, changedAt: Timestamp
  ) {
    self.id = id
    self.folder = folder
    self.path = path
    self.stamp = stamp
    self.size = size
    self.state = state
    self.isUrgent = isUrgent
    self.reason = reason
    self.submissions = submissions
    self.outputs = outputs
    self.movedTo = movedTo
    self.isRepeated = isRepeated
    self.arrivedAt = arrivedAt
    self.changedAt = changedAt
  }

  /// Where it lies now, from the root of the file system on.
  public var place: FilePath { folder.pushing(movedTo ?? path) }

  /// For `--json`.
  public var json: JSONValue {
    [
      "type": "arrival", "version": 1, "id": .integer(UInt64(id)), "folder": .string(folder.string),
      "path": .string(path.string), "state": .string(state.rawValue), "reason": .optional(reason),
      "submission_keys": .array(submissions.map { .string($0.rawValue) }), "bytes": .integer(size.bytes),
      "outputs": .integer(UInt64(outputs)), "moved_to": .optional(movedTo?.string),
      "arrived_at": .string(arrivedAt.description), "changed_at": .string(changedAt.description),
    ]
  }
}
