import KeepFiles
import KeepModel
import KeepTestKit
import SystemPackage

@testable import KeepArchive

/// A finished run put together for tests: a record, its outputs, and a spool on disk.
struct SampleRun {
  let spool: TemporaryFolder
  var record: RunRecord
  var outputs: [RetrievedOutput] = []

  static let id: RequestID = "1b7a759a-f092-4758-9597-ee0e95d459c9"

  /// A picture of 1 × 1 pixels.
  static let png: [UInt8] =
    Base64.decode(
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==".utf8)
    ?? []

  init(
    _ word: String = "succeeded", id: RequestID = SampleRun.id, error: JSONValue? = nil,
    submission: Submission? = nil
  ) throws {
    spool = try TemporaryFolder()
    var document: JSONObject = JSONObject()
    document["status"] = .string(word)
    document["outputs"] = [:]
    document["error"] = error
    document["created_at"] = "2026-11-22T21:00:22.446702"
    document["finished_at"] = "2026-11-22T21:00:22.878201"
    record = RunRecord(
      deployment: "deployment-1", request: id,
      result: Self.result(word, .object(document)), submission: submission)
  }

  private static func result(_ word: String, _ document: JSONValue) -> RunResult {
    let verdicts: [String: RunResult.Verdict] = [
      "succeeded": .succeeded, "failed": .failed, "canceled": .canceled,
    ]
    return RunResult(
      verdict: verdicts[word] ?? .pending, word: word,
      createdAt: Timestamp(parsing: "2026-11-22T21:00:22.446702"),
      finishedAt: Timestamp(parsing: "2026-11-22T21:00:22.878201"), document: document,
      raw: CanonicalJSON.compact(document))
  }

  /// Adds a file that the service lists, archived or, with a reason, missing.
  mutating func add(
    _ filename: String, _ bytes: [UInt8], node: NodeID = "9", key: OutputKey = "images",
    index: Int = 0, type: String = "output",
    missing: Manifest.Reason? = nil, query: String = ""
  ) throws {
    let address = "https://storage.example/runs/\(outputs.count)/\(type)/file\(query)"
    let listed: JSONValue = [
      "filename": .string(filename), "subfolder": "", "type": .string(type), "url": .string(address),
    ]
    let pointer = list(listed, node, key)
    let output = NodeOutput(
      node: node, key: key, index: index, pointer: pointer,
      content: .file(.init(filename: filename, subfolder: "", type: type, url: address)))
    if let missing { return outputs.append(RetrievedOutput(output: output, retrieval: .missing(missing))) }
    let path = try spool.write(bytes, to: "spool-\(outputs.count)")
    var crc = CRC32()
    bytes.withUnsafeBytes { crc.update($0) }
    let file = PayloadFile(
      path: path, size: UInt64(bytes.count), checksum: Checksum(of: bytes), crc: crc.value,
      mediaType: MediaType(extension: PayloadName.fileExtension(filename)) ?? .octetStream)
    outputs.append(RetrievedOutput(output: output, retrieval: .file(file)))
  }

  /// Adds a text.
  mutating func add(text: String, node: NodeID = "4", key: OutputKey = "text", index: Int = 0) {
    let output = NodeOutput(
      node: node, key: key, index: index, pointer: list(.string(text), node, key),
      content: .text(text))
    outputs.append(RetrievedOutput(output: output, retrieval: .text))
  }

  /// Lists a value in the result, and tells where it stands.
  private mutating func list(_ value: JSONValue, _ node: NodeID, _ key: OutputKey) -> JSONPointer {
    var document = record.result.document.object ?? JSONObject()
    var nodes = document["outputs"]?.object ?? JSONObject()
    var keys = nodes[node.rawValue]?.object ?? JSONObject()
    let items = keys[key.rawValue]?.array ?? []
    keys[key.rawValue] = .array(items + [value])
    nodes[node.rawValue] = .object(keys)
    document["outputs"] = .object(nodes)
    record.result = Self.result(record.result.word, .object(document))
    return JSONPointer(["outputs", node.rawValue, key.rawValue]).appending(items.count)
  }

  /// Writes the bundle without verifying it further.
  func write(
    into folder: TemporaryFolder, allowsPartial: Bool = false, receipt: Receipt? = nil
  ) throws -> PublishedBundle {
    try BundleWriter().write(
      record, outputs: outputs, into: folder.path, allowsPartial: allowsPartial, receipt: receipt,
      verify: { path throws(KeepError) in
        var hasher = ChecksumHasher()
        try FileReader(path).forEachPiece { hasher.update($0) }
        return hasher.finish()
      })
  }
}
