import Foundation
import KeepModel

extension RunResult {
  /// A succeeded run with these outputs.
  static func fixture(outputs: String) throws -> RunResult {
    try fixture(document: "{\"status\":\"succeeded\",\"outputs\":\(outputs)}")
  }

  /// A run with this answer.
  static func fixture(document text: String, verdict: Verdict = .succeeded) throws -> RunResult {
    let raw = Array(text.utf8)
    let document = try JSONDocument(parsing: raw, options: .lenient)
    return RunResult(
      verdict: verdict, word: verdict.rawValue, document: document.value,
      irregularities: document.irregularities, raw: raw)
  }

  /// The answer in a captured run.
  static func capture(_ name: String) throws -> RunResult {
    guard
      let url = Bundle.module.url(
        forResource: name, withExtension: "json", subdirectory: "Fixtures")
    else { throw CocoaError(.fileNoSuchFile) }
    let capture = try JSONDocument(parsing: Array(Data(contentsOf: url))).value
    let answer = CanonicalJSON.compact(capture["result"] ?? .null)
    return try fixture(document: String(decoding: answer, as: UTF8.self))
  }
}
