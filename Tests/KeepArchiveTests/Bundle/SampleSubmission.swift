import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@testable import KeepArchive

extension SampleRun {
  /// A picture that went in, prompts, a seed that no double can hold, and the workflow recorded at submit.
  static func submitted(
    _ word: String = "succeeded", error: JSONValue? = nil, mode: Submission.Mode = .overrides,
    workflow: Workflow? = try? workflow()
  ) throws -> SampleRun {
    var overrides = Overrides()
    let checksum = Checksum(of: png)
    let asset = Asset(
      path: "photos/Café & <b>.png", size: ByteCount(UInt64(png.count)), checksum: checksum,
      mediaType: "image/png")
    overrides[NodeInput(node: "10", name: "image")] = .asset(.inline(asset))
    overrides[NodeInput(node: "6", name: "text")] = .json("a \"red\" fox,\n<snow> & 'ice'")
    overrides[NodeInput(node: "3", name: "seed")] = .randomSeed(.max)
    overrides[NodeInput(node: "38:42", name: "denoise")] = .json(.number(JSONNumber(unchecked: "0.65")))
    var run = try SampleRun(
      word, error: error,
      submission: Submission(
        deployment: "deployment-1", mode: mode, workflow: workflow, overrides: overrides))
    run.record.keptInputs = [checksum: try run.spool.write(png, to: "kept")]
    return run
  }

  /// A small graph in API form.
  static func workflow() throws -> Workflow {
    let text = """
      {"3": {"class_type": "KSampler", "_meta": {"title": "Sampler"},
             "inputs": {"seed": 1, "steps": 20, "positive": ["6", 0]}},
       "6": {"class_type": "CLIPTextEncode", "_meta": {"title": "Positive <prompt>"},
             "inputs": {"text": "old"}},
       "7": {"class_type": "CLIPTextEncode", "_meta": {"title": "Negative prompt"},
             "inputs": {"text": "watermark, text"}},
       "9": {"class_type": "SaveImage", "inputs": {"filename_prefix": "ComfyUI"}},
       "10": {"class_type": "LoadImage", "inputs": {"image": "example.png"}},
       "38:42": {"class_type": "Denoise", "inputs": {"denoise": 1.0}}}
      """
    return try Workflow(document: JSONDocument(parsing: Array(text.utf8)).value)
  }
}

/// One of each sort of run, by a name for the test's report.
enum SampleSort: String, CaseIterable, Sendable {
  case image, elsewhere, failed, text, empty, partial, inline, media

  func run() throws -> SampleRun {
    switch self {
    case .image:
      var run = try SampleRun.submitted()
      try run.add("ComfyUI_00001_.png", SampleRun.png)
      try run.add("ComfyUI_00002_.png", SampleRun.png, index: 1)
      return run
    case .elsewhere:
      var run = try SampleRun()
      try run.add("ComfyUI_00001_.png", SampleRun.png)
      return run
    case .failed:
      return try SampleRun.submitted(
        "failed", error: [["errorCode": 10012, "error": "no <memory>", "debugInfo": "line 1\nline 2"]])
    case .text:
      var run = try SampleRun.submitted(workflow: nil)
      run.add(text: "</pre><script>alert(1)</script>")
      run.add(text: String(repeating: "é", count: 20_000), index: 1)
      return run
    case .empty: return try SampleRun()
    case .partial:
      var run = try SampleRun.submitted()
      try run.add("ComfyUI_00001_.png", SampleRun.png)
      try run.add("gone.mp4", [], node: "30", key: "gifs", missing: .http404)
      return run
    case .inline:
      var run = try SampleRun.submitted(mode: .inlineWorkflow)
      try run.add("ComfyUI_00001_.png", SampleRun.png)
      return run
    case .media:
      var run = try SampleRun()
      try run.add("clip.mp4", [1], node: "3", key: "gifs")
      try run.add("voice.flac", [2], node: "4", key: "audio")
      try run.add("mesh.glb", [3], node: "5", key: "3d")
      try run.add("page.html", Array("<script>alert(1)</script>".utf8), node: "6", key: "files")
      try run.add("drawing.svg", Array("<svg/>".utf8), node: "7")
      for (index, name) in ["a.shtml", "b.xht", "c.xml", "d.bin", "e", "f.url"].enumerated() {
        try run.add(name, Array("GIF89a<script>alert(1)</script>".utf8), node: "6", key: "more", index: index)
      }
      try run.add("\u{202E}gnp.\"onerror=\"x' <img>.png", SampleRun.png, node: "8")
      try run.add("empty.png", [], node: "9")
      return run
    }
  }
}
