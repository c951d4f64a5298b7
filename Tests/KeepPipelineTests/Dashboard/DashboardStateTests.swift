import KeepModel
import KeepTestKit
import Synchronization
import Testing

@testable import KeepPipeline

@Suite struct DashboardStateTests {
  // MARK: JSON

  @Test func aStateIsOneObject() throws {
    let json = try JSONDocument(parsing: DashboardSnapshot(.busy).json).value
    #expect(spelled(json) == spelled(DashboardState.busy.json))
    #expect(json["type"] == "dashboard" && json["version"] == 1)
    #expect(json["now"] == .string(DashboardState.noon.description))
    #expect(json["paused"] == .null && json["held"] == .null)
    #expect(json["counts"]?["in_doubt"] == 1 && json["counts"]?["waiting"] == 1234)
    #expect(json["today"]?["run_limit"] == 200 && json["today"]?["sent_bytes_limit"] == 900_000_000)
    #expect(json["folders"]?[2]?["lost"] == true && json["folders"]?[1]?["mode"] == "polling")
    let queued = try #require(json["running"]?[2])
    #expect(queued["phase"] == "in queue" && queued["position"] == 3 && queued["request_id"] == "run-3")
    #expect(queued["id"] == 3 && queued["reason"] == .null && queued["deadline"] == .null)
    #expect(json["failures"]?[2]?["name"]?.string == DashboardState.hostile)
    #expect(json["failures"]?[3]?["state"] == "in_doubt")
    #expect(json["throughput"]?.array?.count == 144)
    var told = DashboardState.empty
    told.paused = DashboardPause(since: DashboardState.noon, reason: "lunch")
    told.held = DashboardHold(reason: "the service is down", hint: "wait")
    #expect(told.json["paused"]?["reason"] == "lunch")
    #expect(told.json["held"]?["hint"] == "wait" && told.json["held"]?["needs_person"] == false)
    #expect(told.json["today"]?["run_limit"] == .null)
  }

  /// In one spelling: the order of an object's members says nothing.
  private func spelled(_ json: JSONValue) -> [UInt8] { CanonicalJSON.compact(json) }

  // MARK: Events

  private struct Event: Equatable {
    var name = ""
    var id = ""
    var data: [UInt8] = []
    var json: JSONValue? { try? JSONDocument(parsing: data).value }
    subscript(key: String) -> JSONValue? { json?[key] }
  }

  /// Reads server-sent events as browsers do.
  private func parse(_ bytes: [UInt8]?) throws -> [Event] {
    var events: [Event] = []
    var event = Event()
    for line in String(decoding: bytes ?? [], as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false)
    {
      let colon = line.firstIndex(of: ":")
      let value = String(colon.map { line[$0...].dropFirst(2) } ?? "")
      switch line.prefix(upTo: colon ?? line.endIndex) {
      case "event": event.name = value
      case "id": event.id = value
      case "data": event.data = spelled(try JSONDocument(parsing: Array(value.utf8)).value)
      case "" where line.isEmpty:
        if event != Event() { events.append(event) }
        event = Event()
      default: break
      }
    }
    return events
  }

  private func later(_ state: DashboardState, _ seconds: Int) -> DashboardState {
    var state = state
    state.now = state.now.advanced(by: .seconds(seconds))
    state.heartbeat = state.now
    return state
  }

  @Test func firstAllIsToldThenWhatChanged() throws {
    var events = DashboardEvents(beat: 3)
    let first = DashboardSnapshot(.busy)
    let next = events.next(first)
    let bytes = try #require(next)
    #expect(String(decoding: bytes.prefix(12), as: UTF8.self) == "retry: 3000\n")
    #expect(try parse(bytes) == [Event(name: "state", id: first.id, data: spelled(DashboardState.busy.json))])

    var changed = later(.busy, 1)
    changed.counts.waiting += 1
    changed.paused = DashboardPause(since: changed.now, reason: "lunch")
    let told = try parse(events.next(DashboardSnapshot(changed)))
    #expect(told.count == 1 && told.first?.name == "change" && told.first?.id != first.id)
    let members = Set(told.first?.json?.object?.sortedMembers.map(\.key) ?? [])
    #expect(members == ["now", "heartbeat", "counts", "paused"])
    #expect(told.first?["paused"]?["reason"] == "lunch")
  }

