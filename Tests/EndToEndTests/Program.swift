import Foundation
import Synchronization
import SystemPackage

/// The built binary, run as a user would.
struct Program {
  /// What a finished program left.
  struct Result {
    let status: Int32
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

  /// A process that is not waited for.
  func start(_ arguments: [String], output: FileHandle, errors: FileHandle) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Self.path)
    process.arguments = arguments
    process.environment = Self.base.merging(environment) { _, given in given }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    return process
  }

  /// Runs to the end; output goes through files, so that no pipe can fill up.
  func run(_ arguments: String..., launcher: [String] = []) throws -> Result {
    try run(arguments, launcher: launcher)
  }

  /// Runs to the end.
  func run(_ arguments: [String], launcher: [String] = []) throws -> Result {
    let folder = URL(fileURLWithPath: NSTemporaryDirectory()).appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = ["out", "err"].map { folder.appendingPathComponent($0) }
    for file in files { _ = FileManager.default.createFile(atPath: file.path, contents: nil) }
    let process = Process()
    let words = launcher + [Self.path] + arguments
    process.executableURL = URL(fileURLWithPath: words[0])
    process.arguments = Array(words.dropFirst())
    process.environment = Self.base.merging(environment) { _, given in given }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: files[0])
    process.standardError = try FileHandle(forWritingTo: files[1])
    try process.run()
    process.waitUntilExit()
    return Result(
      status: process.terminationStatus,
      output: String(decoding: try Data(contentsOf: files[0]), as: UTF8.self),
      errors: String(decoding: try Data(contentsOf: files[1]), as: UTF8.self))
  }

  private static let base = ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent", "TERM": "dumb"]
}
