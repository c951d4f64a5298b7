package import KeepModel

/// What a bundle says was asked for, node input by node input: enough to ask for it again, and what is wanting.
package struct ArchivedRequest: Sendable {
  /// What a node input got.
  package enum Value: Sendable, Equatable {
    /// This value, with the data URIs that were moved out of it put back.
    case json(JSONValue)
    /// A file whose bytes are in the bundle.
    case file(String, Manifest.Stored)
    /// Something that is not in the bundle.
    case withheld(Want)
  }

  /// Why a value is not in the bundle.
  package enum Want: Sendable, Equatable {
    /// Secrets were struck out at these places of the request.
    case redacted([JSONPointer])
    /// A file was left out, by choice or because its bytes were gone; with its checksum where that is recorded.
    case omitted(Checksum?)
  }

  /// How the graph travelled.
  package let mode: Submission.Mode
  /// The graph that was sent, files in it by their names; else the one that was recorded, if there is one.
  package let workflow: Workflow?
  /// What was set over the workflow, and whatever of a graph that was sent is more than a plain value; in order.
  package let values: [(input: NodeInput, value: Value)]
  /// Whether a Core API key travelled with it, which no bundle holds.
  package let usedCoreKey: Bool
  /// Places of the request where secrets were struck out that belong to no node input.
  package let redactedElsewhere: [JSONPointer]
  /// Node inputs of the recorded graph in which secrets were struck out; only where overrides were sent.
  package let redactedInWorkflow: Set<NodeInput>
  /// Places of the recorded graph where secrets were struck out that belong to no node input.
  package let redactedBesideInputs: [JSONPointer]

  /// Reads what was asked for out of a bundle that was verified.
  ///
  /// - Throws: ``KeepError`` with code `input_rejected` where there is no request, since the run was made elsewhere, or
  ///   it has members that are not known; `fixity` where a document cannot be read; `localIO`.
  package init(_ manifest: Manifest, reading reader: borrowing BundleReader) throws(KeepError) {
    guard let listed = manifest.documents.request else { throw .withoutRequest(reader) }
    let document = try Self.document(listed, reader)
    let root = try Self.root(of: document, reader)
    let isInline = root == Self.graph
    self.mode = isInline ? .inlineWorkflow : .overrides
    self.usedCoreKey = document["extra_data"] != nil
    let restorer = InputRestorer(manifest, root: root)
    let nodes = document[root]?.object ?? JSONObject()
    self.values = try restorer.values(in: nodes, all: !isInline, reader)
    var recorded = Self.redactions(of: manifest, in: "run/workflow_api.json")
    if isInline {
      self.workflow = try Self.workflow(.object(restorer.withFileNames(nodes)), reader)
      recorded = []
    } else {
      self.workflow = try manifest.documents.workflow.map { listed throws(KeepError) in
        try Self.workflow(try Self.document(listed, reader), reader)
      }
    }
    let inputs = recorded.map { (pointer: $0, input: NodeInput(of: $0, root: nil)) }
    self.redactedInWorkflow = Set(inputs.compactMap(\.input))
    self.redactedBesideInputs = inputs.filter { $0.input == nil }.map(\.pointer)
    self.redactedElsewhere = restorer.redactedElsewhere
  }

  /// Whether a workflow is the one that was recorded, what was struck out of that aside; `nil` where none was.
  package func isRecorded(_ other: Workflow) -> Bool? {
    guard mode == .overrides, let workflow else { return nil }
    return [workflow, other].map { CanonicalJSON.compact(Self.blanked($0.document, redactedInWorkflow)) }
      .allEqual
  }

  private static let graph = "workflow_api_json"

  private static func root(
    of document: JSONValue, _ reader: borrowing BundleReader
  ) throws(KeepError) -> String {
    let roots = (document.object?.keys ?? []).filter { $0 != "extra_data" }
    guard roots.count == 1, let root = roots.first, root == graph || root == "overrides",
      document[root]?.object != nil,
      document["extra_data"]?.object.map({ $0.keys == ["api_key_comfy_org"] }) != false
    else {
      throw KeepError(
        .inputRejected, .path(reader.path),
        "its request holds more than overrides or a workflow, and would not be sent as it was: "
          + (document.object?.keys.joined(separator: ", ") ?? "no members"))
    }
    return root
  }

  private static func document(
    _ listed: Manifest.Document, _ reader: borrowing BundleReader
  ) throws(KeepError) -> JSONValue {
    let bytes = try reader.bytes(of: "data/" + listed.path, limit: .mebibytes(64))
    guard let value = try? JSONDocument(parsing: bytes).value else {
      throw KeepError(.fixity, .path(reader.path), "its \(listed.path) cannot be read")
    }
    return value
  }

  private static func workflow(
    _ document: JSONValue, _ reader: borrowing BundleReader
  ) throws(KeepError) -> Workflow {
    do {
      return try Workflow(document: document)
    } catch {
      throw KeepError(.inputRejected, .path(reader.path), "its workflow cannot be used: \(error.reason)")
    }
  }

  static func redactions(of manifest: Manifest, in document: String) -> [JSONPointer] {
    manifest.redactions.filter { $0.document == document }.map(\.pointer)
  }

  /// A graph with some values taken out.
  private static func blanked(_ document: JSONValue, _ inputs: Set<NodeInput>) -> JSONValue {
    guard var nodes = document.object else { return document }
    for input in inputs {
      guard var node = nodes[input.node.rawValue]?.object, var values = node["inputs"]?.object else {
        continue
      }
      values[input.name.rawValue] = nil
      node["inputs"] = .object(values)
      nodes[input.node.rawValue] = .object(node)
    }
    return .object(nodes)
  }
}

extension [[UInt8]] {
  fileprivate var allEqual: Bool { allSatisfy { $0 == first } }
}

extension KeepError {
  fileprivate static func withoutRequest(_ reader: borrowing BundleReader) -> KeepError {
    KeepError(
      .inputRejected, .path(reader.path),
      "holds no request: the run was made elsewhere and taken in by its id, so what was asked for is not known",
      hint: "run it from its files: comfykeep run PATHS… --deployment ID")
  }
}
