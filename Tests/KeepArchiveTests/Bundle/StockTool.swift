import Foundation
import KeepTestKit
import SystemPackage
import Testing

/// A program of the system that reads bundles. `Tests/run.sh` installs all of them and sets
/// `COMFYKEEP_VALIDATORS`: there a missing one is a failure, elsewhere it is left out.
struct StockTool {
  /// How a program ended and what it said.
  struct Outcome {
    var status: Int32
    var text: String
  }

  let path: String

  /// Looks a program up on `PATH`; `nil` where it is not installed.
  init?(_ name: String, environment: [String: String] = ProcessInfo.processInfo.environment) {
    let folders = (environment["PATH"] ?? "").split(separator: ":")
    guard
      let path = folders.map({ "\($0)/\(name)" }).first(where: FileManager.default.isExecutableFile)
    else {
      if environment["COMFYKEEP_VALIDATORS"] != nil { Issue.record("\(name) is not installed") }
      return nil
    }
    self.path = path
  }

  /// Runs the program to its end.
  func run(_ arguments: [String], in folder: FilePath? = nil) throws -> Outcome {
    let (status, text) = try ChildProcess.run([path] + arguments, in: folder?.string ?? ".")
    return Outcome(status: status, text: String(decoding: text, as: UTF8.self))
  }
}
