internal import KeepModel

/// What a node gave, its files named and stored.
struct NamedProduct: Sendable {
  enum Item: Sendable {
    /// A file: where it lies on the second origin, and its entry without the address.
    case file(path: String, entry: [JSONObject.Member])
    case value(JSONValue)
  }

  let node: String
  var channels: [(name: String, items: [Item])]

  /// The channels as the result gives them; `address` signs a path anew each time.
  func document(address: (String) -> String) -> JSONValue {
    let members = channels.map { channel in
      let items = channel.items.map { item -> JSONValue in
        switch item {
        case .value(let value): value
        case .file(let path, let entry):
          .object(JSONObject([.init(key: "url", value: .string(address(path)))] + entry))
        }
      }
      return JSONObject.Member(key: channel.name, value: .array(items))
    }
    return .object(JSONObject(members))
  }

  /// The same with every file listed twice, and once more under `files`.
  var duplicated: NamedProduct {
    var copy = self
    copy.channels = channels.map { channel in
      (
        channel.name,
        channel.items.flatMap { item in
          if case .file = item { [item, item] } else { [item] }
        }
      )
    }
    let files = channels.flatMap(\.items).filter { if case .file = $0 { true } else { false } }
    if !files.isEmpty { copy.channels.append(("files", files)) }
    return copy
  }
}

/// A file that the second origin serves.
struct StoredFile: Sendable {
  var bytes: [UInt8]
  var mediaType: MediaType
  /// The run that it belongs to; none for uploads.
  var run: String?
  /// What makes its bytes as they are sent, in place of those above.
  var synthetic: SyntheticFile?

  /// How many bytes it has.
  var size: Int { synthetic?.size ?? bytes.count }

  /// A strong validator that follows from the bytes.
  var entityTag: String {
    if let synthetic { return "\"\(synthetic.seed)-\(synthetic.size)\"" }
    return "\"\(Checksum(of: bytes).hexadecimal.prefix(32))\""
  }
}

/// Names output files as ComfyUI does: the deployment's counter behind the prefix.
struct OutputNaming {
  /// The next number for each deployment, folder and stem.
  private var counters: [String: Int] = [:]

  /// Names one file; gives its path on the second origin and its entry in the result.
  mutating func name(
    _ file: ProducedFile, channel: String, run: String, deployment: DeploymentID
  ) -> (path: String, entry: [JSONObject.Member]) {
    let key = "\(deployment) \(file.type) \(file.prefix)"
    let number = (counters[key] ?? 0) + 1
    counters[key] = number
    let digits = String(repeating: "0", count: max(0, 5 - String(number).count)) + String(number)
    let parts = file.prefix.split(separator: "/")
    let stem = "\(parts.last ?? "ComfyUI")_\(digits)"
    let name = stem + (channel == "gifs" ? "" : "_") + "." + file.fileExtension
    let folder = parts.dropLast().joined(separator: "/")
    let place = folder.isEmpty ? name : "\(folder)/\(name)"
    let entry: [JSONObject.Member] = [
      .init(key: "filename", value: .string(file.shownName ?? name)),
      .init(key: "subfolder", value: .string(folder)),
      .init(key: "type", value: .string(file.type)),
    ]
    let film: [JSONObject.Member] =
      channel == "gifs"
      ? [
        .init(key: "workflow", value: .string("\(stem).png")),
        .init(key: "fullpath", value: .string("/comfyui/\(file.type)/\(place)")),
      ] : []
    return ("/deployment_requests/\(run)/\(file.type)/\(place)", entry + file.extra + film)
  }
}
