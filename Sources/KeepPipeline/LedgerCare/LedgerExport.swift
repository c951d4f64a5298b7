import KeepArchive
import KeepLedger
public import KeepModel
import SystemPackage

/// Everything that a ledger knows, as objects for other programs.
///
/// Each object has a `type`, and the same members in the same order whatever they hold. Addresses have no query and no user
/// info: they may give access. What an answer of the service holds is left out, since the bundle and its receipt have it.
public struct LedgerExport: Sendable {
  /// The columns of the table form; every object's members are among them.
  public static let columns = [
    "type", "version", "submission_key", "request_id", "deployment_id", "mode", "state", "reason", "batch",
    "core_key", "includes_inputs", "includes_temporary", "allows_partial", "overrides", "workflow_sha256",
    "node", "input", "path", "bytes", "sha256", "original_sha256",
    "media_type", "width", "height", "status_url", "result_url", "cancel_url", "service_word",
    "queue_position",
    "verdict", "result_bytes", "bundle", "bundle_sha256", "outputs", "store", "place", "keeps_local", "id",
    "name", "detail", "target", "url", "ours", "at", "created_at", "updated_at", "submitted_at", "started_at",
    "finished_at", "archived_at", "bound_at", "stored_at", "dropped_at", "uploaded_at", "used_at",
    "expires_at",
    "removed_at", "received_at", "begun_at", "arrival", "folder", "stamp", "urgent", "repeated", "sending",
    "kept",
    "moved_to", "arrived_at", "changed_at", "day", "runs", "since",
  ]

  /// The object of a row; `nil` for one of a table that is only there for the others.
  static func object(_ row: LedgerRow) -> JSONObject? {
    var object = JSONObject()
    object["type"] = .string("ledger_\(snake(row.table))")
    object["version"] = 1
    switch row.table {
    case "workflow": return nil
    case "output":
      object["request_id"] = text(row, "request")
      object["sha256"] = text(row, "checksum")
    default:
      for (column, value) in row.columns {
        guard let (name, member) = member(row.table, column, value) else { continue }
        object[name] = member
      }
    }
    return object
  }

  private static func text(_ row: LedgerRow, _ column: String) -> JSONValue { .optional(row.text(column)) }

  private static let names = [
    "submission.key": "submission_key", "asset.checksum": "sha256", "asset.size": "bytes",
    "asset.original": "original_sha256", "request.id": "request_id", "request.word": "service_word",
    "request.result": "result_bytes", "request.bundleChecksum": "bundle_sha256", "upload.size": "bytes",
    "upload.checksum": "sha256", "stored.checksum": "bundle_sha256", "batch.id": "batch",
    "submission": "submission_key",
    "request": "request_id", "deployment": "deployment_id", "workflow": "workflow_sha256", "isOurs": "ours",
    "usedCoreKey": "core_key", "statusURL": "status_url", "resultURL": "result_url",
    "cancelURL": "cancel_url", "arrival.checksum": "sha256", "arrival.size": "bytes", "isUrgent": "urgent",
    "isRepeated": "repeated",
  ]

  private static func member(
    _ table: String, _ column: String, _ value: LedgerRow.Value
  ) -> (String, JSONValue)? {
    let name = names["\(table).\(column)"] ?? names[column] ?? snake(column)
    guard value != .null else { return (name, .null) }
    switch (column, value) {
    case ("result", .bytes(let bytes)): return (name, .integer(bytes.count))
    case ("overrides", .bytes(let bytes)):
      return (name, (try? JSONDocument(parsing: bytes).value).map(StruckText.value) ?? .null)
    case ("path", .bytes(let bytes)), ("bundle", .bytes(let bytes)), ("folder", .bytes(let bytes)),
      ("movedTo", .bytes(let bytes)):
      return (name, .string(String(decoding: bytes, as: UTF8.self)))
    case (_, .bytes): return nil
    case ("usedCoreKey", .integer(let number)), ("isOurs", .integer(let number)),
      ("keepsLocal", .integer(let number)), ("includesInputs", .integer(let number)),
      ("includesTemporary", .integer(let number)), ("allowsPartial", .integer(let number)),
      ("isUrgent", .integer(let number)), ("isRepeated", .integer(let number)):
      return (name, .bool(number != 0))
    case ("state", .text(let word)): return (name, .string(SubmissionState(rawValue: word)?.word ?? word))
    case ("name", .text(let word)) where table == "event":
      return (name, .string(SubmissionState(rawValue: word)?.word ?? word))
    case (_, .integer(let number)) where column == "at" || column == "since" || column.hasSuffix("At"):
      return (name, .string(Timestamp(milliseconds: number).description))
    case (_, .integer(let number)): return (name, .integer(Int(number)))
    case (_, .text(let text)): return (name, .string(StruckText.text(text)))
    case (_, .null): return (name, .null)
    }
  }

  /// `queuePosition` as `queue_position`.
  private static func snake(_ name: String) -> String {
    name.reduce(into: "") { result, character in
      result += character.isUppercase ? "_\(character.lowercased())" : String(character)
    }
  }
}

extension Archive {
  /// Hands over everything that the ledger knows, as it was at one moment: the same ledger gives the same objects in the
  /// same order.
  ///
  /// - Throws: ``KeepError`` with code `ledger_unusable`.
  public func exportLedger(_ take: @Sendable (JSONObject) -> Void) async throws(KeepError) {
    try await ledger.forEachRow { row in
      if let object = LedgerExport.object(row) { take(object) }
    }
  }
}
