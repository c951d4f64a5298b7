import Foundation
import KeepTestKit
import Testing

/// An S3 server on the loopback, with TLS by an authority of its own; it stops with this process.
final class StoreServer {
  // Made once, when the first test asks, and only read after.
  private nonisolated(unsafe) static let started = Result { try StoreServer("seaweedfs") }

  /// Whether there is to be one; `none` says that there is not.
  static let isWanted = ProcessInfo.processInfo.environment["COMFYKEEP_SERVERS"] != "none"

  /// The one server of all tests; each keeps to a prefix of its own.
  static func shared() throws -> StoreServer { try started.get() }

  let authority: String
  private let facts: [String: String]
  // Its standard input ends with the value, and the server with that.
  private let process: ChildProcess

  private init(_ name: String) throws {
    let script = try #require(
      ProcessInfo.processInfo.environment["COMFYKEEP_SERVERS"],
      "COMFYKEEP_SERVERS is not set: give the path of Tests/Servers/servers.py")
    process = try ChildProcess([script, name])
    var line: [UInt8] = []
    while line.last != UInt8(ascii: "\n") {
      let piece = try process.read()
      try #require(!piece.isEmpty, "the upload server did not start")
      line += piece
    }
    let object = try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
    authority = try #require(object["ca"] as? String, "\(object)")
    facts = try #require(object[name] as? [String: String])
  }

  /// The options of an upload to it.
  func options(prefix: String) throws -> [String] {
    [
      "--upload", "s3://\(try fact("bucket"))/\(prefix)", "--upload-endpoint", try fact("endpoint"),
      "--upload-region", try fact("region"), "--ca-file", authority,
    ]
  }

  /// The options of an archive in it.
  func archiveOptions(prefix: String) throws -> [String] {
    [
      "--archive", "s3://\(try bucket)/\(prefix)", "--archive-endpoint", try endpoint, "--archive-region",
      try fact("region"), "--ca-file", authority,
    ]
  }

  var bucket: String { get throws { try fact("bucket") } }
  var endpoint: String { get throws { try fact("endpoint") } }

  /// Runs another client, which knows the server as `keep:`; its exit status.
  func rclone(_ arguments: String...) throws -> Int32 {
    let program = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../.build/servers/bin/rclone").standardized.path
    let process = try ChildProcess(
      [program] + arguments,
      environment: [
        "PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "RCLONE_CONFIG": "/nonexistent/rclone.conf",
        "RCLONE_CONFIG_KEEP_TYPE": "s3", "RCLONE_CONFIG_KEEP_PROVIDER": "Other",
        "RCLONE_CONFIG_KEEP_ENDPOINT": try endpoint, "RCLONE_CONFIG_KEEP_REGION": try fact("region"),
        "RCLONE_CONFIG_KEEP_ACCESS_KEY_ID": try fact("access_key"),
        "RCLONE_CONFIG_KEEP_SECRET_ACCESS_KEY": try fact("secret_key"), "RCLONE_CA_CERT": authority,
      ], streams: .files(output: "/dev/null", errors: "/dev/null"))
    return process.waitForEnd()
  }

  /// The keys, as the environment holds them.
  func environment() throws -> [String: String] {
    ["AWS_ACCESS_KEY_ID": try fact("access_key"), "AWS_SECRET_ACCESS_KEY": try fact("secret_key")]
  }

  private func fact(_ name: String) throws -> String {
    try #require(facts[name], "the server has no \(name)")
  }
}
