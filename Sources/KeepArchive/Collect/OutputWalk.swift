import KeepModel

/// The depth-first walk over the value of one key of one node.
struct OutputWalk {
  let node: NodeID
  let key: OutputKey
  let workflowNode: Workflow.Node?
  /// Whether U+FFFD in a text may stand for something that could not be read.
  let hasBrokenText: Bool
  var types: KnownTypes
  private(set) var outputs: [NodeOutput] = []
  private(set) var notes: [CollectionNote] = []

  init(
    node: NodeID, key: OutputKey, workflowNode: Workflow.Node?, hasBrokenText: Bool, types: KnownTypes
  ) {
    self.node = node
    self.key = key
    self.workflowNode = workflowNode
    self.hasBrokenText = hasBrokenText
    self.types = types
  }

  mutating func start(_ value: JSONValue, at pointer: JSONPointer) {
    guard key != "animated" else { return }
    guard key != "unfinished_batch" else {
      if value == .bool(true) || value.array?.contains(.bool(true)) == true { note(.unfinishedBatch) }
      return
    }
    switch value {
    case .array, .object, .string: break
    case .null, .bool, .number: return note(.notAList)
    }
    if Self.isTextual(key), let items = value.array, let text = Self.joined(items) {
      take(text, at: pointer)
    } else {
      walk(value, at: pointer)
    }
  }

  /// Whether bare strings are known under a key (contract C1 and C3), or a list of letters makes no sense there.
  /// Elsewhere single letters may be choices, grades or labels.
  private static func isTextual(_ key: OutputKey) -> Bool {
    let name = key.rawValue.lowercased()
    return textual.contains(name) || ["text", "prompt", "caption"].contains { name.contains($0) }
  }

  private static let textual: Set<String> = [
    "string", "positive", "negative", "tags", "value", "description", "message", "markdown", "video",
    "videos",
    "model_file",
  ]

  /// A node that returns a bare string instead of a list has it taken apart into characters by ComfyUI; two
  /// or more items of one character each are that string.
  private static func joined(_ items: [JSONValue]) -> String? {
    guard items.count > 1, items.allSatisfy({ $0.string?.unicodeScalars.count == 1 }) else {
      return nil
    }
    return items.compactMap(\.string).joined()
  }

  private mutating func walk(_ value: JSONValue, at pointer: JSONPointer) {
    switch value {
    case .string(let text): take(text, at: pointer)
    case .array(let items):
      for (index, item) in items.enumerated() { walk(item, at: pointer.appending(index)) }
    case .object(let object):
      if let record = NodeOutput.FileRecord(object) {
        take(record, isInline: object["url"]?.string.map(Self.isInline) ?? false, at: pointer)
      } else {
        walk(object, at: pointer)
      }
    case .null, .bool, .number: break
    }
  }

  /// Of `{name, text, content-type}` only the text is an output; lists and objects beside it may hold more.
  private mutating func walk(_ object: JSONObject, at pointer: JSONPointer) {
    let hasText = object["text"]?.string?.isEmpty == false
    for member in object.sortedMembers {
      let isLabel = hasText && member.value.string != nil && member.key != "text"
      if !isLabel { walk(member.value, at: pointer.appending(member.key)) }
    }
  }

  private mutating func take(
    _ record: NodeOutput.FileRecord, isInline: Bool, at pointer: JSONPointer
  ) {
    if isInline { note(.inlineData, record.filename) }
    if MentionedFile.isPattern(record.filename) { note(.patternFilename, record.filename) }
    if types.isNew(record.type) { note(.unknownType, record.type) }
    append(.file(record), at: pointer)
  }

  private mutating func take(_ text: String, at pointer: JSONPointer) {
    guard !text.isEmpty else { return }
    guard !Self.isInline(text) else { return note(.inlineData) }
    guard !hasBrokenText || !text.unicodeScalars.contains("\u{FFFD}") else { return note(.brokenText) }
    let safe = AddressText.withoutSignature(text)
    if let name = MentionedFile.name(in: safe) { note(.mentionedFile, name) }
    append(.text(safe), at: pointer)
  }

  private mutating func append(_ content: NodeOutput.Content, at pointer: JSONPointer) {
    outputs.append(
      NodeOutput(
        node: node, key: key, index: outputs.count, pointer: pointer,
        nodeClass: workflowNode?.classType, nodeTitle: workflowNode?.title, content: content))
  }

  private mutating func note(_ kind: CollectionNote.Kind, _ detail: String? = nil) {
    notes.append(CollectionNote(kind: kind, node: node, key: key, detail: detail))
  }

  static func isInline(_ text: String) -> Bool {
    text.utf8.prefix(5).map { $0 | 0x20 } == Array("data:".utf8)
  }
}

extension NodeOutput.FileRecord {
  /// Reads a record with a name or an address, else `nil`. Inline data is no address.
  ///
  /// Addresses in all other fields lose their queries, as in the archived answer; the URL itself is still to
  /// be asked.
  init?(_ object: JSONObject) {
    let name = AddressText.inRecord(object["filename"]?.string ?? "")
    let address = object["url"]?.string ?? ""
    let url = address.isEmpty || OutputWalk.isInline(address) ? nil : address
    guard !name.isEmpty || url != nil else { return nil }
    let type = AddressText.inRecord(object["type"]?.string ?? "")
    self.init(
      filename: name.isEmpty ? MentionedFile.name(ofURL: url ?? "") : name,
      subfolder: AddressText.inRecord(object["subfolder"]?.string ?? ""),
      type: type.isEmpty ? "output" : type, url: url)
  }
}
