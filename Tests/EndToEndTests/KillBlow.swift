import Foundation
import Glibc
import KeepTestKit
import SystemPackage
import Testing

/// When a command is struck down.
enum KillBlow: CustomStringConvertible {
  /// At the K-th passing of a crash point, by itself.
  case point(String, passing: Int)
  /// At the K-th call of some system calls on one thread, as a debugger does it.
  case call(String, number: Int)
  /// So long after something was seen so often in the service's log, at whatever it does then.
  case moment(KillMoment, times: Int, delay: UInt32)

  static func random(_ moment: KillMoment, _ random: inout SplitMix) -> Self {
    .moment(
      moment, times: moment == .launch ? 0 : .random(in: 1...3, using: &random),
      delay: .random(in: 0..<(moment == .launch ? 250_000 : 30_000), using: &random))
  }

  /// The calls that change something on disk, and those that send.
  static let calls = [
    "fsync,fdatasync,rename,link,unlink,mkdir,pwrite64,ftruncate", "sendto,sendmsg,write,writev",
  ]

  /// An earlier one of its kind, for a command that ended before this one came.
  var earlier: Self {
    switch self {
    case .point(let name, let passing): .point(name, passing: max(1, passing / 2))
    case .call(let names, let number): .call(names, number: max(1, number / 2))
    case .moment(let moment, let times, let delay):
      .moment(moment, times: min(times, max(1, times / 2)), delay: delay / 2)
    }
  }

  var description: String {
    switch self {
    case .point(let name, let passing): "\(name):\(passing)"
    case .call(let names, let number): "call \(number) of \(names)"
    case .moment(let moment, let times, let delay): "\(moment) \(times) + \(delay) µs"
    }
  }

  /// Starts a job's command and strikes it down; whether it was alive until then.
  ///
  /// - Parameter freezing: Called at the instant of the blow, once the process can do nothing more.
  func strike(
    _ service: Service, _ job: KillJob, environment: [String: String] = [:],
    freezing: (() throws -> Void)? = nil
  ) throws -> Bool {
    var program = try job.program(service)
    program.environment.merge(environment) { $1 }
    let arguments = try job.arguments(service, concurrency: 2)
    if isRefusing { try service.setFaults("throttle-submit") }
    defer { if isRefusing { try? service.setFaults() } }
    switch self {
    case .point(let name, let passing):
      program.environment["COMFYKEEP_CRASH_POINT"] = "\(name):\(passing)"
      // Only what a killed process left is cleared away, and the last one of a job may have ended by itself.
      if name == "leftoversCleaned" { try job.leaveMark() }
      return try end(of: try program.start(arguments, output: job.words), freezing)
    case .call(let names, let number):
      let launcher = Strace.killing(at: number, of: names)
      return try end(of: try program.start(arguments, output: job.words, launcher: launcher), freezing)
    case .moment(let moment, let times, let delay):
      var log = try LogTail(service.folder("log.jsonl"))
      let process = try program.start(arguments, output: job.words)
      let deadline = ContinuousClock.now + .seconds(60)
      while log.count(of: moment) < times, process.isRunning, ContinuousClock.now < deadline {
        usleep(3_000)
        try log.read()
      }
      if process.isRunning { usleep(delay) }
      if let freezing {
        process.signal(SIGSTOP)
        try freezing()
      }
      process.signal(SIGKILL)
      // An end by itself has an exit status.
      return process.waitForKill()
    }
  }

  /// Waits for a process that is to die by itself; whether it did.
  private func end(of process: ChildProcess, _ freezing: (() throws -> Void)?) throws -> Bool {
    let deadline = ContinuousClock.now + .seconds(120)
    while process.isRunning, ContinuousClock.now < deadline { usleep(1_000) }
    try #require(!process.isRunning, "\(self): it does not end")
    guard process.waitForKill() else { return false }
    try freezing?()
    return true
  }

  private var isRefusing: Bool {
    switch self {
    case .call: false
    case .point(let name, _): name == "submitReleased"
    case .moment(let moment, _, _): moment == .refusedSubmit
    }
  }

  /// What the service's log grows by.
  private struct LogTail {
    private let file: FileHandle
    private var lines: [Substring] = []

    init(_ path: FilePath) throws {
      file = try #require(FileHandle(forReadingAtPath: path.string))
      try file.seekToEnd()
    }

    /// Takes what was written since; the service writes whole lines.
    mutating func read() throws {
      let text = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
      lines += text.split(separator: "\n")
    }

    func count(of moment: KillMoment) -> Int { lines.count { moment.isSeen(in: $0) } }
  }
}
