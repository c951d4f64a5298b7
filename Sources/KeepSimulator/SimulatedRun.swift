internal import KeepModel

/// One accepted submission and what becomes of it.
struct SimulatedRun: Sendable {
  /// Where a run stands at some moment.
  enum Phase: Sendable {
    case queued
    case running
    case finished
    case canceled
  }

  /// How a run ended.
  enum Ending: Sendable {
    case succeeded([NamedProduct])
    case failed(RunFailureText)
  }

  let id: String
  let deployment: DeploymentID
  let schedule: Schedule
  var variation: RunVariation
  /// What to run; dropped once it has run.
  var submission: ReadSubmission?
  var ending: Ending?
  var canceledAt: Timestamp?

  /// Where the run stands; it is not finished before its outputs are there.
  func phase(at now: Timestamp) -> Phase {
    if canceledAt != nil { return .canceled }
    if now < schedule.startsAt { return .queued }
    return now < schedule.finishesAt || ending == nil ? .running : .finished
  }

  /// When the run ended, once it has.
  var endedAt: Timestamp { canceledAt ?? schedule.finishesAt }

  /// The instance that runs it: one id for each instance of the deployment.
  var instanceID: String {
    let digits = Checksum(of: Array("\(deployment) \(schedule.instance)".utf8)).hexadecimal
    return UniqueID.grouped(String(digits.prefix(32)))
  }
}

/// When a run is queued, started, warm and finished.
struct Schedule: Sendable {
  let createdAt: Timestamp
  /// An instance is assigned.
  let startsAt: Timestamp
  /// The instance is up.
  let warmAt: Timestamp
  let finishesAt: Timestamp
  /// Which of the deployment's instances.
  let instance: Int
}

/// The instances of one deployment and when each is free.
struct InstancePool: Sendable {
  /// When each instance's last run ends; absent before its first.
  private var freeAt: [Int: Timestamp] = [:]

  /// Assigns the instance that is free first, a warm one if there is a choice.
  mutating func schedule(at now: Timestamp, timing: Simulator.Timing) -> Schedule {
    let queued = now.advanced(by: timing.queue)
    let candidates = (0..<max(1, timing.instances)).map { index in
      (index: index, start: max(queued, freeAt[index] ?? queued), isCold: isCold(index, queued, timing))
    }
    let best = candidates.min { left, right in
      if left.start != right.start { return left.start < right.start }
      return !left.isCold && right.isCold
    }
    let instance = best?.index ?? 0
    let start = best?.start ?? queued
    let warm = best?.isCold == false ? start : start.advanced(by: timing.coldStart)
    let finish = warm.advanced(by: timing.run)
    freeAt[instance] = finish
    return Schedule(
      createdAt: now, startsAt: start, warmAt: warm, finishesAt: finish, instance: instance)
  }

  private func isCold(_ index: Int, _ start: Timestamp, _ timing: Simulator.Timing) -> Bool {
    freeAt[index].map { $0.advanced(by: timing.keepWarm) < start } ?? true
  }
}

/// Ids of the form `8-4-4-4-12`.
enum UniqueID {
  static func random() -> String {
    let digits = (0..<2).map { _ in
      let text = String(UInt64.random(in: .min ... .max), radix: 16)
      return String(repeating: "0", count: 16 - text.count) + text
    }.joined()
    return grouped(digits)
  }

  /// 32 hexadecimal digits as a UUID of version 4.
  static func grouped(_ digits: String) -> String {
    var characters = Array(digits)
    characters[12] = "4"
    characters[16] = "a"
    let groups = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(characters[$0]) }
    return groups.joined(separator: "-")
  }
}
