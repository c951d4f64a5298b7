import Foundation
import KeepTestKit
import SystemPackage

/// The built binary, run as a user would.
struct Program {
  /// What a finished program left.
  struct Result {
    let status: Int32
    /// Whether SIGKILL ended it.
    let wasKilled: Bool
    let output: String
    let errors: String

    /// The objects of `--json`, by line.
    var objects: [[String: Any]] {
      output.split(separator: "\n").compactMap {
        (try? JSONSerialization.jsonObject(with: Data($0.utf8))) as? [String: Any]
      }
    }

    /// The outcomes among the objects.
    var outcomes: [[String: Any]] { objects.filter { $0["type"] as? String == "outcome" } }

    /// The words of the outcomes, sorted.
    var words: [String] { outcomes.compactMap { $0["outcome"] as? String }.sorted() }

    /// The paths of the bundles.
    var bundles: [String] { outcomes.compactMap { $0["bundle"] as? String } }
  }

  /// The folder of the built products, where the test bundle lies too.
  static let products: URL = {
    if let named = ProcessInfo.processInfo.environment["COMFYKEEP_BINARY"] {
      return URL(fileURLWithPath: named).deletingLastPathComponent()
    }
    return URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
      .deletingLastPathComponent()
  }()

  static var path: String { products.appendingPathComponent("comfykeep").path }

  var environment: [String: String] = [:]

  /// A process that is not waited for; both streams go to one file unless errors have one of their own.
  func start(
    _ arguments: [String], output: String = "/dev/null", errors: String? = nil, launcher: [String] = []
  ) throws -> ChildProcess {
    try ChildProcess(
      launcher + [Self.path] + arguments, environment: Self.base.merging(environment) { _, given in given },
      streams: .files(output: output, errors: errors ?? output))
  }

  /// Runs to the end; output goes through files, so that no pipe can fill up.
  func run(_ arguments: String..., launcher: [String] = []) throws -> Result {
    try run(arguments, launcher: launcher)
  }

  /// Runs to the end.
  func run(_ arguments: [String], launcher: [String] = []) throws -> Result {
    let folder = try TemporaryFolder()
    let output = try folder.write([], to: "out")
    let errors = try folder.write([], to: "err")
    let process = try ChildProcess(
      launcher + [Self.path] + arguments,
      environment: Self.base.merging(environment) { _, given in given },
      streams: .files(output: output.string, errors: errors.string))
    let status = process.waitForEnd()
    return Result(
      status: status, wasKilled: process.waitForKill(),
      output: String(decoding: try folder.read("out"), as: UTF8.self),
      errors: String(decoding: try folder.read("err"), as: UTF8.self))
  }

  private static let base = ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/dev/null", "TERM": "dumb"]
}
