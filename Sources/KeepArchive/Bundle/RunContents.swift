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

  /// The name that the artist gave a node, where it is known.
  func title(of node: NodeID) -> String? {
    workflow?[node]?.title ?? manifest.outputs.first { $0.node == node }?.nodeTitle
  }

  /// The class of a node, where it is known.
  func nodeClass(of node: NodeID) -> String? {
    workflow?[node]?.classType ?? manifest.outputs.first { $0.node == node }?.nodeClass
  }
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

/// The beginning of a text.
struct TextExcerpt: Sendable, Equatable {
  var text: String
  /// Whether there is more in the file.
  var isCut: Bool

  /// How many bytes of a text are shown.
  static let limit = 16 * 1024

  /// The text up to the limit, cut between characters.
  init(_ bytes: some Collection<UInt8>) {
    var shown = Array(bytes.prefix(Self.limit))
    isCut = bytes.count > Self.limit
    while isCut, let last = shown.last, last & 0xC0 == 0x80 { shown.removeLast() }
    if isCut, let last = shown.last, last & 0xC0 == 0xC0 { shown.removeLast() }
    text = String(decoding: shown, as: UTF8.self)
  }
}
