package import KeepModel

/// Finds everything that a result lists, by the shape of its values and never by the names of keys: node
/// packs invent keys, and video arrives under `images`.
package enum OutputCollector {
  /// Every file record and every text of a result.
  ///
  /// - A record with a `filename` or `url` is a file, whatever key it stands under.
  /// - Every other non-empty string becomes a text; of an object with a `text` only that and what is nested.
  /// - Numbers, booleans, `null`, inline data, `animated` and `unfinished_batch` stay in the result document
  ///   alone. Of these, what could have listed something is noted.
  ///
  /// Objects are walked in the order of their sorted keys, so that the order in which a service happens to
  /// write them plays no part.
  ///
  /// - Parameter workflow: The workflow that ran, if known: gives class and title of nodes.
  package static func collect(_ result: RunResult, workflow: Workflow?) -> CollectedOutputs {
    let nodes = Dictionary(
      (workflow?.nodes ?? []).map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    let root = JSONPointer([result.document["outputs"]?.object == nil ? "output" : "outputs"])
    let hasBrokenText = !result.irregularities.isDisjoint(with: [.loneSurrogate, .invalidUTF8])
    var collected = CollectedOutputs()
    var types = KnownTypes()
    collected.noteOddities(of: result)
    for member in (result.outputs ?? JSONObject()).sortedMembers {
      let id = NodeID(member.key)
      for value in (member.value.object ?? JSONObject()).sortedMembers {
        var walk = OutputWalk(
          node: id, key: OutputKey(value.key), workflowNode: nodes[id], hasBrokenText: hasBrokenText,
          types: types)
        walk.start(value.value, at: root.appending(member.key).appending(value.key))
        types = walk.types
        collected.outputs += walk.outputs
        collected.notes += walk.notes
      }
    }
    collected.dropMentionsOfListedFiles()
    if result.verdict == .succeeded { collected.noteSilentSavers(in: workflow) }
    return collected
  }
}

extension CollectedOutputs {
  /// What of a result cannot be read as nodes with keys.
  fileprivate mutating func noteOddities(of result: RunResult) {
    if result.irregularities.contains(.duplicateKey) {
      notes.append(CollectionNote(kind: .duplicateKey, node: nil, key: nil, detail: nil))
    }
    guard let outputs = result.outputs else {
      let isThere = [result.document["outputs"], result.document["output"]].contains {
        $0 != nil && $0 != .null
      }
      if isThere { notes.append(CollectionNote(kind: .notAList, node: nil, key: nil, detail: "outputs")) }
      return
    }
    for member in outputs.sortedMembers where member.value.object == nil && member.value != .null {
      notes.append(CollectionNote(kind: .notAList, node: NodeID(member.key), key: nil, detail: nil))
    }
  }
}

/// Types of files that need no remark, each unknown one being remarked on once.
struct KnownTypes {
  private var seen: Set<String> = ["output", "temp", "input"]

  mutating func isNew(_ type: String) -> Bool { seen.insert(type).inserted }
}

extension CollectedOutputs {
  /// A file that is mentioned in one place and listed in another is no loss.
  mutating func dropMentionsOfListedFiles() {
    var listed: Set<Identifier<MentionedFile>> = []
    for case .file(let record) in outputs.map(\.content) where record.url != nil {
      listed.insert(Identifier(record.filename))
      listed.insert(Identifier("\(record.subfolder)/\(record.filename)"))
    }
    notes.removeAll { note in
      guard note.kind == .mentionedFile, let name = note.detail else { return false }
      return listed.contains(Identifier(name))
        || listed.contains(Identifier(MentionedFile.lastComponent(name)))
    }
  }

  /// Nodes that save by their class, but of which nothing is listed.
  mutating func noteSilentSavers(in workflow: Workflow?) {
    let heard = Set(outputs.map(\.node))
    for node in workflow?.nodes ?? [] where node.savesFiles && !heard.contains(node.id) {
      notes.append(
        CollectionNote(kind: .nothingReported, node: node.id, key: nil, detail: node.classType))
    }
  }
}

extension Workflow.Node {
  /// Whether the class is named like one that writes files.
  fileprivate var savesFiles: Bool {
    ["Save", "Export", "VideoCombine"].contains { classType.contains($0) }
  }
}
