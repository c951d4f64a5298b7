import Foundation
import KeepTestKit
import SystemPackage
import Testing

/// A `comfykeep watch` beside the test, which ends with the value.
final class WatchProcess {
  let socket: NotifySocket
  private let process: ChildProcess
  private let said: TemporaryFolder

  /// - Parameter arguments: All that stands behind `watch --json`.
  init(_ program: Program, _ arguments: [String], launcher: [String] = []) throws {
    socket = try NotifySocket()
    said = try TemporaryFolder()
    var program = program
    program.environment["NOTIFY_SOCKET"] = socket.path
    process = try program.start(
      ["watch", "--json"] + arguments, output: try said.write([], to: "output").string,
      errors: try said.write([], to: "errors").string, launcher: launcher)
  }

  deinit {
    process.signal(SIGKILL)
    _ = process.waitForEnd()
  }

  var identifier: pid_t { process.identifier }
  var isRunning: Bool { process.isRunning }

  /// What it said for people.
  var errors: String { String(decoding: (try? said.read("errors")) ?? [], as: UTF8.self) }

  /// The objects that it printed, of one type.
  func objects(_ type: String) throws -> [[String: Any]] {
    try said.read("output").split(separator: UInt8(ascii: "\n")).compactMap {
      (try? JSONSerialization.jsonObject(with: Data($0))) as? [String: Any]
    }.filter { $0["type"] as? String == type }
  }

  /// Waits until it says that it is ready.
  @discardableResult
  func ready() throws -> Self {
    try wait(for: "READY=1") { socket.count(of: "READY=1") > 0 }
    return self
  }

  /// Waits for something, as long as the process is there.
  func wait(
    for what: String, within limit: Duration = .seconds(90), every pause: Duration = .milliseconds(20),
    _ isThere: () throws -> Bool
  ) throws {
    try Patience.wait(for: "\(what): \(errors)", within: limit, every: pause) {
      if try isThere() { return true }
      try #require(isRunning, "the watch ended before \(what): \(errors)")
      return false
    }
  }

  func signal(_ number: Int32) { process.signal(number) }

  /// Kills it at once; whether it was alive until then.
  func kill() -> Bool {
    process.signal(SIGKILL)
    return process.waitForKill()
  }

  /// Asks it to end; its exit status.
  func stop(_ number: Int32 = SIGTERM) -> Int32 {
    process.signal(number)
    return process.waitForEnd()
  }

  /// Its exit status, once it has ended by itself.
  func end() -> Int32 { process.waitForEnd() }
}
