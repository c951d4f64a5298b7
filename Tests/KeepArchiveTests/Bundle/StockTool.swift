import Foundation
import SystemPackage

/// A program of the system that reads bundles, run where it is installed.
struct StockTool {
  /// How a program ended and what it said.
  struct Outcome {
    var status: Int32
    var text: String
  }

  let path: String

  /// Looks a program up on `PATH`; `nil` where it is not installed.
  init?(_ name: String) {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    guard
      let path = folders.map({ "\($0)/\(name)" }).first(where: FileManager.default.isExecutableFile)
    else { return nil }
    self.path = path
  }

  /// Runs the program to its end.
  func run(_ arguments: [String], in folder: FilePath? = nil) throws -> Outcome {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder.string) }
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Outcome(
      status: process.terminationStatus, text: String(decoding: bytes, as: UTF8.self))
  }
}
