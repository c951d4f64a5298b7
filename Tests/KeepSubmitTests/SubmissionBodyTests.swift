import KeepModel
import Testing

@testable import KeepSubmit

@Suite struct SubmissionBodyTests {
  private func submission(
    _ mode: Submission.Mode = .overrides, workflow: Workflow? = nil, _ overrides: Overrides = Overrides()
  ) -> Submission {
    Submission(
      deployment: Samples.deployment, mode: mode, workflow: workflow, overrides: overrides)
  }

  private func text(_ segments: [BodySegment]) -> String {
    segments.map { segment in
      switch segment {
      case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
      case .dataURI(let asset): "⟨\(asset.mediaType)⟩"
      }
    }.joined()
  }

  @Test func overridesAreAlwaysSent() throws {
    #expect(text(try SubmissionBody.segments(for: submission())) == #"{"overrides":{}}"#)
  }

  @Test func valuesStandUnderTheirNodesWithExactDigits() throws {
    var overrides = Overrides()
    overrides[NodeInput(node: "38:42", name: "denoise")] = .json(try Samples.json("1e-07"))
    overrides[NodeInput(node: "25", name: "noise_seed")] = .randomSeed(.max)
    overrides[NodeInput(node: "6", name: "text")] = .json("a/b \"c\"\u{7F}é")
    overrides[NodeInput(node: "6", name: "b")] = .json(.null)
    let segments = try SubmissionBody.segments(for: submission(.overrides, overrides))
    #expect(
      text(segments)
        == #"{"overrides":{"25":{"inputs":{"noise_seed":18446744073709551615}},"#
        + #""38:42":{"inputs":{"denoise":1e-07}},"6":{"inputs":{"b":null,"text":"a/b \"c\""#
        + "\u{7F}é\"}}}}")
  }

  @Test func anInlineAssetIsAPieceBetweenQuotesAndAHostedOneItsURL() throws {
    var overrides = Overrides()
    let asset = Samples.asset()
    let url = try #require(HTTPURL("https://h.example/a.png?sig=%2F"))
    overrides[NodeInput(node: "189", name: "image")] = .asset(.inline(asset))
    overrides[NodeInput(node: "190", name: "image")] = .asset(.hosted(url, asset))
    let segments = try SubmissionBody.segments(for: submission(.overrides, overrides))
    #expect(segments.count == 3)
    #expect(segments[1] == .dataURI(asset))
    #expect(
      text(segments)
        == #"{"overrides":{"189":{"inputs":{"image":"⟨image/png⟩"}},"#
        + #""190":{"inputs":{"image":"https://h.example/a.png?sig=%2F"}}}}"#)
    let bytes = segments.reduce(0) { if case .bytes(let bytes) = $1 { $0 + bytes.count } else { $0 } }
    #expect(
      SubmissionBody.length(of: segments) == ByteCount(UInt64(bytes) + asset.dataURILength.bytes))
  }

  @Test func theWholeGraphCarriesTheOverrides() throws {
    let workflow = try Samples.graph()
    var overrides = Overrides()
    overrides[NodeInput(node: "189", name: "image")] = .asset(.inline(Samples.asset()))
    overrides[NodeInput(node: "6", name: "text")] = .json("new")
    let segments = try SubmissionBody.segments(
      for: submission(.inlineWorkflow, workflow: workflow, overrides))
    let sent = try Samples.json(text(segments))
    #expect(sent.object?.keys == ["workflow_api_json"])
    let graph = try #require(sent["workflow_api_json"])
    #expect(graph.object?.keys == workflow.document.object?.keys)
    #expect(graph["6"]?["inputs"]?["text"] == "new")
    #expect(graph["6"]?["inputs"]?["clip"] == ["11", 0])
    #expect(graph["6"]?["_meta"]?["title"] == "Positive Prompt")
    #expect(graph["189"]?["inputs"]?["image"] == "⟨image/png⟩")
    let seed = #"{"class_type":"RandomNoise","inputs":{"add_noise":true,"noise_seed":18446744073709551615}}"#
    #expect(text(segments).contains(#""25":\#(seed)"#))
  }

  @Test func theWholeGraphIsRefusedWithoutOne() {
    #expect(throws: KeepError(.inputRejected, .deployment(Samples.deployment), "")) {
      try SubmissionBody.segments(for: submission(.inlineWorkflow))
    }
    var overrides = Overrides()
    overrides[NodeInput(node: "999", name: "x")] = .json(1)
    #expect(throws: KeepError(.inputRejected, .node("999"), "")) {
      try SubmissionBody.segments(
        for: submission(.inlineWorkflow, workflow: try Samples.graph(), overrides))
    }
  }

  @Test func thePreviewShowsNeitherBytesNorKey() throws {
    var overrides = Overrides()
    overrides[NodeInput(node: "189", name: "image")] = .asset(
      .inline(Samples.asset(size: 12_300_000)))
    let key = Secret("comfyui-secret")
    let sent = try SubmissionBody.segments(
      for: submission(.overrides, overrides), coreAPIKey: key)
    #expect(
      text(sent).hasPrefix(#"{"extra_data":{"api_key_comfy_org":"comfyui-secret"},"overrides":"#))
    let preview = try SubmissionBody.redactedPreview(
      for: submission(.overrides, overrides), coreAPIKey: key)
    let checksum = Samples.asset(size: 12_300_000).checksum
    #expect(
      preview == [
        "extra_data": ["api_key_comfy_org": "**redacted**"],
        "overrides": [
          "189": ["inputs": ["image": .string("data:image/png;base64,<12.3 MB, sha256 \(checksum)>")]]
        ],
      ])
  }
}
