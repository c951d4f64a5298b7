public import KeepModel

extension Simulator {
  /// What lies behind an address, as far as it was read.
  public struct FetchedMedia: Sendable {
    /// The whole size in bytes.
    public var size: UInt64
    /// SHA-256 of all bytes.
    public var checksum: Checksum
    /// All bytes, or the first ones of a large file: enough to tell what it is, and not to copy it.
    public var start: [UInt8]

    /// What lies behind an address.
    public init(size: UInt64, checksum: Checksum, start: [UInt8]) {
      self.size = size
      self.checksum = checksum
      self.start = start
    }
  }
}

/// Fetches the addresses in a submission that are not the simulator's own, as the service does before a run; only
/// where it was told how.
struct ForeignMedia: Sendable {
  let store: SimulatorStore

  /// The media behind the addresses in a call, by address; those that gave nothing are left out.
  func media(in call: Call) async -> [String: InputMedia] {
    guard let fetch = store.configuration.fetch, call.method == "POST", call.path.last == "inference",
      let body = try? JSONDocument(parsing: call.body).value
    else { return [:] }
    let own = store.withState { $0.addresses.uploads } + "/"
    var found: [String: InputMedia] = [:]
    for address in Self.addresses(in: body)
    where !address.utf8.starts(with: own.utf8) && found[address] == nil {
      let media = await fetch(address)
      store.record(
        "fetch",
        [
          ("path", .string(String(address.prefix { $0 != "?" }))), ("found", .bool(media != nil)),
          ("bytes", media.map { .integer($0.size) } ?? .null),
          ("sha256", .optional(media?.checksum.hexadecimal)),
        ])
      if let media { found[address] = InputMedia(fetched: media) }
    }
    return found
  }

  /// Every http and https address that stands in an input of a node.
  private static func addresses(in body: JSONValue) -> [String] {
    let graphs = [body["overrides"], body["workflow_api_json"]].compactMap { $0?.object }
    return graphs.flatMap { graph in
      graph.members.flatMap { $0.value["inputs"]?.object?.members ?? [] }.compactMap(\.value.string)
    }.filter { $0.hasPrefix("https://") || $0.hasPrefix("http://") }
  }
}
