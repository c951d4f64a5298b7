internal import KeepFiles
internal import KeepModel
internal import SystemPackage

/// Everything that goes into a bundle, decided before a byte is written.
struct BundleDraft: Sendable {
  let manifest: Manifest
  let name: RunName
  /// The payload by bytes of the path.
  let parts: [PayloadPart]

  /// Puts a bundle together. Of the files on disk only the beginnings of texts are read here.
  ///
  /// - Throws: ``KeepError`` with code `localIO` when such a text cannot be read.
  init(_ record: RunRecord, outputs retrieved: [RetrievedOutput]) throws(KeepError) {
    let outputs = retrieved.sorted { Self.isBefore($0.output, $1.output) }
    let documents = try DraftDocuments(record)
    let entries = outputs.map { Manifest.Output($0, workflow: documents.workflow) }
    let manifest = Manifest(
      run: Manifest.Run(record, errors: documents.errors),
      completeness: entries.contains { $0.status == .missing } ? .partial : .complete,
      options: record.options, documents: documents.listed, outputs: entries, inputs: documents.inputs,
      externalised: documents.externalised, redactions: documents.redactions)
    let kept = documents.parts + zip(entries, outputs).compactMap { PayloadPart($0, $1) }
    var contents = RunContents(
      manifest: manifest, request: documents.request, workflow: documents.workflow)
    contents.texts = try Self.texts(of: manifest, in: kept)
    self.name = RunName(manifest.run)
    self.manifest = manifest
    self.parts = Self.sorted(kept + Self.derived(from: contents, name: name, beside: kept))
  }

  /// The order of the manifest: node id, key, index.
  private static func isBefore(_ left: NodeOutput, _ right: NodeOutput) -> Bool {
    if left.node != right.node { return left.node < right.node }
    return left.key == right.key ? left.index < right.index : left.key < right.key
  }

  private static func sorted(_ parts: [PayloadPart]) -> [PayloadPart] {
    parts.sorted { $0.file.path.utf8.lexicographicallyPrecedes($1.file.path.utf8) }
  }

  /// The documents that say what the others are.
  private static func derived(
    from contents: RunContents, name: RunName, beside kept: [PayloadPart]
  ) -> [PayloadPart] {
    let own = [
      PayloadPart(Readme.path, Array(Readme.text.utf8)),
      PayloadPart("manifest.json", CanonicalJSON.indented(contents.manifest.json)),
      PayloadPart(Preview.path, Preview(contents: contents).bytes),
    ]
    let crate = Crate(contents, name: name, files: sorted(kept + own).map(\.file))
    return own + [PayloadPart(Crate.path, CanonicalJSON.indented(crate.json))]
  }

  /// The beginnings of all archived texts.
  private static func texts(
    of manifest: Manifest, in parts: [PayloadPart]
  ) throws(KeepError) -> [String: TextExcerpt] {
    let stored = manifest.outputs.compactMap(\.stored) + manifest.inputs.compactMap(\.stored)
    let readable = Set(stored.filter(\.mediaType.isReadable).map(\.path))
    var texts: [String: TextExcerpt] = [:]
    for part in parts where readable.contains(part.file.path) {
      texts[part.file.path] = try TextExcerpt(part)
    }
    return texts
  }
}

extension Manifest.Run {
  fileprivate init(_ record: RunRecord, errors: [JSONValue]) {
    self.init(
      deployment: record.deployment, request: record.request,
      status: record.result.document["status"]?.string ?? record.result.word,
      createdAt: record.result.createdAt, finishedAt: record.result.finishedAt, errors: errors)
  }
}

extension Manifest.Output {
  /// Class and title come from the archived workflow alone: the deployment's own may change at any time.
  fileprivate init(_ retrieved: RetrievedOutput, workflow: Workflow?) {
    let output = retrieved.output
    self.init(
      node: output.node, key: output.key, index: output.index, pointer: output.pointer,
      nodeClass: workflow?[output.node]?.classType, nodeTitle: workflow?[output.node]?.title, kind: .text,
      status: .archived)
    if case .file(let record) = output.content {
      kind = .file
      filename = record.filename
      subfolder = record.subfolder
      type = record.type
      url = record.url.map(AddressText.bare)
    }
    let path = PayloadPath(output).rawValue
    switch retrieved.retrieval {
    case .file(let file):
      stored = Manifest.Stored(
        path: path, size: file.size, checksum: file.checksum, mediaType: file.mediaType)
    case .text:
      let bytes = Array(output.text.utf8)
      stored = Manifest.Stored(
        path: path, size: UInt64(bytes.count), checksum: Checksum(of: bytes),
        mediaType: "text/plain")
    case .missing(let why):
      status = .missing
      reason = why
    case .omitted:
      status = .omitted
      reason = .option
    }
  }
}

extension PayloadPart {
  fileprivate init?(_ entry: Manifest.Output, _ retrieved: RetrievedOutput) {
    guard let stored = entry.stored else { return nil }
    if case .file(let file) = retrieved.retrieval {
      self.init(stored, at: file.path, crc: file.crc)
    } else {
      self.init(stored.path, Array(retrieved.output.text.utf8))
    }
  }
}

extension NodeOutput {
  /// The text of a text output.
  fileprivate var text: String {
    if case .text(let text) = content { text } else { "" }
  }
}

extension MediaType {
  /// Whether the page shows the beginning of such a file.
  fileprivate var isReadable: Bool { kind == .text || self == "application/json" }
}

extension TextExcerpt {
  fileprivate init(_ part: PayloadPart) throws(KeepError) {
    switch part.source {
    case .memory(let bytes): self.init(bytes)
    case .disk(let path, _):
      let reader = try FileReader(path)
      var bytes = [UInt8](repeating: 0, count: Self.limit + 1)
      let result: Result<Int, KeepError> = bytes.withUnsafeMutableBytes { buffer in
        do throws(KeepError) { return .success(try reader.read(into: buffer)) } catch {
          return .failure(error)
        }
      }
      self.init(bytes.prefix(try result.get()))
    }
  }
}
