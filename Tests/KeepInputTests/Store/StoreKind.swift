import KeepModel
import KeepTestKit
import KeepTransport
import SystemPackage
import Testing

@testable import KeepInput

/// Every store that the contract is checked on: each kind of target on each server that speaks it.
enum StoreKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case seaweedFS, radosgw, juiceFS, rcloneS3
  case nginxPut, apachePut
  case nginxDAV, apacheDAV, rcloneDAV
  case command

  var testDescription: String { rawValue }

  static let s3: [StoreKind] = [.seaweedFS, .radosgw, .juiceFS, .rcloneS3]
  static let webDAV: [StoreKind] = [.nginxDAV, .apacheDAV, .rcloneDAV]
  static let put: [StoreKind] = [.nginxPut, .apachePut]
  /// Those that can be asked what they hold.
  static let lookable = s3 + put + webDAV

  /// The server's name in ``UploadServers``.
  var server: String {
    switch self {
    case .seaweedFS: "seaweedfs"
    case .radosgw: "radosgw"
    case .juiceFS: "juicefs"
    case .rcloneS3: "rclone_s3"
    case .nginxPut, .nginxDAV, .command: "nginx"
    case .apachePut, .apacheDAV: "apache"
    case .rcloneDAV: "rclone_webdav"
    }
  }

  /// The target, whose names begin with a folder and may hold the stem.
  func target(
    _ servers: UploadServers, folder: String = "", withStem: Bool = false, wrongSecret: Bool = false
  ) throws -> UploadTarget {
    let name = "\(folder)\(withStem ? "{stem}-" : "")"
    let login = UploadCredentials.basic(
      user: servers.user, password: Secret(wrongSecret ? "not/the+password" : servers.password))
    switch self {
    case .seaweedFS, .radosgw, .juiceFS, .rcloneS3:
      let prefix = withStem ? "\(folder){stem}" : folder
      return .s3(try servers.bucket(server, secret: wrongSecret ? "not/the+secret" : nil, prefix: prefix))
    case .nginxPut, .apachePut:
      return .put(
        PutTarget(template: "\(try servers(server))/put/\(name){sha256}.{ext}", credentials: login))
    case .nginxDAV, .apacheDAV:
      return .webDAV(
        WebDAVTarget(template: "\(try servers(server))/dav/\(name){sha256}.{ext}", credentials: login))
    case .rcloneDAV:
      let file = "\(name){sha256}.{ext}"
      return .webDAV(
        WebDAVTarget(
          template: "\(try servers(server))/\(file)",
          publicTemplate: "\(try servers("nginx"))/rclone/\(file)",
          credentials: login))
    case .command:
      let program = """
        import os, shutil, sys, urllib.parse
        name = sys.argv[2]
        shutil.copyfile(sys.argv[1], os.path.join(sys.argv[3], name))
        print("uploading", name)
        print(sys.argv[4] + urllib.parse.quote(name))
        """
      return .command(
        CommandTarget(arguments: [
          "python3", "-c", program, "{path}", "\(withStem ? "{stem}-" : ""){sha256}.{ext}",
          "\(try servers(server, "root"))/put", "\(try servers(server))/put/",
        ]))
    }
  }

  /// The store, over the servers' own transport or another.
  func store(
    _ servers: UploadServers, over transport: (any Transport)? = nil, policy: RetryPolicy = RetryPolicy(),
    folder: String = "", withStem: Bool = false, wrongSecret: Bool = false
  ) throws -> any ObjectStore {
    try target(servers, folder: folder, withStem: withStem, wrongSecret: wrongSecret)
      .store(
        over: transport ?? servers.transport(), policy: policy, clock: ManualClock(), now: { .now },
        allowsLocal: true)
  }
}

/// A file with bytes of its own, and the asset that it is.
struct SampleAsset {
  private let folder: TemporaryFolder
  let bytes: [UInt8]
  let asset: Asset

  /// Random bytes that begin like a PNG.
  init(_ count: Int = 5000, named name: String = "cat.png") throws {
    let source = try FileDescriptor.open("/dev/urandom", .readOnly)
    var bytes = [UInt8](repeating: 0, count: count)
    try source.closeAfter {
      var filled = 0
      while filled < count {
        filled += try bytes[filled...].withUnsafeMutableBytes { try source.read(into: $0) }
      }
    }
    bytes.replaceSubrange(..<8, with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    try self.init(bytes, named: name)
  }

  /// These bytes.
  init(_ bytes: [UInt8], named name: String = "cat.png") throws {
    self.folder = try TemporaryFolder()
    self.bytes = bytes
    self.asset = Asset(
      path: try folder.write(bytes, to: name), size: ByteCount(UInt64(bytes.count)),
      checksum: Checksum(of: bytes), mediaType: "image/png")
  }

  /// Writes other bytes into the file.
  func change(_ bytes: [UInt8]) throws { try folder.write(bytes, to: asset.filename) }
}
