package import KeepModel

/// Finds where media goes into a workflow.
package enum MediaInputFinder {
  /// Every input that takes media, in the order of the file.
  ///
  /// Wired inputs are skipped. Each other input is judged by, in this order, a true upload flag in
  /// `object_info`, the class table, its value (a media file's name or address, or a neighbour `upload` that
  /// names it), its name on a class that loads.
  package static func mediaInputs(
    in workflow: Workflow, objectInfo: JSONValue?
  ) -> [MediaInput] {
    workflow.nodes.flatMap { node in
      node.inputs.members.compactMap { member in
        mediaInput(member, of: node, objectInfo: objectInfo)
      }
    }
  }

  /// Whether an input that is not known to take media may do so all the same, at a person's word: it holds a text
  /// that is no prompt and no name of a file to save, and is empty, an address, or has a name that speaks of media.
  package static func mayTakeMedia(
    _ value: JSONValue, _ name: InputName, of node: Workflow.Node
  ) -> Bool {
    guard let text = value.string, !OutputNode.isSaver(node.classType),
      !WorkflowInspector.isPrompt(name, of: node.classType)
    else { return false }
    let name = name.rawValue.lowercased()
    return text.isEmpty || HTTPURL(text) != nil || mediaWords.contains { name.contains($0) }
  }

  private static let mediaWords = [
    "image", "img", "picture", "photo", "mask", "frame", "video", "audio", "sound", "media", "mesh", "file",
    "path", "url",
  ]

  private struct Finding {
    let kinds: Set<MediaKind>
    let acceptance: MediaInput.Acceptance
    let evidence: MediaInput.Evidence
  }

  private static func mediaInput(
    _ member: JSONObject.Member, of node: Workflow.Node, objectInfo: JSONValue?
  ) -> MediaInput? {
    guard Workflow.Node.link(member.value) == nil else { return nil }
    let name = InputName(member.key)
    let schema = InputSchema(of: name, nodeClass: node.classType, in: objectInfo)
    guard
      let finding = bySchema(schema, node: node, name: name) ?? byClass(node, name)
        ?? byValue(member.value, node: node, name: name) ?? byName(member.value, node, name)
    else { return nil }
    return MediaInput(
      input: NodeInput(node: node.id, name: name), nodeClass: node.classType,
      nodeTitle: node.title, kinds: finding.kinds, acceptance: finding.acceptance,
      evidence: finding.evidence, current: member.value)
  }

  private static func bySchema(
    _ schema: InputSchema?, node: Workflow.Node, name: InputName
  ) -> Finding? {
    guard let schema else { return nil }
    if schema.wantsObject { return Finding(kinds: [], acceptance: .object, evidence: .schema) }
    if schema.type == "AUDIO_RECORD" {
      return Finding(kinds: [.audio, .video], acceptance: .file, evidence: .schema)
    }
    if let kinds = schema.uploadKinds {
      let known = MediaClassTable.entry(nodeClass: node.classType, input: name)
      return Finding(
        kinds: kinds.isEmpty ? known?.kinds ?? [] : kinds,
        acceptance: schema.showsOutputs ? .onRequest : known?.acceptance ?? .file, evidence: .schema)
    }
    return schema.pathKinds.map { kinds in
      Finding(kinds: kinds, acceptance: kinds.isEmpty ? .folder : .file, evidence: .schema)
    }
  }

  private static func byClass(_ node: Workflow.Node, _ name: InputName) -> Finding? {
    MediaClassTable.entry(nodeClass: node.classType, input: name).map {
      Finding(kinds: $0.kinds, acceptance: $0.acceptance, evidence: .nodeClass)
    }
  }

  private static func byValue(
    _ value: JSONValue, node: Workflow.Node, name: InputName
  ) -> Finding? {
    guard let text = value.string, !OutputNode.isSaver(node.classType) else { return nil }
    if let kind = mediaKind(ofValue: text) {
      return Finding(kinds: kinds(like: kind), acceptance: .file, evidence: .value)
    }
    if let upload = node.inputs["upload"]?.string, InputName(upload) == name {
      return Finding(kinds: kindsByName[upload] ?? [], acceptance: .file, evidence: .value)
    }
    return nil
  }

  private static func byName(
    _ value: JSONValue, _ node: Workflow.Node, _ name: InputName
  ) -> Finding? {
    guard node.classType.hasPrefix("Load"), value.string != nil, let kinds = kindsByName[name.rawValue]
    else { return nil }
    return Finding(kinds: kinds, acceptance: .file, evidence: .name)
  }

  private static let kindsByName: [String: Set<MediaKind>] = [
    "image": [.image], "mask": [.image], "video": [.video], "audio": [.audio, .video],
    "model_file": [.model3D], "file": [],
  ]

  private static func kinds(like kind: MediaKind) -> Set<MediaKind> {
    kind == .audio ? [.audio, .video] : [kind]
  }

  /// The kind of the media that a text names by data URI, URL or file name; ` [input]` and the like may
  /// follow the name.
  private static func mediaKind(ofValue text: String) -> MediaKind? {
    if text.hasPrefix("data:") {
      return media(MediaType(String(text.dropFirst(5).prefix { $0 != ";" && $0 != "," })).kind)
    }
    guard text.utf8.count <= 4096, !text.utf8.contains(UInt8(ascii: "\n")) else { return nil }
    var name = HTTPURL(text)?.path ?? text
    for folder in [" [input]", " [output]", " [temp]"] where name.hasSuffix(folder) {
      name.removeLast(folder.count)
    }
    guard let dot = name.lastIndex(of: ".") else { return nil }
    return MediaType(extension: String(name[name.index(after: dot)...])).flatMap { media($0.kind) }
  }

  private static func media(_ kind: MediaKind) -> MediaKind? {
    kind == .text || kind == .other ? nil : kind
  }
}
