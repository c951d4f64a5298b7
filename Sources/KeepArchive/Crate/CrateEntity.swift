internal import KeepModel

/// One entity of the crate's graph.
struct CrateEntity: Sendable {
  let id: String
  private(set) var object: JSONObject

  init(_ id: String, _ types: String...) {
    self.id = id
    let values = types.map(JSONValue.string)
    object = JSONObject([
      JSONObject.Member(key: "@id", value: .string(id)),
      JSONObject.Member(key: "@type", value: values.count == 1 ? values[0] : .array(values)),
    ])
  }

  /// A file under its own name; where somebody else knows it by another, that one too.
  init(file: Bag.File, named foreign: String) {
    self.init(file.path, "File")
    set("name", file.name)
    let known = file.path.hasPrefix("run/") || !file.path.utf8.contains(UInt8(ascii: "/"))
    if !known, !foreign.utf8.elementsEqual(file.name.utf8) { set("alternateName", foreign) }
    set("contentSize", String(file.size))
  }

  /// Sets a text; nothing for `nil` or an empty one.
  mutating func set(_ key: String, _ value: String?) {
    guard let value, !value.isEmpty else { return }
    object[key] = .string(value)
  }

  /// Links to entities: one as itself, several as a list, none not at all.
  mutating func link(_ key: String, _ ids: [String]) {
    let links: [JSONValue] = ids.map { ["@id": .string($0)] }
    guard let first = links.first else { return }
    object[key] = links.count == 1 ? first : .array(links)
  }
}

extension Bag.File {
  /// The last component of the path.
  var name: String { path.split(separator: "/").last.map(String.init) ?? path }
}

/// A profile that crates conform to.
struct CrateProfile: Sendable {
  let address: String
  let name: String
  let version: String

  static let process = CrateProfile(
    address: "https://w3id.org/ro/wfrun/process/0.5", name: "Process Run Crate", version: "0.5")
  static let workflow = CrateProfile(
    address: "https://w3id.org/ro/wfrun/workflow/0.5", name: "Workflow Run Crate", version: "0.5")
  static let workflowCrate = CrateProfile(
    address: "https://w3id.org/workflowhub/workflow-ro-crate/1.0", name: "Workflow RO-Crate",
    version: "1.0")

  var entity: CrateEntity {
    var entity = CrateEntity(address, "CreativeWork")
    entity.set("name", name)
    entity.set("version", version)
    return entity
  }
}

/// A node's input or output as part of an id: slugs joined by `/`, so that no two places share one.
struct CratePlace: Sendable {
  let path: String
  let name: String

  init(_ parameter: Parameter) { self.init(parameter.node, parameter.name.rawValue) }
  init(_ input: Manifest.Input) { self.init(input.node, input.input.rawValue) }
  init(_ output: Manifest.Output) { self.init(output.node, output.key.rawValue) }

  private init(_ node: NodeID, _ name: String) {
    path = "\(PayloadName.slug(node.rawValue))/\(PayloadName.slug(name))"
    self.name = "\(node).\(name)"
  }

  /// The word of schema.org for what a value is.
  static func type(of value: JSONValue) -> String {
    switch value {
    case .bool: "Boolean"
    case .number(let number): number.unsigned != nil || number.signed != nil ? "Integer" : "Float"
    default: "Text"
    }
  }
}

/// The documents that every bundle has, in words.
enum CrateDocument {
  static func mediaType(of path: String) -> String {
    switch path {
    case Readme.path: "text/markdown"
    case Preview.path: "text/html"
    default: path.hasSuffix(".json") ? "application/json" : "application/octet-stream"
    }
  }

  static func description(of path: String) -> String {
    switch path {
    case Readme.path: "How to read and how to check this bundle"
    case Preview.path: "The run as a page for people"
    case "manifest.json": "What every file is, with its size and checksum"
    case "run/request.json": "What was asked of the service, without credentials"
    case "run/result.json", "run/result.raw": "What the service answered"
    default: "A document of the run"
    }
  }
}

extension Sequence {
  /// Neighbours and others of the same key together, in the order in which the keys first come.
  func grouped(by key: (Element) -> String) -> [(key: String, items: [Element])] {
    var places: [String: Int] = [:]
    var groups: [(key: String, items: [Element])] = []
    for element in self {
      let key = key(element)
      if let place = places[key] {
        groups[place].items.append(element)
      } else {
        places[key] = groups.count
        groups.append((key: key, items: [element]))
      }
    }
    return groups
  }
}
