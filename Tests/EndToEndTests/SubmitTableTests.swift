import Foundation
import KeepTestKit
import SystemPackage
import Testing

/// The table of the submit protocol, row by row, with the built command: how often it asks, what the service runs,
/// what the ledger says afterwards, the exit status, and what the same command does once the trouble is over.
@Suite struct SubmitTableTests {
  /// What the same command does afterwards.
  enum Again { case submits, staysInDoubt, keeps }

  /// A row: what happens to the submit, and what must come of it.
  struct Row: Sendable, CustomTestStringConvertible {
    let name: String
    let spoiling: Relay.Spoiling
    /// How often the command submits.
    let tries: Int
    /// How many runs the service took.
    let runs: Int
    /// The outcome and the exit status.
    let word: String
    let status: Int32
    /// The state in the ledger.
    let state: String
    let again: Again
    let saying: String
    /// Whether the body has to be larger than what the sockets take in.
    var isLarge = false
    /// Whether the trouble passes with the first try.
    var passes = false
    var testDescription: String { name }
  }

  /// Certain, and worth trying again: nothing was taken.
  private static func notTaken(
    _ name: String, _ spoiling: Relay.Spoiling, isLarge: Bool = false
  ) -> Row {
    Row(
      name: name, spoiling: spoiling, tries: 5, runs: 0, word: "unfinished", status: 69, state: "claimed",
      again: .submits, saying: "", isLarge: isLarge)
  }

  /// Tried again by itself, and taken then.
  private static func taken(_ name: String, retryAfter: [String]) -> Row {
    Row(
      name: name, spoiling: .answer("429 Too Many Requests", headers: retryAfter), tries: 2, runs: 1,
      word: "archived", status: 0, state: "archived", again: .keeps, saying: "", passes: true)
  }

  /// Certain, and for good.
  private static func refused(
    _ status: String, _ exit: Int32, _ saying: String, headers: [String] = [], body: String = "",
    isEarly: Bool = false
  ) -> Row {
    Row(
      name: "\(status) \(body)\(isEarly ? " before the body was read" : "")",
      spoiling: .answer(status, headers: headers, body: body, isEarly: isEarly), tries: 1, runs: 0,
      word: "rejected", status: exit, state: "rejected", again: .submits, saying: saying, isLarge: isEarly)
  }

  /// Nobody knows.
  private static func doubt(
    _ name: String, _ spoiling: Relay.Spoiling, runs: Int, _ saying: String = "", isLarge: Bool = false
  ) -> Row {
    Row(
      name: name, spoiling: spoiling, tries: 1, runs: runs, word: "in_doubt", status: 41, state: "in_doubt",
      again: .staysInDoubt, saying: saying, isLarge: isLarge)
  }

  /// The request's id came.
  private static func accepted(_ name: String, _ spoiling: Relay.Spoiling) -> Row {
    Row(
      name: name, spoiling: spoiling, tries: 1, runs: 1, word: "archived", status: 0, state: "archived",
      again: .keeps, saying: "")
  }

  private static func bytes(_ body: String, status: String = "200 OK", length: Int? = nil) -> [UInt8] {
    Array(
      "HTTP/1.1 \(status)\r\nContent-Length: \(length ?? body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
        .utf8)
  }

