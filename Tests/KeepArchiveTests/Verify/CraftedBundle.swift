import KeepModel
import KeepTestKit
import SystemPackage

@testable import KeepArchive

/// A small good bundle, made by hand from the profile's text and apart from the writer, to be broken.
struct CraftedBundle {
  static let id = "7a1050ce-49b4-48b0-905c-21914817ae56"
  static let top = "run-\(id)"

  /// Payload by path below `data/`, without manifest and crate.
  var files: [String: [UInt8]]
  var manifest: JSONValue
  var crate: JSONValue
  /// Bytes instead of the canonical ones.
  var manifestBytes: [UInt8]?
  var crateBytes: [UInt8]?
  var declaration = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
  var oxum: String?
  var profile = "1.0"
  var identifier = "urn:uuid:\(id)"
  /// Changes the checksum list before the tag list is made.
  var editChecksums: (String) -> String = { $0 }
  var editInfo: (String) -> String = { $0 }
  var editTags: (String) -> String = { $0 }

  /// All payload, by path below `data/`.
  var payload: [String: [UInt8]] {
    var all = files
    all["manifest.json"] = manifestBytes ?? CanonicalJSON.indented(manifest)
    all["ro-crate-metadata.json"] = crateBytes ?? CanonicalJSON.indented(crate)
    return all
  }

  /// The ZIP, canonical until somebody turns its knobs.
  var zip: CraftedZIP {
    let payload = payload.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    let octets = payload.reduce(0) { $0 + $1.value.count }
    let checksums = editChecksums(
      payload.map { "\(Checksum(of: $0.value))  data/\($0.key)\n" }.joined())
    let info = editInfo(
      """
      BagIt-Profile-Identifier: urn:uuid:2375481c-8508-42c1-83cc-18683e52ff1f
      External-Description: One archived ComfyUI API run
      External-Identifier: \(identifier)
      Payload-Oxum: \(oxum ?? "\(octets).\(payload.count)")
      Run-Bundle-Profile: \(profile)

      """)
    let listed = [
      ("bag-info.txt", info), ("bagit.txt", declaration), ("manifest-sha256.txt", checksums),
    ]
    let tags = editTags(
      listed.map { "\(Checksum(of: Array($0.1.utf8)))  \($0.0)\n" }.joined())
    let entries =
      (listed + [("tagmanifest-sha256.txt", tags)]).map { ($0.0, Array($0.1.utf8)) }
      + payload.map { ("data/\($0.key)", $0.value) }
    return CraftedZIP(items: entries.map { CraftedZIP.Item("\(Self.top)/\($0.0)", $0.1) })
  }

  /// Changes a payload file and everything that describes it, so that only contradictions are left.
  mutating func replace(_ path: String, with bytes: [UInt8]) {
    files[path] = bytes
    restate(path)
  }

  /// Gives a file its size and checksum again in the manifest.
  mutating func restate(_ path: String) {
    let bytes = files[path] ?? []
    manifest.edit { value in
      guard value["path"] == .string(path), value["size"] != nil else { return }
      value.set("size", .integer(bytes.count))
      value.set("sha256", .string(Checksum(of: bytes).hexadecimal))
    }
  }

  /// Makes readme, page and crate again from the manifest and the documents.
  mutating func derive() throws {
    files[Readme.path] = Array(Readme.text.utf8)
    var contents = RunContents(manifest: try Manifest(json: manifest))
    contents.request = try files["run/request.json"].map { try JSONDocument(parsing: $0).value }
    contents.workflow = try files["run/workflow_api.json"].map {
      try Workflow(document: JSONDocument(parsing: $0).value)
    }
    if let text = files[Self.text] { contents.texts[Self.text] = TextExcerpt(text) }
    files[Preview.path] = Preview(contents: contents).bytes
    let kept = payload.filter { $0.key != Crate.path }
      .sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      .map { Bag.File(path: $0.key, size: UInt64($0.value.count), checksum: Checksum(of: $0.value)) }
    crate = Crate(contents, name: RunName(contents.manifest.run), files: kept).json
  }

  /// Verifies the bundle under its right name.
  func verify() throws -> VerificationReport { try Self.verify(zip.bytes) }

  static func verify(_ bytes: [UInt8], named name: String? = nil) throws -> VerificationReport {
    let folder = try TemporaryFolder()
    return BundleVerifier().verify(try folder.write(bytes, to: name ?? "\(top).zip"))
  }
}

extension JSONValue {
  /// Sets or removes a member of an object.
  mutating func set(_ key: String, _ value: JSONValue?) {
    guard var object else { return }
    object[key] = value
    self = .object(object)
  }

  /// Changes what stands at a path of keys, positions and ids.
  mutating func change(_ place: [String], _ body: (inout JSONValue) -> Void) {
    guard let first = place.first else { return body(&self) }
    let rest = Array(place.dropFirst())
    if var items = array,
      let index = Int(first) ?? items.firstIndex(where: { $0["@id"] == .string(first) })
    {
      items[index].change(rest, body)
      self = .array(items)
    } else if var object {
      var value = object[first] ?? .null
      value.change(rest, body)
      object[first] = value
      self = .object(object)
    }
  }

  /// Visits every object in it.
  mutating func edit(_ body: (inout JSONValue) -> Void) {
    switch self {
    case .array(let items):
      self = .array(
        items.map { item in
          var item = item
          item.edit(body)
          return item
        })
    case .object(let object):
      self = .object(
        JSONObject(
          object.members.map { member in
            var value = member.value
            value.edit(body)
            return JSONObject.Member(key: member.key, value: value)
          }))
      body(&self)
    default: break
    }
  }

  /// Takes an entity out of a graph.
  mutating func remove(id: String) {
    self = .array((array ?? []).filter { $0["@id"] != .string(id) })
  }

  /// Takes an item out of an array.
  mutating func remove(at index: Int) {
    guard var items = array else { return }
    items.remove(at: index)
    self = .array(items)
  }

  /// Puts an item at the end of an array.
  mutating func append(_ item: JSONValue) {
    self = .array((array ?? []) + [item])
  }
}
