public import KeepModel

// The names here are promises: the page's script and other programs read them.
extension DashboardState {
  /// The state as one JSON object. Times are text as in ``Timestamp/description``, sizes numbers of bytes, what is not
  /// known is `null`.
  public var json: JSONValue {
    .object(JSONObject(members.map { JSONObject.Member(key: $0.0, value: $0.1) }))
  }

  /// The members that change by themselves, while nothing happens.
  static let restless: Set<String> = ["now", "heartbeat"]

  var members: [(String, JSONValue)] {
    [
      ("type", "dashboard"), ("version", 1),
      ("now", now.json), ("heartbeat", heartbeat.json), ("started_at", startedAt.json),
      ("program_version", .string(version)),
      ("paused", paused?.json ?? .null), ("held", held?.json ?? .null),
      ("folders", .array(folders.map(\.json))), ("settling", .integer(settling)), ("counts", counts.json),
      ("today", today.json), ("totals", totals.json),
      ("running", .array(running.map(\.json))), ("waiting", .array(waiting.map(\.json))),
      ("finished", .array(finished.map(\.json))), ("failures", .array(failures.map(\.json))),
      ("deadlines", .array(deadlines.map(\.json))), ("throughput", .array(throughput.map(\.json))),
    ]
  }
}

extension Timestamp {
  fileprivate var json: JSONValue { .string(description) }
}

extension ByteCount {
  fileprivate var json: JSONValue { .integer(bytes) }
}

extension Optional where Wrapped: BinaryInteger & Sendable {
  fileprivate var json: JSONValue { map { .integer($0) } ?? .null }
}

extension DashboardPause {
  fileprivate var json: JSONValue { ["since": since.json, "reason": .optional(reason)] }
}

extension DashboardHold {
  fileprivate var json: JSONValue {
    [
      "reason": .string(reason), "hint": .optional(hint), "since": since?.json ?? .null,
      "needs_person": .bool(needsPerson),
    ]
  }
}

extension DashboardFolder {
  fileprivate var json: JSONValue {
    [
      "path": .string(path), "mode": .string(mode.rawValue), "lost": .bool(isLost), "note": .optional(note),
    ]
  }
}

extension DashboardCounts {
  fileprivate var json: JSONValue {
    [
      "waiting": .integer(waiting), "running": .integer(running), "kept": .integer(kept),
      "failed": .integer(failed), "skipped": .integer(skipped), "in_doubt": .integer(inDoubt),
    ]
  }
}

extension DashboardToday {
  fileprivate var json: JSONValue {
    [
      "runs": .integer(runs), "run_limit": runLimit.json, "sent_bytes": sent.json,
      "sent_bytes_limit": (sentLimit?.bytes).json,
    ]
  }
}

extension DashboardTotals {
  fileprivate var json: JSONValue {
    [
      "files": .integer(files), "runs": .integer(runs), "sent_bytes": sent.json, "outputs": .integer(outputs),
      "kept_bytes": kept.json,
    ]
  }
}

extension DashboardDeadline {
  fileprivate var json: JSONValue {
    ["name": .string(name), "request_id": .string(request.rawValue), "at": at.json]
  }
}

extension DashboardBin {
  fileprivate var json: JSONValue {
    ["start": start.json, "kept": .integer(kept), "failed": .integer(failed)]
  }
}

extension DashboardItem {
  fileprivate var json: JSONValue {
    [
      "id": .integer(id), "name": .string(name), "folder": .string(folder), "bytes": size.json,
      "state": .string(state.rawValue), "since": since.json, "phase": .optional(phase),
      "position": position.json, "reason": .optional(reason), "request_id": .optional(request?.rawValue),
      "deadline": deadline?.json ?? .null, "bundle": .optional(bundle), "outputs": .integer(outputs),
    ]
  }
}
