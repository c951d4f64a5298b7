import Foundation
import KeepHTTP
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

/// The real servers that `Tests/Servers/servers.py` starts: once for all suites, when the first one asks, and until
/// this process ends.
struct UploadServers: Sendable {
  /// Whether the environment says that there are to be none.
  static let areLeftOut = ProcessInfo.processInfo.environment["COMFYKEEP_SERVERS"] == "none"

  private static let started = Task.detached { try await start() }

  /// The running servers.
  static func running() async throws -> UploadServers { try await started.value }

  /// What the script said of a server: texts by name.
  typealias Facts = [String: String]

  let authority: FilePath
  let user: String
  let password: String
  let servers: [String: Facts]

  private static func start() async throws -> UploadServers {
    guard let script = ProcessInfo.processInfo.environment["COMFYKEEP_SERVERS"] else {
      throw ChildProcess.Failure(
        reason: "COMFYKEEP_SERVERS is not set: give the path of Tests/Servers/servers.py, or none")
    }
    return try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread { continuation.resume(with: Result { try launch(script) }) }
    }
  }

  /// Stays for as long as this process: the script stops when its standard input ends.
  private nonisolated(unsafe) static var process: ChildProcess?

  private static func launch(_ script: String) throws -> UploadServers {
    let child = try ChildProcess([script])
    process = child
    var line: [UInt8] = []
    while line.last != UInt8(ascii: "\n") { line += try child.read() }
    guard let object = try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any],
      let authority = object["ca"] as? String, let user = object["user"] as? String,
      let password = object["password"] as? String
    else { throw ChildProcess.Failure(reason: String(decoding: line, as: UTF8.self)) }
    let servers = object.compactMapValues { value in
      value as? Facts ?? (value as? String).map { ["url": $0] }
    }
    return UploadServers(
      authority: FilePath(authority), user: user, password: password, servers: servers)
  }

  /// A fact about a server.
  func callAsFunction(_ server: String, _ fact: String = "url") throws -> String {
    try #require(servers[server]?[fact], "\(server) has no \(fact)")
  }

  /// A transport that trusts the servers' authority.
  func transport() throws -> CurlTransport {
    var configuration = CurlTransport.Configuration(caFile: authority)
    configuration.proxies = .none
    return try CurlTransport(configuration)
  }

  /// A bucket of a server.
  func bucket(
    _ server: String, secret: String? = nil, bucket: String? = nil, accessKey: String? = nil,
    prefix: String = "", lifetime: Duration = .seconds(3600)
  ) throws -> S3Target {
    S3Target(
      endpoint: HTTPURL(try self(server, "endpoint")), bucket: try bucket ?? self(server, "bucket"),
      prefix: prefix, region: try self(server, "region"),
      accessKey: try accessKey ?? self(server, "access_key"),
      secretKey: Secret(try secret ?? self(server, "secret_key")), linkLifetime: lifetime)
  }

  /// The login of all WebDAV and PUT servers.
  var credentials: UploadCredentials { .basic(user: user, password: Secret(password)) }
}

extension Timestamp {
  /// The time now.
  static var now: Timestamp { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
}
