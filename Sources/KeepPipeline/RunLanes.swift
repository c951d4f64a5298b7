import KeepModel
import KeepTransport
import Synchronization

/// How many runs are in flight, on each deployment and overall, and how many are being kept.
///
/// A run is in flight from before its submit until the service says that it has ended. What is downloaded and bundled
/// after that takes no place from runs that could go on meanwhile.
final class RunLanes: Sendable {
  /// How many runs are downloaded and bundled at once.
  static let keepers = 8
  /// How many runs are followed at once: what has ended is soon over, and more than this do not run at once anywhere.
  static let followers = 1_500
  /// How many may be in flight on a deployment of which nothing is known.
  static let standard = 4

  /// The way from a finished run to its bundle; who has the nearest deadline comes first.
  let keeping = WaitingLine(width: RunLanes.keepers)

  private let limit: Int?
  private let instances: Mutex<[DeploymentID: Int]>
  private let overall: WaitingLine
  private let lines = Mutex<[DeploymentID: WaitingLine]>([:])

  /// - Parameters:
  ///   - limit: How many on each deployment; `nil` for as many as it has instances, else ``standard``.
  ///   - instances: How many instances a deployment has at most, where that is known.
  ///   - overall: How many on all of them.
  init(limit: Int?, instances: [DeploymentID: Int], overall: Int) {
    self.limit = limit
    self.instances = Mutex(instances)
    self.overall = WaitingLine(width: overall)
  }

  /// How many runs may be in flight on a deployment.
  func width(of deployment: DeploymentID) -> Int {
    max(1, limit ?? instances.withLock { $0[deployment] } ?? Self.standard)
  }

  /// Takes note of how many instances deployments have; what is in flight on one already keeps its places.
  func learn(_ known: [DeploymentID: Int]) {
    instances.withLock { $0.merge(known) { _, new in new } }
  }

  /// A place for one more run on a deployment, once there is one.
  ///
  /// - Throws: `CancellationError` when cancelled while waiting.
  func place(on deployment: DeploymentID) async throws -> Place {
    let line = line(of: deployment)
    try await line.enter()
    do {
      try await overall.enter()
    } catch {
      line.leave()
      throw error
    }
    return Place(lines: [line, overall])
  }

  /// A place for a run that is in flight already, whether or not there is one.
  func placeAnyway(on deployment: DeploymentID) -> Place {
    let lines = [line(of: deployment), overall]
    for line in lines { line.occupy() }
    return Place(lines: lines)
  }

  private func line(of deployment: DeploymentID) -> WaitingLine {
    let width = width(of: deployment)
    return lines.withLock { lines in
      if let line = lines[deployment] { return line }
      let line = WaitingLine(width: width)
      lines[deployment] = line
      return line
    }
  }

  /// The place of a run in flight. It is free again once it is left, or let go of.
  final class Place: Sendable {
    private let lines: Mutex<[WaitingLine]>

    init(lines: [WaitingLine]) { self.lines = Mutex(lines) }

    /// Leaves it; again changes nothing.
    func leave() {
      let left = lines.withLock { lines in
        defer { lines = [] }
        return lines
      }
      for line in left { line.leave() }
    }

    deinit { leave() }
  }
}
