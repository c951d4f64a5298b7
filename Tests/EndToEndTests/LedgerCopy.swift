import Foundation
import KeepTestKit
import SystemPackage
import Testing

/// A ledger as it lies on disk at a moment, read by another program from a copy, so that looking changes nothing.
struct LedgerCopy {
  private let folder: TemporaryFolder

  /// Copies an archive's ledger with its write-ahead log; `nil` where there is none.
  init?(_ archive: String) throws {
    folder = try TemporaryFolder()
    let path = "\(archive)/.comfykeep/ledger.sqlite"
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: path + suffix) {
      try FileManager.default.copyItem(atPath: path + suffix, toPath: folder("ledger.sqlite\(suffix)").string)
    }
  }

  /// What SQLite's own checks find.
  var damage: [String] {
    get throws {
      let checks = try Judges.run(
        "/usr/bin/env",
        ["sqlite3", folder("ledger.sqlite").string, "PRAGMA integrity_check; PRAGMA foreign_key_check"])
      return checks.output == "ok\n" ? [] : ["the ledger is damaged: \(checks.output)"]
    }
  }

  /// What a query gives, by column.
  func rows(_ query: String) throws -> [[String: Any]] {
    let answer = try Judges.run("/usr/bin/env", ["sqlite3", "-json", folder("ledger.sqlite").string, query])
    try #require(answer.status == 0, "\(answer.output)")
    guard !answer.output.isEmpty else { return [] }
    let rows = try JSONSerialization.jsonObject(with: Data(answer.output.utf8))
    return try #require(rows as? [[String: Any]])
  }

  /// The texts of a query of one column.
  func column(_ query: String) throws -> [String] {
    try rows(query).flatMap { $0.values.compactMap { $0 as? String } }
  }

  /// Which photos the service took more often than the ledger knows of an intent, by checksum.
  func missingIntents(_ submitted: [String: Int]) throws -> [String] {
    let begun = try rows(
      """
      SELECT asset.checksum AS sum, count(event.id) AS count FROM asset
      JOIN event ON event.submission = asset.submission AND event.name = 'submitting' GROUP BY asset.checksum
      """
    ).reduce(into: [String: Int]()) { $0[$1["sum"] as? String ?? ""] = $1["count"] as? Int }
    return submitted.filter { $1 > begun[$0, default: 0] }.map { sum, count in
      "\(sum) was submitted \(count) times, and the ledger knows of \(begun[sum, default: 0])"
    }
  }
}
