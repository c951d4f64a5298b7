package import KeepModel
internal import SystemPackage

/// Overrides as the ledger stores them: JSON by node and input, assets by checksum.
package enum SubmissionCoding {
  /// The stored form. Assets stand in the `asset` table; here only how they travel.
  package static func encode(_ overrides: Overrides) -> [UInt8] {
    var entries: [JSONValue] = []
    for (input, value) in overrides.sorted {
      var entry = JSONObject()
      entry["node"] = .string(input.node.rawValue)
      entry["input"] = .string(input.name.rawValue)
      switch value {
      case .json(let json): entry["value"] = json
      case .randomSeed(let seed, let draw):
        entry["randomSeed"] = .integer(seed)
        if draw != 1 { entry["draw"] = .integer(draw) }
      case .asset(.inline(let asset)): entry["inline"] = .string(asset.checksum.hexadecimal)
      case .asset(.upload(let asset)): entry["upload"] = .string(asset.checksum.hexadecimal)
      case .asset(.hosted(let url, let asset)):
        entry["url"] = .string(url.description)
        entry["asset"] = .optional(asset?.checksum.hexadecimal)
      }
      entries.append(.object(entry))
    }
    return CanonicalJSON.compact(.array(entries))
  }

  /// Reads the stored form; `nil` if it is damaged.
  package static func decode(_ bytes: [UInt8], assets: [NodeInput: Asset]) -> Overrides? {
    guard let entries = try? JSONDocument(parsing: bytes).value.array else { return nil }
    var overrides = Overrides()
    for entry in entries {
      guard let node = entry["node"]?.string, let name = entry["input"]?.string else { return nil }
      let input = NodeInput(node: NodeID(node), name: InputName(name))
      guard let value = value(entry, asset: assets[input]) else { return nil }
      overrides[input] = value
    }
    return overrides
  }

  private static func value(_ entry: JSONValue, asset: Asset?) -> OverrideValue? {
    if let json = entry["value"] { return .json(json) }
    if let seed = entry["randomSeed"]?.number?.unsigned {
      return .randomSeed(seed, draw: entry["draw"]?.number?.signed.map { Int($0) } ?? 1)
    }
    if let url = entry["url"]?.string.flatMap(HTTPURL.init) { return .asset(.hosted(url, asset)) }
    if entry["upload"] != nil { return asset.map { .asset(.upload($0)) } }
    return entry["inline"] == nil ? nil : asset.map { .asset(.inline($0)) }
  }
}
