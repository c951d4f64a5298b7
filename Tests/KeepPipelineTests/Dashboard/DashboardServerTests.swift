import KeepModel
import KeepTestKit
import Synchronization
import Testing

@testable import KeepPipeline

/// The dashboard on its port.
@Suite struct DashboardServerTests {
  @Test func everyPathAnswers() async throws {
    try await DashboardOffice.open { office in
      let page = try await office.get("/")
      #expect(page.status == 200 && page["content-type"] == "text/html; charset=utf-8")
      #expect(page.body == DashboardPage(.busy).source)
      #expect(page["content-security-policy"] == DashboardPage.securityPolicy)
      let state = try await office.get("/state?x=1")
      #expect(state["content-type"] == "application/json")
      let json = try JSONDocument(parsing: Array(state.body.utf8)).value
      #expect(CanonicalJSON.compact(json) == CanonicalJSON.compact(DashboardState.busy.json))
      let metrics = try await office.get("/metrics")
      #expect(
        metrics["content-type"] == DashboardMetrics.type
          && metrics.body.contains("comfykeep_runs_total 5694\n"))
      let health = try await office.get("/healthz")
      #expect(health.status == 200 && health.body == "ok\n")
      #expect(try await office.get("/icon.svg")["content-type"] == "image/svg+xml")
      for answer in [page, state, metrics, health] {
        #expect(answer["cache-control"] == "no-store" && answer["x-content-type-options"] == "nosniff")
        #expect(answer["referrer-policy"] == "no-referrer" && answer["connection"] == "close")
        #expect(answer["content-security-policy"]?.contains("frame-ancestors 'none'") == true)
      }
    }
  }

  @Test func anIllWatchIsSaidSo() async throws {
    var state = DashboardState.busy
    state.heartbeat = state.now.advanced(by: .seconds(-90))
    try await DashboardOffice.open(state) { office in
      let health = try await office.get("/healthz")
      #expect(health.status == 503 && health.body.contains("has not gone round for 90 s"))
    }
  }

  @Test func aHeadHasNoBody() async throws {
    try await DashboardOffice.open { office in
      for path in ["/", "/state", "/metrics", "/healthz", "/thumbnail/kept", "/events", "/nothing"] {
        let head = try await office.send(DashboardOffice.message("HEAD", path))
        #expect(head.body.isEmpty, "\(path)")
        guard path != "/events" else { continue }
        let whole = try await office.get(path)
        #expect(head.status == whole.status && head["content-length"] == "\(whole.body.utf8.count)")
      }
    }
  }

  @Test func thumbnailsAreKeptByTheBrowser() async throws {
    try await DashboardOffice.open { office in
      let picture = try await office.get("/thumbnail/kept")
      #expect(
        picture.status == 200 && picture["content-type"] == "image/jpeg" && picture.body == "\u{1}\u{2}\u{3}")
      let tag = try #require(picture["etag"])
      #expect(picture["cache-control"] == "private, max-age=86400")
      let again = try await office.get("/thumbnail/kept", ["If-None-Match: W/\"x\", \(tag)"])
      #expect(again.status == 304 && again.body.isEmpty)
      #expect(try await office.get("/thumbnail/kept", ["If-None-Match: \"x\""]).status == 200)
      // What could hold a script is no picture here.
      for path in [
        "/thumbnail/drawn", "/thumbnail/none", "/thumbnail/", "/thumbnail/..", "/thumbnail/a%2Fb",
        "/thumbnail/kept/x",
      ] {
        #expect(try await office.get(path).status == 404, "\(path)")
      }
    }
  }

  @Test func otherPathsAndMethodsAreRefused() async throws {
    try await DashboardOffice.open { office in
      for path in ["/x", "//", "/state/", "/../state", "*", "/%2e"] {
        #expect(try await office.get(path).status == 404, "\(path)")
      }
      let post = try await office.send(DashboardOffice.message("POST", "/state"))
      #expect(post.status == 405 && post["allow"] == "GET, HEAD")
      for path in DashboardAction.paths {
        let get = try await office.get(path, DashboardOffice.permit)
        #expect(get.status == 405 && get["allow"] == "POST")
      }
      for method in ["PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"] {
        #expect(try await office.send(DashboardOffice.message(method, "/")).status == 405, "\(method)")
      }
    }
  }

  // MARK: Who may

  @Test func theTokenOpensAndNothingElse() async throws {
    try await DashboardOffice.open { office in
      let json = "Content-Type: application/json"
      let token = DashboardOffice.token.reveal()
      for lines in [[json], [json, "Authorization: Bearer wrong"], [json, "Cookie: token=\(token)"]] {
        let answer = try await office.post("/pause", "{}", lines)
        #expect(answer.status == 401 && answer["www-authenticate"] == "Bearer")
      }
      #expect(try await office.post("/pause?token=\(token)", "{}", [json]).status == 401)
      #expect(try await office.post("/pause", "{}", ["Authorization: Bearer \(token)"]).status == 415)
      #expect(try await office.post("/pause", String(repeating: " ", count: 5000)).status == 413)
      #expect(try await office.post("/pause", "[").status == 400)
      #expect(office.watch.actions.withLock { $0 }.isEmpty)

      #expect(try await office.post("/pause", #"{"reason":"lunch"}"#).body == #"{"done":true}"#)
      for (path, body) in [("/resume", ""), ("/retry", #"{"arrival":7}"#), ("/retry", #"{"all":true}"#)] {
        #expect(try await office.post(path, body).status == 200)
      }
      #expect(
        office.watch.actions.withLock { $0 } == [
          .pause(reason: "lunch"), .resume, .retry(arrival: 7), .retryAll,
        ])
    }
  }

  @Test func whatTheWatchRefusesIsSaid() async throws {
    try await DashboardOffice.open { office in
      office.watch.refusal.withLock {
        $0 = KeepError(.usage, .none, "no such file is parked\n", hint: "load the page again")
      }
      let answer = try await office.post("/retry", #"{"arrival":7}"#)
      #expect(answer.status == 409 && answer.body == "no such file is parked\u{240A}; load the page again\n")
    }
  }

  @Test func aNameThatWasMadeToLeadHereIsRefused() async throws {
    try await DashboardOffice.open { office in
      for path in ["/", "/state", "/events", "/metrics", "/thumbnail/kept"] {
        let answer = try await office.get(path, host: "evil.example:\(office.port)")
        #expect(answer.status == 421 && !answer.body.contains("drop"), "\(path)")
      }
      let post = DashboardOffice.message(
        "POST", "/pause", DashboardOffice.permit, host: "evil.example", body: "{}")
      #expect(try await office.send(post).status == 421)
      #expect(try await office.get("/", host: nil).status == 421)
      #expect(try await office.get("/", ["Host: evil.example"]).status != 200)
      #expect(try await office.get("/", ["Origin: http://evil.example"]).status == 403)
      #expect(try await office.get("/", ["Origin: http://127.0.0.1"]).status == 200)
      #expect(try await office.post("/pause", "{}", DashboardOffice.permit + ["Origin: null"]).status == 403)
      #expect(office.watch.actions.withLock { $0 }.isEmpty)
    }
  }

  /// Whatever comes, the connection ends, nothing is done, and the next one is answered.
  @Test(arguments: RawAbuse.all)
  func abuseEndsItsOwnConnectionAlone(_ abuse: RawAbuse) async throws {
    var limits = DashboardOffice.patient
    limits.reading = .seconds(1)
    try await DashboardOffice.open(limits: limits) { office in
      let bytes = abuse.bytes("/pause")
      let raw = try await RawCaller.exchange(port: office.port, bytes, endsWriting: abuse.endsWriting)
      #expect(raw != nil, "the connection hangs")
      #expect(office.watch.actions.withLock { $0 }.isEmpty)
      var limit = 50
      while try await office.get("/healthz").status != 200, limit > 0 { limit -= 1 }
      #expect(limit > 0)
    }
  }
}
