package import KeepModel

/// The service's words for where a run stands, from both of its vocabularies.
package enum RunWord {
  /// Lower case, `-` as `_`, without spaces around.
  package static func normalized(_ word: String) -> String {
    let letters = word.lowercased().utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 }
    let isSpace: (UInt8) -> Bool = { $0 <= 0x20 }
    let trimmed = letters.drop(while: isSpace).reversed().drop(while: isSpace).reversed()
    return String(decoding: trimmed, as: UTF8.self)
  }

  /// Where a run stands by the word of a status call.
  package static func phase(_ word: String) -> RequestStatus.Phase {
    switch normalized(word) {
    case "in_queue", "queued", "pending": .queued
    case "in_progress", "processing", "running", "cancellation_requested", "cancelling", "canceling":
      .running
    case "completed", "succeeded", "success": .finished
    case "failed", "error", "timeout": .failed
    case "cancelled", "canceled": .canceled
    default: .unknown
    }
  }
}
