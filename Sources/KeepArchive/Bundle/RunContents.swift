internal import KeepModel

/// What the crate and the page for people are derived from: the manifest and the archived documents, nothing
/// else, so that both are as reproducible as those.
struct RunContents: Sendable {
  var manifest: Manifest
  /// `run/request.json` as archived.
  var request: JSONValue?
  /// `run/workflow_api.json`, where it is archived and can be read.
  var workflow: Workflow?
  /// The beginnings of archived texts, by their path.
  var texts: [String: TextExcerpt] = [:]

  /// The values that were set over the workflow, by node, then name.
  var overrides: [Parameter] {
    (request?["overrides"]?.object?.sortedMembers ?? []).flatMap { member in
      (member.value["inputs"]?.object?.sortedMembers ?? []).map { input in
        Parameter(
          node: NodeID(member.key), name: InputName(input.key), value: input.value,
          title: title(of: NodeID(member.key)), nodeClass: workflow?[NodeID(member.key)]?.classType)
      }
    }
  }

  /// The overrides whose value is not one of the archived inputs.
  var values: [Parameter] {
    let files = Set(manifest.inputs.map { NodeInput(node: $0.node, name: $0.input) })
    return overrides.filter { !files.contains(NodeInput(node: $0.node, name: $0.name)) }
  }

  /// Prompts and seeds that the archived workflow holds itself, by node, then name.
  var spoken: [Parameter] {
    let set = Set(overrides.map { NodeInput(node: $0.node, name: $0.name) })
    let nodes = workflow?.nodes.sorted { $0.id.isBefore($1.id) } ?? []
    return nodes.flatMap { node in
      node.inputs.sortedMembers.map { member in
        Parameter(
          node: node.id, name: InputName(member.key), value: member.value, title: node.title,
          nodeClass: node.classType)
      }
    }.filter { value in
      (value.isSeed || value.isNamedAsPrompt)
        && !set.contains(NodeInput(node: value.node, name: value.name))
    }
  }

  /// The name that the artist gave a node, where it is known.
  func title(of node: NodeID) -> String? { workflow?[node]?.title }

  /// The class of a node, where it is known.
  func nodeClass(of node: NodeID) -> String? { workflow?[node]?.classType }
}

/// One value of a node input.
struct Parameter: Sendable, Equatable {
  var node: NodeID
  var name: InputName
  var value: JSONValue
  var title: String?
  var nodeClass: String?

  /// The value as text: strings as they are, anything else as JSON with its own digits.
  var text: String {
    value.string ?? String(decoding: CanonicalJSON.compact(value), as: UTF8.self)
  }
}

extension Parameter {
  /// Whether it is prose rather than a setting.
  var isPrompt: Bool {
    guard let text = value.string, !text.hasPrefix("data:"), !text.hasPrefix("http") else { return false }
    return isNamedAsPrompt || text.utf8.count > 60 || text.utf8.contains(0x0A)
  }

  /// Whether it is a text under a name that prompts have.
  var isNamedAsPrompt: Bool {
    guard let text = value.string, !text.isEmpty else { return false }
    let name = name.rawValue.lowercased()
    return name == "text" || name.hasPrefix("text_") || name.contains("prompt")
  }

  /// Whether it is a seed.
  var isSeed: Bool { value.number != nil && name.rawValue.lowercased().hasSuffix("seed") }

  /// The text, cut where a table has no room for it.
  var shortText: String {
    let text = text
    guard text.utf8.count > 600 else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.prefix(500))) + " …"
  }
}

extension Identifier {
  /// By number where both are numbers, for people; else as ever.
  func isBefore(_ other: Identifier) -> Bool {
    switch (UInt64(rawValue), UInt64(other.rawValue)) {
    case (let left?, let right?) where left != right: left < right
    case (_?, nil): true
    case (nil, _?): false
    default: self < other
    }
  }
}

extension Manifest.Run {
  /// Whether the service calls it a success.
  var didSucceed: Bool { status == "succeeded" || status == "completed" }
}

/// The beginning of a text.
struct TextExcerpt: Sendable, Equatable {
  var text: String
  /// Whether there is more in the file.
  var isCut: Bool

  /// How many bytes of a text are shown.
  static let limit = 16 * 1024

  /// The text up to the limit, cut between characters.
  init(_ bytes: some Collection<UInt8>, limit: Int = Self.limit) {
    let start = Array(bytes.prefix(limit + 1))
    isCut = start.count > limit
    var end = min(start.count, limit)
    while isCut, end > 0, start[end] & 0xC0 == 0x80 { end -= 1 }
    text = String(decoding: start[..<end], as: UTF8.self)
  }
}
