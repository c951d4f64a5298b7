import KeepLedger
import KeepModel
import SystemPackage

/// Values that the ledger's tests speak of.
enum Samples {
  static let noon = Timestamp(milliseconds: 1_790_000_000_000)

  static let asset = Asset(
    path: "photos/cat \u{1F431}.png", size: 1234, checksum: Checksum(of: [1, 2, 3]),
    mediaType: "image/png", dimensions: PixelSize(width: 4, height: 3))

  static func submission(prompt: String = "a fox", seed: UInt64 = .max) -> Submission {
    var overrides = Overrides()
    overrides[NodeInput(node: "6", name: "text")] = .json(.string(prompt))
    overrides[NodeInput(node: "25", name: "noise_seed")] = .randomSeed(seed)
    overrides[NodeInput(node: "189", name: "image")] = .asset(.inline(asset))
    let workflow = try? Workflow(document: ["6": ["class_type": "CLIPTextEncode", "inputs": [:]]])
    return Submission(deployment: "d-1", workflow: workflow, overrides: overrides)
  }

  static let request = Request(
    id: "r-1", deployment: "d-1", statusURL: HTTPURL("https://api.example/status"))

  static func result(_ verdict: RunResult.Verdict = .succeeded) -> RunResult {
    RunResult(
      verdict: verdict, word: verdict.rawValue, finishedAt: noon,
      document: ["status": .string(verdict.rawValue)], raw: Array("{}".utf8))
  }

  static let kept = KeptRun(
    request: "r-1", bundle: "2026-09-21/cat/run-r-1.zip", checksum: Checksum(of: [9]), outputs: 2)
}
