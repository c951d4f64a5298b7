import KeepModel
import Synchronization
import SystemPackage

/// What goes on just now, for whoever wants to see it.
final class WatchBoard: Sendable {
  /// A watched folder.
  struct Folder: Sendable {
    var lost: String?
    var polled: String?
  }

  /// A run under way.
  struct Row: Sendable {
    let arrival: Arrival
    var phase = "getting ready"
    var position: Int?
    var request: RequestID?
  }

  /// The number of an arrival's runs among all that are reported; those of a sweep are below.
  static func index(of arrival: Arrival) -> Int { Int(arrival.id) + first }

  /// The arrival of such a number; one that there is not where it is a sweep's.
  static func arrival(at index: Int) -> Int64 { Int64(index - first) }

  private static let first = 1 << 40

  let folders = Mutex<[FilePath: Folder]>([:])
  private let rows = Mutex<[Int64: Row]>([:])

  /// What is under way, in order of arrival.
  var running: [Row] { rows.withLock { $0.values.sorted { $0.arrival.id < $1.arrival.id } } }

  func begin(_ arrival: Arrival) { rows.withLock { $0[arrival.id] = Row(arrival: arrival) } }

  func end(_ id: Int64) { _ = rows.withLock { $0.removeValue(forKey: id) } }

  func arrival(_ id: Int64) -> Arrival? { rows.withLock { $0[id]?.arrival } }

  /// Takes note of what happened to a run.
  func show(_ event: PipelineEvent, of arrival: Arrival) {
    rows.withLock { rows in
      guard var row = rows[arrival.id] else { return }
      row.position = nil
      switch event.change {
      case .uploading: row.phase = "uploading"
      case .submitting: row.phase = "submitting"
      case .submitted(let id), .resumed(let id):
        row.phase = "submitted"
        row.request = id
      case .status(let status):
        row.phase = status.phase == .queued ? "in queue" : "running"
        row.position = status.queuePosition
      case .downloading: row.phase = "keeping"
      case .storing: row.phase = "storing"
      case .stored, .note, .ended: break
      }
      rows[arrival.id] = row
    }
  }
}
