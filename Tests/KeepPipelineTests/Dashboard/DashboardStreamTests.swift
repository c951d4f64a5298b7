import KeepModel
import KeepTestKit
import Synchronization
import Testing

@testable import KeepPipeline

/// Pages that are told live.
@Suite struct DashboardStreamTests {
  private static func listen(_ office: DashboardOffice) async throws -> RawCaller {
    try await RawCaller.onThread {
      let caller = try RawCaller(port: office.port)
      caller.write(DashboardOffice.message("GET", "/events"))
      return caller
    }
  }

  private static func hear(_ caller: RawCaller, _ words: String) async throws -> String {
    let sought = Array(words.utf8)
    let bytes = try await RawCaller.onThread { caller.read { $0.firstRange(of: sought) != nil } }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Listens as a page does, again and again until it is told the state: where the deadlines are short for the test, a busy
  /// machine may miss one.
  private static func begin(_ office: DashboardOffice) async throws -> RawCaller {
    while true {
      let caller = try await listen(office)
      if try await hear(caller, "event: state").contains("event: state") { return caller }
    }
  }

  @Test func aPageIsToldAllAndThenWhatChanged() async throws {
    try await DashboardOffice.open { office in
      let caller = try await Self.listen(office)
      let first = try await Self.hear(caller, #""program_version":"1.2.3""#)
      #expect(first.hasPrefix("HTTP/1.1 200 OK\r\n") && first.contains("retry: 3000\nevent: state\nid: "))
      #expect(first.lowercased().contains("content-type: text/event-stream"))
      #expect(first.lowercased().contains("cache-control: no-store"))
      office.watch.state.withLock { $0.paused = DashboardPause(since: $0.now, reason: "lunch") }
      let second = try await Self.hear(caller, "lunch")
      #expect(second.contains("event: change\n") && !second.contains("program_version"))
    }
  }

  @Test func aQuietPageIsToldThatWeAreThere() async throws {
    try await DashboardOffice.open { office in
      let caller = try await Self.listen(office)
      let text = try await Self.hear(caller, "event: beat")
      #expect(text.contains(": still here\nevent: beat\n"))
    }
  }

  @Test func nobodyIsAskedBeforeSomebodyLooks() async throws {
    try await DashboardOffice.open { office in
      for path in ["/icon.svg", "/thumbnail/kept", "/nothing"] { _ = try await office.get(path) }
      #expect(office.watch.questions.withLock { $0 } == 0)
      _ = try await office.get("/state")
      #expect(office.watch.questions.withLock { $0 } == 1)
    }
  }

  @Test func tooManyPagesAreToldSoAndAPlaceIsGivenBack() async throws {
    var limits = DashboardOffice.patient
    limits.streams = 2
    try await DashboardOffice.open(limits: limits) { office in
      var callers = [try await Self.listen(office), try await Self.listen(office)]
      for caller in callers { _ = try await Self.hear(caller, "event: state") }
      let third = try await office.get("/events")
      #expect(third.status == 503 && third["retry-after"] == "10")
      #expect(try await office.get("/state").status == 200)
      callers.removeLast()
      // Its end is noticed at the next look.
      _ = try await Self.begin(office)
    }
  }

  @Test func theEndOfTheDashboardEndsEveryStream() async throws {
    let (offices, sink) = AsyncStream.makeStream(of: DashboardOffice.self)
    let ready = Signal()
    try await withThrowingTaskGroup(of: [UInt8]?.self) { group in
      group.addTask {
        defer { sink.finish() }
        try await DashboardOffice.open { office in
          sink.yield(office)
          await ready.wait()
        }
        return []
      }
      for await office in offices {
        let callers = [try await Self.listen(office), try await Self.listen(office)]
        for caller in callers { _ = try await Self.hear(caller, "event: state") }
        // One that says nothing, and one whose request is not whole.
        let silent = try RawCaller(port: office.port)
        let half = try RawCaller(port: office.port)
        half.write("GET /st")
        for caller in callers + [silent, half] {
          group.addTask { try await RawCaller.onThread { caller.readToEnd() } }
        }
        ready.fire()
      }
      for try await end in group { #expect(end != nil, "the connection hangs") }
    }
  }

  /// A page that stops reading is closed after a while, and keeps nobody else from being told.
  @Test func aPageThatStopsReadingLosesItsConnection() async throws {
    var limits = DashboardOffice.patient
    (limits.writing, limits.streams) = (.seconds(2), 1)
    var state = DashboardState.empty
    // Far more than the system takes of what nobody reads.
    let size = 12 << 20
    state.version = String(repeating: "x", count: size)
    try await DashboardOffice.open(state, limits: limits) { office in
      let lazy = try await Self.begin(office)
      office.watch.state.withLock { $0 = .empty }
      // The only place is given back.
      _ = try await Self.begin(office)
      while try await office.get("/healthz").status != 200 {}
      let rest = try await RawCaller.onThread { lazy.readToEnd() }
      #expect(try #require(rest, "the connection hangs").count < size)
    }
  }

  @Test func endingWhileOthersConnectIsHarmless() async throws {
    for _ in 0..<20 {
      let (offices, sink) = AsyncStream.makeStream(of: DashboardOffice.self)
      try await withThrowingDiscardingTaskGroup { group in
        group.addTask {
          defer { sink.finish() }
          try await DashboardOffice.open { office in for _ in 0..<8 { sink.yield(office) } }
        }
        for await office in offices {
          group.addTask {
            // It may come too late to get a connection at all.
            guard let caller = try? RawCaller(port: office.port) else { return }
            let raw = try await RawCaller.onThread {
              caller.write(DashboardOffice.message("GET", "/events"))
              return caller.readToEnd()
            }
            #expect(raw != nil, "the connection hangs")
          }
        }
      }
    }
  }

  @Test func aTakenPortIsSaidSo() async throws {
    try await DashboardOffice.open { office in
      let second = try Dashboard(
        port: office.port, token: DashboardOffice.token, now: { DashboardState.noon }, state: { .empty },
        thumbnail: { _ in nil }, act: { _ in })
      let error = await #expect(throws: KeepError.self) { try await second.run() }
      #expect(error?.code == .usage && error?.reason.contains("taken") == true)
    }
  }
}
