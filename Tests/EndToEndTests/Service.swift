import Foundation
import KeepTestKit
import SystemPackage
import Testing

/// A simulator of the service in a process of its own, on free ports, gone with the value.
final class Service {
  /// The deployments that the simulator offers by itself.
  enum Deployment {
    static let image = "00000000-0000-4000-8000-000000000001"
    static let video = "00000000-0000-4000-8000-000000000002"
    static let several = "00000000-0000-4000-8000-000000000003"
  }

  static let token = "tok-5f2c77e1-never-to-be-seen"

  let folder: TemporaryFolder
  let api: String
  private let process: ChildProcess

  convenience init(_ options: String...) throws { try self.init(options) }

  init(_ options: [String]) throws {
    folder = try TemporaryFolder()
    let ready = folder("ready.json").string
    try folder.write([], to: "out")
    process = try Program(environment: ["RUNCOMFY_API_TOKEN": Self.token]).start(
      [
        "simulate", "--port", "0", "--output-port", "0", "--ready-file", ready, "--log",
        folder("log.jsonl").string, "--queue", "20ms", "--cold-start", "20ms", "--run-time", "30ms",
      ] + options, output: folder("out").string)
    let deadline = Date().addingTimeInterval(60)
    while !FileManager.default.fileExists(atPath: ready) {
      try #require(process.isRunning && Date() < deadline, "the simulator did not start")
      usleep(20_000)
    }
    let addresses = try JSONSerialization.jsonObject(
      with: Data(contentsOf: URL(fileURLWithPath: ready)))
    api = try #require((addresses as? [String: Any])?["api"] as? String)
  }

  deinit {
    process.signal(SIGTERM)
    _ = process.waitForEnd()
  }

  /// The command with this service's address and token in its environment.
  var program: Program {
    Program(environment: ["RUNCOMFY_API_URL": api, "RUNCOMFY_API_TOKEN": Self.token])
  }

  /// Moves the simulator's clock ahead.
  func advance(seconds: Int) throws {
    try control("clock", #"{"advance_seconds": \#(seconds)}"#)
  }

  /// Switches off all faults, then these on.
  func setFaults(_ faults: String...) throws {
    let list = faults.map { "\"\($0)\"" }.joined(separator: ", ")
    try control("faults", #"{"clear": true, "arm": [\#(list)]}"#)
  }

  func control(_ name: String, _ body: String) throws {
    let answer = try Judges.run(
      "/usr/bin/env",
      ["curl", "-sS", "--fail", "--noproxy", "*", "-o", "/dev/null", "-d", body, "\(api)/simulator/\(name)"])
    try #require(answer.status == 0, "\(answer.output)")
  }

  /// The lines of the simulator's log.
  func log() throws -> [[String: Any]] {
    let text = String(decoding: try folder.read("log.jsonl"), as: UTF8.self)
    return text.split(separator: "\n").compactMap {
      (try? JSONSerialization.jsonObject(with: Data($0.utf8))) as? [String: Any]
    }
  }

  /// What the simulator accepted, by the checksum of the first media input.
  func submissions() throws -> [[String: Any]] {
    try log().filter { $0["event"] as? String == "submission" }
  }
}
