import KeepModel

// An entry as the cache keeps it. `init?(json:)` and `json` are each other's inverse.
extension CatalogEntry {
  var json: JSONValue {
    [
      "address": .string(address), "size": .integer(size), "request": .string(request),
      "deployment": .string(deployment), "state": .string(state.rawValue), "status": .string(status),
      "created": .optional(createdAt?.description), "finished": .optional(finishedAt?.description),
      "prompts": .array(prompts.map { .string($0) }), "seeds": .array(seeds.map { .string($0) }),
      "error": .string(error),
      "counts": .array([listed, archived, missing, omitted, inputs].map { .integer($0) }),
      "outputs": .array(outputs.map(\.json)), "input": input?.json ?? .null,
    ]
  }

  init?(json: JSONValue) {
    let counts = (json["counts"]?.array ?? []).compactMap { $0.number?.unsigned }.compactMap {
      Int(exactly: $0)
    }
    guard let address = json["address"]?.string, let size = json["size"]?.number?.unsigned,
      let request = json["request"]?.string, let deployment = json["deployment"]?.string,
      let state = json["state"]?.string.flatMap(State.init(rawValue:)), let status = json["status"]?.string,
      let prompts = json["prompts"]?.strings, let seeds = json["seeds"]?.strings,
      let error = json["error"]?.string, counts.count == 5, let tiles = json["outputs"]?.array,
      let input = json["input"]
    else { return nil }
    self.init(
      address: address, size: size, request: request, deployment: deployment, state: state, status: status)
    self.createdAt = json["created"]?.string.flatMap(Timestamp.init(parsing:))
    self.finishedAt = json["finished"]?.string.flatMap(Timestamp.init(parsing:))
    self.prompts = prompts
    self.seeds = seeds
    self.error = error
    (listed, archived, missing, omitted, inputs) = (counts[0], counts[1], counts[2], counts[3], counts[4])
    self.outputs = tiles.compactMap(Tile.init(json:))
    self.input = Tile(json: input)
    guard outputs.count == tiles.count, input.isNull || self.input != nil else { return nil }
  }
}

extension CatalogEntry.Tile {
  fileprivate var json: JSONValue {
    [
      "kind": .string(kind.rawValue), "badge": .string(badge), "name": .string(name),
      "thumbnail": .optional(thumbnail), "bytes": .integer(thumbnailSize), "excerpt": .optional(excerpt),
      "absence": .optional(absence),
    ]
  }

  fileprivate init?(json: JSONValue) {
    guard let kind = json["kind"]?.string.flatMap(MediaKind.init(rawValue:)),
      let badge = json["badge"]?.string,
      let name = json["name"]?.string, let bytes = json["bytes"]?.number?.unsigned
    else { return nil }
    self.init(
      kind: kind, badge: badge, name: name, thumbnail: json["thumbnail"]?.string, thumbnailSize: bytes,
      excerpt: json["excerpt"]?.string, absence: json["absence"]?.string)
  }
}

extension JSONValue {
  /// The texts of an array of texts, else `nil`.
  fileprivate var strings: [String]? {
    guard let items = array else { return nil }
    let texts = items.compactMap(\.string)
    return texts.count == items.count ? texts : nil
  }
}
