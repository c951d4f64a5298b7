package import KeepModel

/// Who archived a run and when. It lies beside the bundle, since it differs from one archiving to the next.
package struct Receipt: Sendable {
  /// The program.
  package let tool: String
  /// Its version.
  package let version: String
  /// When the run was archived.
  package let archivedAt: Timestamp
  /// What must not stand in it, wherever it came from.
  package let secrets: [Secret]

  package init(tool: String, version: String, archivedAt: Timestamp, secrets: [Secret] = []) {
    self.tool = tool
    self.version = version
    self.archivedAt = archivedAt
    self.secrets = secrets
  }

  private func redacting(_ text: String) -> String { secrets.reduce(text) { $1.redacting($0) } }

  /// The document `run-….receipt.json`: the bundle it is about, and the service's answer as it came.
  func json(
    _ record: RunRecord, _ manifest: Manifest, checksum: Checksum, size: ByteCount
  ) -> JSONValue {
    var result: JSONObject = JSONObject()
    // In strings first, where a secret may be spelled with escapes and bytes need not be text.
    let raw = RawStrings.replacing(in: record.result.raw, redacting)
    if let text = String(validating: raw, as: UTF8.self) {
      result["text"] = .string(redacting(text))
    } else {
      result["base64"] = .string(Base64.encode(raw))
    }
    let fields: JSONValue = [
      "receipt": "1.0",
      "tool": .string(tool),
      "toolVersion": .string(version),
      "archivedAt": .string(archivedAt.description),
      "deploymentId": .string(record.deployment.rawValue),
      "requestId": .string(record.request.rawValue),
      "profile": .string(Manifest.profile),
      "bundle": ["sha256": .string(checksum.hexadecimal), "size": .integer(size.bytes)],
      "sources": .array(manifest.outputs.compactMap(\.url).map(JSONValue.string)),
      "rawResult": .object(result),
    ]
    var document = fields.object ?? JSONObject()
    // What was meant cannot always be told from what was sent: a ledger that is made anew needs it.
    if let submission = record.submission { document["submissionKey"] = .string(submission.key.rawValue) }
    return .object(document)
  }
}
