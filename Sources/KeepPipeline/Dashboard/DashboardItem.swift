public import KeepModel

/// A file of a watched folder and what becomes of it.
public struct DashboardItem: Sendable, Equatable {
  /// Where it stands.
  public enum State: String, Sendable, CaseIterable {
    /// It waits for its turn.
    case waiting
    /// Its run is going on.
    case running
    /// Its run is kept.
    case kept
    /// It is parked with a reason.
    case failed
    /// It was not run.
    case skipped
    /// It was submitted, and nobody knows whether the service took it.
    case inDoubt = "in_doubt"
  }

  /// The number of its row in the ledger, which ``DashboardAction/retry(arrival:)`` takes.
  public var id: Int64
  /// Its path below ``folder``.
  public var name: String
  /// The watched folder.
  public var folder: String
  /// Its size.
  public var size: ByteCount
  /// Where it stands.
  public var state: State
  /// When it came to be so.
  public var since: Timestamp
  /// What is done with it just now: `uploading`, `in queue`, `running`, `keeping`.
  public var phase: String?
  /// Its place in the service's queue, where the service told one.
  public var position: Int?
  /// Why it failed, was skipped or is in doubt, in lower case without full stop.
  public var reason: String?
  /// Its run, once it has one.
  public var request: RequestID?
  /// When the service deletes its outputs.
  public var deadline: Timestamp?
  /// The path of its bundle, for people.
  public var bundle: String?
  /// How many outputs are kept of it.
  public var outputs: Int = 0

  /// A file.
  public init(
    id: Int64, name: String, folder: String, size: ByteCount, state: State, since: Timestamp
  ) {
    self.id = id
    self.name = name
    self.folder = folder
    self.size = size
    self.state = state
    self.since = since
  }
}