  @Test func whereNothingChangesTheTimeIsToldNowAndThen() throws {
    var events = DashboardEvents(beat: 3)
    _ = events.next(DashboardSnapshot(.busy))
    for second in 1...2 { #expect(events.next(DashboardSnapshot(later(.busy, second))) == nil) }
    let next = events.next(DashboardSnapshot(later(.busy, 3)))
    let bytes = try #require(next)
    #expect(bytes.starts(with: Array(": ".utf8)))
    let beat = try #require(try parse(bytes).first)
    #expect(beat.name == "beat" && beat["now"] == .string(later(.busy, 3).now.description))
    #expect(beat.json?.object?.sortedMembers.count == 2)
    #expect(events.next(DashboardSnapshot(later(.busy, 4))) == nil)
  }

  @Test func aNameThatLooksLikeAnEventIsNone() throws {
    var state = DashboardState.empty
    state.waiting = [DashboardState.item(1, "a\n\nevent: evil\r\ndata: {}\u{2028}", .waiting, 1)]
    var events = DashboardEvents(beat: 3)
    let told = try parse(events.next(DashboardSnapshot(state)))
    #expect(told.map(\.name) == ["state"] && told.first?.data == spelled(state.json))
  }

  // MARK: Asking

  @Test func theWatchIsAskedOnceATickHoweverManyLook() async throws {
    let watch = DashboardOffice.Watch(.empty)
    let time = DashboardClock()
    let feed = DashboardFeed(tick: .seconds(1), elapsed: { time.now }) {
      watch.questions.withLock { $0 += 1 }
      return watch.state.withLock { $0 }
    }
    for _ in 0..<5 { _ = await feed.snapshot() }
    #expect(watch.questions.withLock { $0 } == 1)
    time.advance(by: .seconds(1))
    for _ in 0..<5 { _ = await feed.snapshot() }
    #expect(watch.questions.withLock { $0 } == 2)
    feed.expire()
    for _ in 0..<5 { _ = await feed.snapshot() }
    #expect(watch.questions.withLock { $0 } == 3)
  }

  @Test func whatIsKnownIsShownWhileTheWatchDoesNotAnswer() async throws {
    let time = DashboardClock()
    let (asked, answer) = (Signal(), Signal())
    let watch = DashboardOffice.Watch(.empty)
    let feed = DashboardFeed(tick: .seconds(1), elapsed: { time.now }) {
      if watch.questions.withLock({ count in
        count += 1
        return count
      }) == 2 {
        asked.fire()
        await answer.wait()
      }
      return watch.state.withLock { $0 }
    }
    _ = await feed.snapshot()
    time.advance(by: .seconds(5))
    watch.state.withLock { $0 = .busy }
    async let slow = feed.snapshot()
    await asked.wait()
    #expect(await feed.snapshot().state == .empty)
    answer.fire()
    #expect(await slow.state == .busy)
    #expect(await feed.snapshot().state == .busy)
  }

  // MARK: Health

  @Test func onlyWhatAPersonMustMendIsAnIllness() {
    func complaints(_ change: (inout DashboardState) -> Void, after seconds: Int = 0) -> Int {
      var state = DashboardState.busy
      change(&state)
      return DashboardHealth(state, now: DashboardState.noon.advanced(by: .seconds(seconds))).complaints.count
    }
    #expect(complaints({ _ in }) == 0)
    #expect(complaints({ _ in }, after: 60) == 0 && complaints({ _ in }, after: 61) == 1)
    #expect(complaints { $0.paused = DashboardPause(since: $0.now) } == 0)
    #expect(complaints { $0.held = DashboardHold(reason: "the service is down") } == 0)
    #expect(complaints { $0.held = DashboardHold(reason: "the token is refused", needsPerson: true) } == 1)
    let broken = DashboardHold(reason: "up/comfykeep.yaml is broken", needsPerson: true, isPartial: true)
    #expect(complaints { $0.held = broken } == 0)
    #expect(complaints { for place in $0.folders.indices { $0.folders[place].isLost = true } } == 1)
    #expect(complaints { $0.folders = [] } == 0)
  }

  @Test func anIllnessIsSaidOnALine() {
    var state = DashboardState.empty
    state.held = DashboardHold(reason: "the token is refused\nok", hint: "give another", needsPerson: true)
    let reply = DashboardHealth(state, now: state.now).reply
    #expect(reply.status == 503)
    #expect(
      String(decoding: reply.body, as: UTF8.self)
        == "nothing is submitted: the token is refused\u{240A}ok; give another\n")
    #expect(DashboardHealth(.empty, now: DashboardState.noon).reply.body == Array("ok\n".utf8))
  }
}
