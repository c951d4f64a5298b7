import Foundation
import KeepTestKit
import SystemPackage
import Testing

/// What can come in place of a status or a result: it passes, and the run is kept, in bounded memory.
@Suite struct PollFaultTests {
  /// One hostile answer.
  struct Hostile: Sendable, CustomTestStringConvertible {
    let name: String
    let spoiling: Relay.Spoiling
    var testDescription: String { name }
    init(_ name: String, _ spoiling: Relay.Spoiling) {
      self.name = name
      self.spoiling = spoiling
    }

    init(_ name: String, json: String) { self.init(name, .json("200 OK", json)) }

    init(_ name: String, bytes: [UInt8]) {
      self.init(
        name,
        .instead(
          Array("HTTP/1.1 200 OK\r\nContent-Length: \(bytes.count)\r\nConnection: close\r\n\r\n".utf8) + bytes
        ))
    }
  }

  static let hostile: [Hostile] = [
    Hostile("404 once", .json("404 Not Found", #"{"error_code":404001,"message":"not found"}"#)),
    Hostile("500", .json("500 Internal Server Error", "")),
    Hostile("503 with Retry-After 0", .json("503 Service Unavailable", "", headers: ["Retry-After: 0"])),
    Hostile("nested 100,000 deep", json: String(repeating: #"{"a":["#, count: 50_000)),
    Hostile(
      "60,000 keys", json: "{" + (0..<60_000).map { "\"k\($0)\":\($0)" }.joined(separator: ",") + "}"),
    Hostile("1e400", json: #"{"queue_position":1e400}"#), Hostile("NaN", json: #"{"queue_position":NaN}"#),
    Hostile("bad UTF-8", bytes: Array(#"{"status":""#.utf8) + [0xC3, 0x28, 0xFF] + Array(#""}"#.utf8)),
    Hostile("a lone surrogate", json: #"{"status_text":"\ud800"}"#),
    Hostile("empty", json: ""), Hostile("null", json: "null"), Hostile("HTML", json: "<html>"),
    Hostile("other types", json: #"{"status":{"x":1},"outputs":7}"#),
    Hostile("300 kB of headers", .answer("200 OK", headers: [String](repeating: header, count: 300))),
    Hostile("reset", .resetAfterBody(passedOn: false)), Hostile("closed", .instead([])),
    Hostile("cut", .cut(9)), Hostile("no HTTP", .instead(Array("220 mail.example ESMTP\r\n".utf8))),
  ]

  private static let header = "X-Filler: " + String(repeating: "x", count: 1000)

  private func run(
    _ relay: Relay, _ archive: TemporaryFolder, wait: String?
  ) throws -> (result: Program.Result, peak: Int) {
    let photos = try SamplePhotos.folder(1)
    var program = relay.program
    program.environment["COMFYKEEP_ANSWER_WAIT"] = wait
    return try program.measured(
      [
        "run", photos.path.string, "--deployment", Service.Deployment.image, "--archive", archive.path.string,
        "--json", "--poll-interval", "20ms",
      ])
  }

  @Test(arguments: hostile, ["/status", "/result"])
  func whatPassesIsAskedAgain(_ hostile: Hostile, of call: String) throws {
    try expectKept(hostile, of: call)
  }

  /// A result may be larger than a status.
  @Test func aMillionKeysAreNoResult() throws {
    let keys = (0..<1_000_000).map { "\"k\($0)\":0" }.joined(separator: ",")
    try expectKept(Hostile("1,000,000 keys", json: "{\(keys)}"), of: "/result")
  }

  /// Twice the call is spoiled, then it is not; `wait` is how long a server may be silent.
  private func expectKept(_ hostile: Hostile, of call: String, wait: String? = nil) throws {
    let service = try Service()
    let relay = try Relay(to: service) { line, number in
      line.contains("\(call) ") && number < 2 ? hostile.spoiling : nil
    }
    defer { relay.stop() }
    let archive = try TemporaryFolder()
    let (run, peak) = try run(relay, archive, wait: wait)
    #expect(run.words == ["archived"], "\(run.output)\(run.errors)")
    #expect(run.status == 0, "\(run.errors)")
    #expect(relay.count(call) > 2)
    #expect(try service.submissions().count == 1)
    #expect(peak < 400_000, "\(peak) KiB")
  }

  static let slow: [Hostile] = [
    Hostile("silence", .silence), Hostile("a stall after the head", .stall(Array(head.utf8))),
    Hostile("a head that drips", .drip(Array(head.utf8))),
    Hostile("a stall in the body", .stall(Array((head + #"{"status":"#).utf8))),
  ]

  private static let head = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"

  @Test(arguments: slow, ["/status", "/result"])
  func whatDoesNotMoveIsGivenUpAndAskedAgain(_ hostile: Hostile, of call: String) throws {
    try expectKept(hostile, of: call, wait: "3s")
  }

  @Test(arguments: [UInt8(ascii: " "), UInt8(ascii: "a")]) func aStatusWithoutEndIsCut(_ byte: UInt8) throws {
    let piece = [UInt8](repeating: byte, count: 65_536)
    try expectKept(Hostile("endless", .endless(piece)), of: "/status")
  }

  /// A compressed answer was not asked for: it is not unpacked, so that it cannot burst.
  @Test(arguments: ["/status", "/result"]) func aBombIsNoAnswer(_ call: String) throws {
    let folder = try TemporaryFolder()
    let script = """
      import gzip, sys
      open(sys.argv[1], "wb").write(gzip.compress(b'{"status":"' + b" " * 200_000_000 + b'"}', 6))
      """
    let made = try Judges.run("/usr/bin/python3", ["-c", script, folder("bomb").string])
    try #require(made.status == 0, "\(made.output)")
    let bomb = try folder.read("bomb")
    let head =
      "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(bomb.count)\r\nConnection: close\r\n\r\n"
    try expectKept(Hostile("bomb", .instead(Array(head.utf8) + bomb)), of: call)
  }

  // MARK: Words for people

  private static let red = "\u{1B}[31mred\u{7}\u{9B}2J\u{202E}"

  @Test func aStatusNobodyKnowsIsShownHarmless() throws {
    let service = try Service("--fault", "status-word=\(Self.red)@2")
    let (photos, archive) = (try SamplePhotos.folder(1), try TemporaryFolder())
    let run = try service.program.run(
      "run", photos.path.string, "--deployment", Service.Deployment.image, "--archive", archive.path.string,
      "--poll-interval", "20ms")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.contains("[31mred"), "\(run.errors)")
    expectHarmless(run)
  }

  @Test func whyARunFailedIsHarmlessOnATerminalAndExactInJSON() throws {
    let service = try Service("--fault", "run-fails=\(Self.red)")
    let (photos, archive) = (try SamplePhotos.folder(1), try TemporaryFolder())
    let arguments = [
      "run", photos.path.string, "--deployment", Service.Deployment.image, "--archive", archive.path.string,
      "--poll-interval", "20ms",
    ]
    let plain = try service.program.run(arguments)
    #expect(plain.status == 20, "\(plain.errors)")
    #expect((plain.errors + plain.output).contains("[31mred"))
    expectHarmless(plain)
    expectHarmless(try Program().run("list", "--archive", archive.path.string))
    let json = try service.program.run(arguments + ["--json", "--retry-failed"])
    let error = try #require(json.outcomes.first?["error"] as? [String: Any])
    #expect((error["reason"] as? String)?.contains(Self.red) == true, "\(json.output)")
  }

  private func expectHarmless(_ run: Program.Result) {
    for scalar in (run.output + run.errors).unicodeScalars {
      let isControl = scalar.value < 0x20 && scalar != "\n" || (0x7F...0x9F).contains(scalar.value)
      #expect(!isControl && scalar.value != 0x202E, "\(run.output)\(run.errors)")
    }
  }
}
