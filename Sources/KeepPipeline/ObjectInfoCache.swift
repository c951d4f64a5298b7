import KeepFiles
import KeepModel
public import SystemPackage

/// Keeps what `object_info` says of a workflow's nodes, so that a second plan need not fetch many megabytes again.
///
/// One file for each deployment, readable by the owner alone. It holds only the classes that occur in the workflow,
/// and is good for one version of the deployment and one workflow: a file that is damaged, of another version, or
/// not ours is passed over and replaced. Nothing depends on it, so a folder that cannot be written is no failure.
public struct ObjectInfoCache: Sendable {
  /// Where the files lie; `nil` for no cache.
  let folder: FilePath?

  /// Files in a folder, which is made when there is something to keep; `nil` for no cache.
  public init(folder: FilePath?) { self.folder = folder }

  /// No cache.
  public static let none = ObjectInfoCache(folder: nil)

  /// The folder that the XDG Base Directory Specification gives a program: `$XDG_CACHE_HOME/comfykeep`, or
  /// `~/.cache/comfykeep` where the variable is not set or, as the specification asks, not absolute.
  public static func standardFolder(cacheHome: FilePath?, home: FilePath?) -> FilePath? {
    if let cacheHome, cacheHome.isAbsolute { return cacheHome.appending("comfykeep") }
    guard let home, home.isAbsolute else { return nil }
    return home.appending(".cache").appending("comfykeep")
  }

  /// What a kept schema is good for.
  struct Key {
    /// The service, the deployment, and what tells its versions apart.
    let members: JSONValue
    private let name: String

    /// `nil` where the service names no version, so that nothing would tell when the schema changes. A query is left
    /// out of the address: it may be a signature that differs each time, and is nobody's business.
    init?(_ deployment: Deployment, at service: HTTPURL, workflow: Workflow) {
      guard let version = deployment.workflowVersion, let url = deployment.objectInfoURL else { return nil }
      let place: JSONValue = [
        "origin": .string(service.origin.description), "deployment": .string(deployment.id.rawValue),
      ]
      self.name = Checksum(of: CanonicalJSON.compact(place)).hexadecimal
      self.members = [
        "service": place, "workflow_version": .string(version), "url": .string(url.withoutQuery.description),
        "updated_at": .optional(deployment.updatedAt), "workflow": .string(workflow.checksum.hexadecimal),
      ]
    }

    var fileName: String { "object_info-\(name.prefix(32)).json" }
  }

  private static let type = JSONValue.string("comfykeep.object_info")

  /// What was kept; `nil` where there is nothing that is whole and of this version.
  func schema(for key: Key) -> JSONValue? {
    guard let folder,
      let bytes = try? FileReader.bytes(of: folder.appending(key.fileName), limit: .mebibytes(64)),
      // Leniently, since Python writes `Infinity` where there is no limit.
      let document = try? JSONDocument(parsing: bytes, options: .lenient).value,
      document["type"] == Self.type, document["version"] == 1,
      document["key"].map({ CanonicalJSON.compact($0) }) == CanonicalJSON.compact(key.members),
      let schema = document["object_info"], schema.object != nil,
      document["sha256"] == Self.checksum(of: schema)
    else { return nil }
    return schema
  }

  /// Keeps a schema in place of what was kept before. What fails is left out: the schema is fetched again then.
  func keep(_ schema: JSONValue, for key: Key) {
    guard let folder else { return }
    let document: JSONValue = [
      "type": Self.type, "version": 1, "key": key.members, "sha256": Self.checksum(of: schema),
      "object_info": schema,
    ]
    do throws(KeepError) {
      try Folder.make(folder, isPrivate: true)
      try FileReplacement.write(
        CanonicalJSON.compact(document) + [0x0A], to: folder.appending(key.fileName),
        permissions: .ownerReadWrite)
    } catch {
      // A disk that is full, or a home that cannot be written, only costs another fetch.
      return
    }
  }

  private static func checksum(of schema: JSONValue) -> JSONValue {
    .string(Checksum(of: CanonicalJSON.compact(schema)).hexadecimal)
  }
}
