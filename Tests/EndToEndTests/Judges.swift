import Foundation
import KeepTestKit
import SystemPackage
import Testing

/// Third-party tools that judge bundles; `Tests/run.sh` installs them and names the script.
enum Judges {
  static let script = ProcessInfo.processInfo.environment["COMFYKEEP_VALIDATORS"]

  /// Puts bundles before `unzip`, `7z`, `sha256sum`, bagit, bdbag and roc-validator.
  ///
  /// The script objects where one of them is missing. Without it only `unzip` judges, so that `swift test`
  /// alone works too.
  static func judge(_ bundles: [String]) throws {
    try #require(!bundles.isEmpty)
    guard let script else {
      for bundle in bundles { #expect(try run("/usr/bin/unzip", ["-tq", bundle]).status == 0) }
      return
    }
    let verdict = try run(script, bundles)
    #expect(verdict.status == 0, "\(verdict.output)")
  }

  /// A text entry of a bundle, by its path below the top directory.
  static func text(of entry: String, in bundle: String) throws -> String {
    let top = URL(fileURLWithPath: bundle).deletingPathExtension().lastPathComponent
    let read = try run("/usr/bin/unzip", ["-p", bundle, "\(top)/\(entry)"])
    try #require(read.status == 0, "\(read.output)")
    return read.output
  }

  static func run(
    _ tool: String, _ arguments: [String]
  ) throws -> (status: Int32, output: String) {
    let (status, text) = try ChildProcess.run([tool] + arguments)
    return (status, String(decoding: text, as: UTF8.self))
  }
}
