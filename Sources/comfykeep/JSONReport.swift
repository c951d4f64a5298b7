import KeepModel
import KeepPipeline
import SystemPackage

/// The objects of `--json`: one a line, each with `type` and `version`.
enum JSONReport {
  /// One line of JSON.
  static func line(_ type: String, _ members: [(String, JSONValue)]) -> String {
    var object = JSONObject()
    object["type"] = .string(type)
    object["version"] = 1
    for (key, value) in members { object[key] = value }
    return String(decoding: CanonicalJSON.compact(.object(object)), as: UTF8.self)
  }

  /// `{"type":"error", …}`.
  static func error(_ error: KeepError) -> String { line("error", [("error", value(error))]) }

  /// `{"type":"outcome", …}`.
  static func outcome(_ outcome: SubmissionOutcome) -> String {
    line(
      "outcome",
      [
        ("outcome", .string(outcome.state.rawValue)),
        ("submission_key", .optional(outcome.key?.rawValue)),
        ("request_id", .optional(outcome.request?.rawValue)),
        ("inputs", .array(outcome.inputs.map { .string($0.string) })),
        ("bundle", .optional(outcome.bundle?.string)),
        ("bundle_sha256", .optional(outcome.bundleChecksum?.hexadecimal)),
        ("outputs", .integer(outcome.outputs)),
        ("stored", .optional(outcome.stored)),
        ("store_error", outcome.storeError.map(value) ?? .null),
        ("kept_already", .bool(outcome.wasKeptAlready)),
        ("error", outcome.error.map(value) ?? .null),
      ])
  }

  /// `{"type":"run", …}`, a row of `list`.
  static func entry(_ entry: LedgerEntry, _ bundle: BundleWhereabouts?) -> String {
    line(
      "run",
      [
        ("submission_key", .optional(entry.key?.rawValue)),
        ("deployment_id", .string(entry.deployment.rawValue)),
        ("state", .string(entry.state.word)),
        ("reason", .optional(entry.reason)),
        ("request_id", .optional(entry.request?.rawValue)),
        ("service_word", .optional(entry.word)),
        ("inputs", .array(entry.inputs.map { .string($0.string) })),
        ("bundle", .optional(bundle.flatMap { $0.isHere || $0.isLost ? $0.path.string : nil })),
        ("stored", .array(bundle?.stored.map { .string($0.place) } ?? [])),
        ("waits_for", .array(bundle?.waiting.map { .string($0.place) } ?? [])),
        ("bundle_sha256", .optional(entry.kept?.checksum.hexadecimal)),
        ("outputs", .integer(entry.kept?.outputs ?? 0)),
        ("batch", .optional(entry.batch?.rawValue)),
        ("created_at", .string(entry.createdAt.description)),
        ("finished_at", .optional(entry.finishedAt?.description)),
      ])
  }

  /// `{"type":"upload", …}`, a row of `uploads list`, or what `uploads prune` did.
  static func upload(_ upload: UploadRecord, word: String? = nil, error: KeepError? = nil) -> String {
    line(
      "upload",
      [
        ("target", .string(upload.target)), ("name", .string(upload.name)),
        ("sha256", .string(upload.checksum.hexadecimal)), ("bytes", .integer(upload.size.bytes)),
        ("media_type", .string(upload.mediaType.rawValue)),
        ("url", .string(upload.url.withoutQuery.description)),
        ("uploaded_at", .string(upload.uploadedAt.description)),
        ("used_at", .string(upload.usedAt.description)),
        ("expires_at", .optional(upload.expiresAt?.description)),
        ("removed_at", .optional(upload.removedAt?.description)), ("ours", .bool(upload.isOurs)),
        ("needed", .bool(upload.isNeeded)),
        ("action", .optional(word)), ("error", error.map(value) ?? .null),
      ])
  }

  /// `{"type":"value", …}`, what was put into a node input.
  static func value(_ value: JSONValue, of input: NodeInput) -> String {
    line("value", [("input", .string(input.description)), ("value", value)])
  }

  /// `{"type":"failure", …}`, an error that the service gave for a run.
  static func failure(_ failure: RunFailure) -> String {
    line(
      "failure",
      [
        ("code", .optional(failure.code)), ("message", .string(failure.message)),
        ("details", .optional(failure.details)),
      ])
  }

  /// `{"type":"event", …}`.
  static func event(_ event: LedgerEvent) -> String {
    line(
      "event",
      [
        ("at", .string(event.at.description)), ("name", .string(event.name)),
        ("detail", .optional(event.detail)),
      ])
  }

  /// An error as a member of an object.
  static func value(_ error: KeepError) -> JSONValue {
    var object = JSONObject()
    object["code"] = .string(error.code.name)
    object["exit_status"] = .integer(error.code.exitStatus)
    object["subject"] = error.subject == .none ? .null : .string(error.subject.description)
    object["reason"] = .string(error.reason)
    object["hint"] = .optional(error.hint)
    return .object(object)
  }

  /// A finding as a member of an object.
  static func value(_ finding: Finding) -> JSONValue {
    [
      "code": .string(finding.code), "level": .string(finding.level.rawValue),
      "path": .optional(finding.path), "message": .string(finding.message),
    ]
  }
}