  static let rows: [Row] = [
    // The body never left whole.
    notTaken("reset before the body", .reset(afterBytes: 0), isLarge: true),
    notTaken("reset while the body is sent", .reset(afterBytes: 1_000_000), isLarge: true),
    // It did.
    doubt("reset after the body", .resetAfterBody(passedOn: false), runs: 0, "broke"),
    doubt("reset after the body, which was passed on", .resetAfterBody(passedOn: true), runs: 1, "broke"),
    doubt("no answer in time", .silence, runs: 0, "no answer came"),
    doubt("closed without an answer", .instead([]), runs: 1, "closed without an answer"),
    doubt("no HTTP", .instead(Array("SSH-2.0-OpenSSH_9.2\r\n".utf8)), runs: 1, "no answer came"),
    // Slow down.
    taken("429 with Retry-After 1", retryAfter: ["Retry-After: 1"]),
    taken("429 with Retry-After 0", retryAfter: ["Retry-After: 0"]),
    taken("429 with Retry-After -5", retryAfter: ["Retry-After: -5"]),
    taken("429 with Retry-After 1e9", retryAfter: ["Retry-After: 1e9"]),
    taken("429 with Retry-After junk", retryAfter: ["Retry-After: soon\u{1}"]),
    taken(
      "429 with a date",
      retryAfter: [
        "Date: Sun, 06 Nov 1994 08:49:37 GMT", "Retry-After: Sun, 06 Nov 1994 08:49:38 GMT",
      ]),
    notTaken("429 for ever", .answer("429 Too Many Requests")),
    notTaken("425", .answer("425 Too Early")),
    // Refusals, after the body and before it.
    refused("400 Bad Request", 10, "HTTP 400", body: #"{"detail":"bad"}"#),
    refused("401 Unauthorized", 77, "refused the token"),
    refused("402 Payment Required", 1, "out of credit"),
    refused("403 Forbidden", 77, "refused the token"),
    refused("403 Forbidden", 1, "belongs to another account", body: #"{"error_code":403003}"#),
    refused("404 Not Found", 1, "HTTP 404"), refused("405 Method Not Allowed", 1, "HTTP 405"),
    refused("413 Content Too Large", 10, "too large"), refused("422 Unprocessable Content", 10, "HTTP 422"),
    refused("200 OK", 1, "out of credit", body: #"{"error_code":10001}"#),
    refused("200 OK", 1, "is disabled", body: #"{"error_code":10002}"#),
    refused("200 OK", 1, "has been deleted", body: #"{"error_code":"10003"}"#),
    refused("200 OK", 77, "refused the token", body: #"{"error_code":401001}"#),
    refused("200 OK", 10, "HTTP 200", body: #"{"error_code":422001,"detail":[]}"#),
    refused("500 Internal Server Error", 1, "another account", body: #"{"error_code":403003}"#),
    refused("401 Unauthorized", 77, "refused the token", isEarly: true),
    refused("413 Content Too Large", 10, "too large", isEarly: true),
    refused("417 Expectation Failed", 1, "HTTP 417", isEarly: true),
    // What a gateway says need not be what the service did.
    doubt("408", .answer("408 Request Timeout"), runs: 0), doubt("499", .answer("499 Closed"), runs: 0),
    doubt("500", .instead(bytes("", status: "500 Internal Server Error")), runs: 1, "HTTP 500"),
    doubt(
      "502", .instead(bytes("<html>", status: "502 Bad Gateway")), runs: 1, "without a request id: <html>"),
    doubt("503", .instead(bytes("", status: "503 Service Unavailable")), runs: 1),
    doubt("504", .instead(bytes("", status: "504 Gateway Timeout")), runs: 1),
    doubt(
      "503 before the body was read", .answer("503 Service Unavailable", isEarly: true), runs: 0, "HTTP 503",
      isLarge: true),
    doubt("204", .instead(bytes("", status: "204 No Content")), runs: 1, "without a request id"),
    doubt("303", .answer("303 See Other", headers: ["Location: /elsewhere"]), runs: 0, "HTTP 303"),
    // Garbage.
    doubt("HTML", .instead(bytes("<html>Just a moment</html>")), runs: 1, "Just a moment"),
    doubt("empty", .instead(bytes("")), runs: 1, "with an empty body"),
    doubt("no id", .instead(bytes(#"{"message":"accepted"}"#)), runs: 1, "without a request id"),
    doubt("an unsafe id", .instead(bytes(#"{"request_id":"../../x"}"#)), runs: 1, "without a request id"),
    doubt(
      "an id and an error", .instead(bytes(#"{"request_id":"r","error_code":10001}"#)), runs: 1,
      "request id r"),
    doubt("an unknown error", .instead(bytes(#"{"error_code":20999}"#)), runs: 1, "20999"),
    // An answer that is cut.
    doubt("cut before the body", .cut(0), runs: 1, "cut off"),
    doubt("cut within the id", .cut(30), runs: 1, "cut off"),
    doubt(
      "cut behind another id", .instead(bytes(#"{"meta":{"request_id":"trace-1"},"req"#, length: 200)),
      runs: 1,
      "cut off"),
    accepted("cut behind the id", .cut(60)),
  ]

  /// Redirects, none of which is followed.
  static let redirects = [
    "301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect",
  ]

  @Test(arguments: rows) func eachRowIsWhatTheTableSays(_ row: Row) throws {
    let service = try Service()
    let relay = try Relay(to: service) { line, number in
      line.contains("/inference") && (number == 0 || !row.passes) ? row.spoiling : nil
    }
    defer { relay.stop() }
    try expect(row, service, relay)
  }

  @Test(arguments: redirects) func aRedirectIsCertainAndNotFollowed(_ status: String) throws {
    let elsewhere = try RawServer { _ in }
    defer { elsewhere.stop() }
    let row = Self.refused(
      status, 69, "redirects", headers: ["Location: http://127.0.0.1:\(elsewhere.port)/inference"])
    try eachRowIsWhatTheTableSays(row)
    #expect(elsewhere.connectionCount == 0)
  }

  private func expect(_ row: Row, _ service: Service, _ relay: Relay) throws {
    let photos = try row.isLarge ? SamplePhotos.large() : SamplePhotos.folder(1)
    let archive = try TemporaryFolder()
    let arguments = [
      "run", photos.path.string, "--deployment", Service.Deployment.image, "--archive", archive.path.string,
      "--json", "--poll-interval", "20ms",
    ]
    var program = relay.program
    if case .silence = row.spoiling { program.environment["COMFYKEEP_ANSWER_WAIT"] = "1s" }
    let run = try program.run(arguments)
    #expect(run.words == [row.word], "\(run.output)\(run.errors)")
    #expect(run.status == row.status, "\(run.errors)")
    #expect(run.output.contains(row.saying) || row.saying.isEmpty, "\(run.output)")
    #expect(relay.count("/inference") == row.tries)
    #expect(try service.submissions().count == row.runs)
    #expect(try archive.states == [row.state])
    let doubtful = try Program().run(
      "list", "--state", "in_doubt", "--json", "--archive", archive.path.string)
    #expect(doubtful.objects.count == (row.state == "in_doubt" ? 1 : 0), "\(doubtful.output)")

    relay.heal()
    let again = try relay.program.run(arguments)
    let total = try service.submissions().count
    switch row.again {
    case .submits:
      #expect(again.words == ["archived"], "\(again.errors)")
      #expect(total == 1)
    case .staysInDoubt:
      #expect(again.words == ["in_doubt"])
      #expect(again.status == 41)
      #expect(again.output.contains("comfykeep resolve"), "\(again.output)")
      #expect(total == row.runs)
      #expect(relay.count("/inference") == row.tries, "nothing was sent")
    case .keeps:
      #expect(again.words == ["archived"], "\(again.errors)")
      #expect(again.outcomes.first?["kept_already"] as? Bool == true)
      #expect(total == 1)
    }
  }
}
