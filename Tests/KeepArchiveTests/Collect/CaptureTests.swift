import KeepModel
import Testing

@testable import KeepArchive

/// Results captured from real runs give exactly these outputs.
@Suite struct CaptureTests {
  @Test func imageToImage() throws {
    try expect(
      "result_01_image_to_image",
      [
        "9 images 0 ComfyUI_00013_.png||output|1b7a759a-f092-4758-9597-ee0e95d459c9/output/ComfyUI_00013_.png"
      ])
  }

  @Test func previewsAreTemporary() throws {
    try expect(
      "result_03_preview_only",
      [
        "2 images 0 ComfyUI_temp_gjlbl_00001_.png||temp|27724f87-9cf3-4c0d-9358-b726fa3d0768/temp/ComfyUI_temp_gjlbl_00001_.png",
        "3 images 0 ComfyUI_temp_yjoyz_00001_.png||temp|27724f87-9cf3-4c0d-9358-b726fa3d0768/temp/ComfyUI_temp_yjoyz_00001_.png",
      ])
  }

  @Test func videoUnderImages() throws {
    try expect(
      "result_05_webm",
      [
        "3 images 0 ComfyUI_00002_.webm|webm|output|5978e03c-2fa0-4aeb-9638-bba229b11c26/output/webm/ComfyUI_00002_.webm"
      ])
  }

  @Test func texts() throws {
    try expect(
      "result_08_text_outputs",
      [
        "4 text 0 'a red fox, snow, 35mm, high detail'", "5 text 0 '1234567890123456789'",
        "7 images 0 ComfyUI_00018_.png||output|7a1050ce-49b4-48b0-905c-21914817ae56/output/ComfyUI_00018_.png",
      ])
  }

  @Test func meshesAndAPathThatIsOnlyMentioned() throws {
    try expect(
      "result_10_mesh_3d",
      [
        "3 3d 0 ComfyUI_00003_.glb|mesh|output|e81c6ced-55fd-47a6-b4a4-1c276a641a3c/output/mesh/ComfyUI_00003_.glb",
        "3 3d 1 ComfyUI_00004_.glb|mesh|output|e81c6ced-55fd-47a6-b4a4-1c276a641a3c/output/mesh/ComfyUI_00004_.glb",
        "4 result 0 'mesh/ComfyUI_00001_.glb'",
      ], notes: [.mentionedFile])
  }

  @Test func videoCombineWithAndWithoutSaving() throws {
    try expect(
      "result_11_vhs_video_combine",
      [
        "3 gifs 0 AnimateDiff_00002-audio.mp4||output|2fffecc7-f4f8-4f2a-abe0-0b1967c7a02e/output/AnimateDiff_00002-audio.mp4",
        "4 gifs 0 AnimateDiff_00002.gif||temp|2fffecc7-f4f8-4f2a-abe0-0b1967c7a02e/temp/AnimateDiff_00002.gif",
      ])
  }

  @Test func nodesInSubgraphs() throws {
    try expect(
      "result_13_subgraph_node_ids",
      [
        "38:43 text 0 'Transform to an elephant'",
        "58 images 0 ComfyUI_00019_.png||output|b2ceeb12-e242-4cf5-a564-c80bcd3300f5/output/ComfyUI_00019_.png",
      ])
  }

  private func expect(
    _ capture: String, _ lines: [String], notes: [CollectionNote.Kind] = [],
    _ place: SourceLocation = #_sourceLocation
  ) throws {
    let result = try RunResult.capture(capture)
    let collected = OutputCollector.collect(result, workflow: nil)
    let found = collected.outputs.map { output in
      let content =
        switch output.content {
        case .file(let file):
          "\(file.filename)|\(file.subfolder)|\(file.type)|"
            + (file.url ?? "-").replacing("http://$STORAGE/deployment_requests/", with: "")
        case .text(let text): "'\(text)'"
        }
      return "\(output.node) \(output.key) \(output.index) \(content)"
    }
    #expect(found == lines, sourceLocation: place)
    #expect(collected.notes.map(\.kind) == notes, sourceLocation: place)
    for output in collected.outputs {
      #expect(output.pointer.value(in: result.document) != nil, sourceLocation: place)
    }
  }
}
