import KeepModel
import Synchronization

/// A state and its JSON, made once for all who look.
struct DashboardSnapshot: Sendable {
  let state: DashboardState
  /// Each member of the state's JSON as bytes.
  let members: [Member]
  /// Changes with whatever does not change by itself.
  let id: String

  struct Member: Sendable, Equatable {
    let key: String
    let json: [UInt8]
  }

  init(_ state: DashboardState) {
    self.state = state
    self.members = state.members.map { Member(key: $0.0, json: CanonicalJSON.compact($0.1)) }
    let steady = members.filter { !DashboardState.restless.contains($0.key) }
    self.id = String(Checksum(of: Self.object(steady)).hexadecimal.prefix(16))
  }

  /// The whole state.
  var json: [UInt8] { Self.object(members) }

  /// An object of some members.
  static func object(_ members: [Member]) -> [UInt8] {
    var bytes: [UInt8] = [UInt8(ascii: "{")]
    for (place, member) in members.enumerated() {
      if place > 0 { bytes.append(UInt8(ascii: ",")) }
      bytes += CanonicalJSON.quoted(member.key) + [UInt8(ascii: ":")] + member.json
    }
    return bytes + [UInt8(ascii: "}")]
  }
}

/// Asks the watch for its state, at most once a tick however many look, and never when nobody does.
final class DashboardFeed: Sendable {
  private struct Known {
    var snapshot: DashboardSnapshot
    var at: Duration
  }

  private struct State {
    var known: Known?
    var isAsking = false
    /// Counts what was done to the watch, after which what was known before is old.
    var changes = 0
  }

  private let ask: @Sendable () async -> DashboardState
  private let tick: Duration
  private let elapsed: @Sendable () -> Duration
  private let state = Mutex(State())

  /// - Parameter elapsed: The time since some fixed moment.
  init(
    tick: Duration, elapsed: @escaping @Sendable () -> Duration = WebhookDesk.sinceStart(),
    ask: @escaping @Sendable () async -> DashboardState
  ) {
    self.ask = ask
    self.tick = tick
    self.elapsed = elapsed
  }

  /// The state, not much older than a tick; older where the watch does not answer.
  func snapshot() async -> DashboardSnapshot {
    let now = elapsed()
    let (known, changes) = state.withLock { state -> (DashboardSnapshot?, Int) in
      if let known = state.known, state.isAsking || now - known.at < tick { return (known.snapshot, 0) }
      state.isAsking = true
      return (nil, state.changes)
    }
    if let known { return known }
    let fresh = DashboardSnapshot(await ask())
    state.withLock { state in
      state.isAsking = false
      // What was asked before something was done is shown, and asked again at once.
      state.known = Known(snapshot: fresh, at: state.changes == changes ? now : now - tick)
    }
    return fresh
  }

  /// Says that what is known is old.
  func expire() {
    state.withLock { state in
      state.changes += 1
      state.known?.at -= tick
    }
  }
}

/// What one page is told after what (server-sent events, HTML standard section 9.2).
struct DashboardEvents {
  private let beat: Int
  private var last: DashboardSnapshot?
  private var quiet = 0

  /// - Parameter beat: After how many calls without anything new it is said that we are there.
  init(beat: Int) { self.beat = beat }

  /// What is to be told now; `nil` for nothing. First the whole state (`state`), then the members that changed
  /// (`change`), and where nothing did, the time now and then (`beat`).
  mutating func next(_ snapshot: DashboardSnapshot) -> [UInt8]? {
    defer { last = snapshot }
    guard let last else {
      return Array("retry: 3000\n".utf8) + Self.event("state", snapshot.id, snapshot.json)
    }
    guard snapshot.id != last.id else {
      quiet += 1
      guard quiet >= beat else { return nil }
      quiet = 0
      let times = snapshot.members.filter { DashboardState.restless.contains($0.key) }
      return Array(": still here\n".utf8) + Self.event("beat", snapshot.id, DashboardSnapshot.object(times))
    }
    quiet = 0
    let changed = zip(snapshot.members, last.members).filter { $0 != $1 }.map(\.0)
    let restless = snapshot.members.filter {
      DashboardState.restless.contains($0.key) && !changed.contains($0)
    }
    return Self.event("change", snapshot.id, DashboardSnapshot.object(changed + restless))
  }

  /// JSON has no line ends in it.
  private static func event(_ name: StaticString, _ id: String, _ json: [UInt8]) -> [UInt8] {
    Array("event: \(name)\nid: \(id)\ndata: ".utf8) + json + Array("\n\n".utf8)
  }
}
