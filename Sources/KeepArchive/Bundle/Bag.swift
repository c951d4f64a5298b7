internal import KeepModel

/// The tag files of a BagIt 1.0 bag (RFC 8493) around a payload.
struct Bag: Sendable {
  /// One file of the payload.
  struct File: Sendable, Equatable {
    /// Relative to `data/`.
    var path: String
    var size: UInt64
    var checksum: Checksum
  }

  /// A `urn:uuid:…` of the run.
  let identifier: String
  /// By bytes of the path.
  let payload: [File]

  /// The address of profile 1.0, this project's own: an identifier without a host that could lapse.
  static let profileIdentifier = "urn:uuid:2375481c-8508-42c1-83cc-18683e52ff1f"

  init(identifier: String, payload: [File]) {
    self.identifier = identifier
    self.payload = payload.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }

  /// The four tag files in byte order of their names.
  var tagFiles: [(name: String, bytes: [UInt8])] {
    let listed: [(name: String, bytes: [UInt8])] = [
      ("bag-info.txt", Array(info.utf8)), ("bagit.txt", Array(Self.declaration.utf8)),
      ("manifest-sha256.txt", Array(manifest.utf8)),
    ]
    let tags = listed.map { "\(Checksum(of: $0.bytes))  \($0.name)\n" }.joined()
    return listed + [("tagmanifest-sha256.txt", Array(tags.utf8))]
  }

  private static let declaration = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"

  private var info: String {
    """
    BagIt-Profile-Identifier: \(Self.profileIdentifier)
    External-Description: One archived ComfyUI API run
    External-Identifier: \(identifier)
    Payload-Oxum: \(payload.reduce(0) { $0 + $1.size }).\(payload.count)
    Run-Bundle-Profile: \(Manifest.profile)

    """
  }

  private var manifest: String {
    payload.map { "\($0.checksum)  data/\($0.path)\n" }.joined()
  }
}

/// How a run is named in its bundle.
struct RunName: Sendable, Equatable {
  /// `run-<request id>`: the top directory, and the file's name before its extension.
  let stem: String
  /// `urn:uuid:…`.
  let identifier: String

  /// The namespace of identifiers for runs whose id is no UUID.
  private static let namespace: UInt128 = 0x608938db_dea2_4556_8e83_a2f82263e55c

  init(_ run: Manifest.Run) {
    let id = run.request.rawValue
    stem = "run-" + (Self.isPortable(id) ? id : PayloadName.slug(id))
    let uuid =
      NamedUUID.normalized(id)
      ?? NamedUUID.version5(
        namespace: Self.namespace,
        name: "\(Manifest.service)/\(run.deployment)/\(id)")
    identifier = "urn:uuid:\(uuid)"
  }

  /// The file's name without extension; a partial bundle never has the name of a complete one.
  func file(isComplete: Bool) -> String { stem + (isComplete ? "" : ".partial") }

  /// Letters, digits, `-` and `_`, as long as a UUID at most.
  private static func isPortable(_ id: String) -> Bool {
    (1...36).contains(id.utf8.count)
      && id.utf8.allSatisfy { byte in
        switch byte | 0x20 {
        case UInt8(ascii: "a")...UInt8(ascii: "z"): true
        default:
          (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
        }
      }
  }
}
