import KeepModel
import Testing

@testable import KeepArchive

/// What each node of the contract's tables C2 and C3 reports, and what the collector makes of it.
@Suite struct NodeShapeTests {
  /// A node's part of a result, and the lines and notes that it must give.
  struct Row: Sendable, CustomTestStringConvertible {
    let node: String
    let json: String
    let outputs: [String]
    let notes: [String]
    var testDescription: String { node }
  }

  private static func row(_ node: String, _ json: String, _ outputs: [String], notes: [String] = []) -> Row {
    Row(node: node, json: json, outputs: outputs, notes: notes)
  }

  private static let core: [Row] = [
    row(
      "SaveImage", #"{"images":[{"filename":"C_00001_.png","subfolder":"","type":"output","url":"u"}]}"#,
      ["images 0 C_00001_.png||output|u"]),
    row(
      "PreviewImage", #"{"images":[{"filename":"t.png","subfolder":"","type":"temp","url":"u"}]}"#,
      ["images 0 t.png||temp|u"]),
    row(
      "SaveImageAdvanced",
      #"{"images":[{"filename":"C_00001.exr","type":"output","url":"u"},{"filename":"C_00002.avif","type":"output","url":"v"}],"animated":[true]}"#,
      ["images 0 C_00001.exr||output|u", "images 1 C_00002.avif||output|v"]),
    row(
      "SaveAnimatedWEBP, SaveAnimatedPNG", #"{"images":[{"filename":"a.webp","url":"u"}],"animated":[true]}"#,
      ["images 0 a.webp||output|u"]),
    row(
      "SaveSVGNode", #"{"images":[{"filename":"a.svg","type":"output","url":"u"}]}"#,
      ["images 0 a.svg||output|u"]),
    row(
      "SaveWEBM, SaveVideo",
      #"{"images":[{"filename":"v_00001_.mkv","subfolder":"video","type":"output","url":"u"}],"animated":[true]}"#,
      ["images 0 v_00001_.mkv|video|output|u"]),
    row(
      "VideoTrim, VideoCrop",
      #"{"images":[{"filename":"v.mp4","type":"temp","url":"u"}],"animated":[true]}"#,
      ["images 0 v.mp4||temp|u"]),
    row(
      "LoadVideo", #"{"images":[{"filename":"mine.mp4","type":"input","url":"u"}],"animated":[true]}"#,
      ["images 0 mine.mp4||input|u"]),
    row(
      "SaveAudio and its kin",
      #"{"audio":[{"filename":"a.flac","subfolder":"audio","type":"output","url":"u"}]}"#,
      ["audio 0 a.flac|audio|output|u"]),
    row(
      "PreviewAudio", #"{"audio":[{"filename":"a.flac","type":"temp","url":"u"}]}"#,
      ["audio 0 a.flac||temp|u"]),
    row(
      "SaveLatent", #"{"latents":[{"filename":"l.latent","type":"output","url":"u"}]}"#,
      ["latents 0 l.latent||output|u"]),
    row(
      "SaveGLB", #"{"3d":[{"filename":"m.glb","subfolder":"mesh","type":"output","url":"u"}]}"#,
      ["3d 0 m.glb|mesh|output|u"]),
    row(
      "Preview3D", #"{"result":["mesh/m.glb",{"cameraType":"orthographic","zoom":1.5},"temp/bg.png"]}"#,
      ["result 0 'mesh/m.glb'", "result 1 'orthographic'", "result 2 'temp/bg.png'"],
      notes: ["mentioned_file mesh/m.glb", "mentioned_file temp/bg.png"]),
    row(
      "Preview3D without camera and background", #"{"result":["m.splat",null,null]}"#,
      ["result 0 'm.splat'"], notes: ["mentioned_file m.splat"]),
    row(
      "Preview3D, early", #"{"model_file":["m.glb"]}"#, ["model_file 0 'm.glb'"],
      notes: ["mentioned_file m.glb"]),
    row(
      "Preview3D, early, taken apart", #"{"model_file":["m",".","g","l","b"]}"#, ["model_file 0 'm.glb'"],
      notes: ["mentioned_file m.glb"]),
    row(
      "3D preview, advanced",
      #"{"result":["m.glb [output]",{},null],"3d":[{"filename":"m.glb","type":"output","url":"u"}]}"#,
      ["3d 0 m.glb||output|u", "result 0 'm.glb [output]'"]),
    row("PreviewAny", #"{"text":["1.5"]}"#, ["text 0 '1.5'"]),
    row(
      "SaveText", #"{"text":["hello"],"files":[{"filename":"n.csv","type":"output","url":"u"}]}"#,
      ["files 0 n.csv||output|u", "text 0 'hello'"]),
    row(
      "ImageCompare, rgthree Image Comparer",
      #"{"a_images":[{"filename":"a.png","type":"temp","url":"u"}],"b_images":[{"filename":"b.png","type":"temp","url":"v"}]}"#,
      ["a_images 0 a.png||temp|u", "b_images 0 b.png||temp|v"]),
    row(
      "Painter", #"{"images":[{"filename":"p.png","type":"temp","url":"u"}],"animated":[false]}"#,
      ["images 0 p.png||temp|u"]),
  ]

  private static let custom: [Row] = [
    row(
      "VHS_VideoCombine",
      #"{"gifs":[{"filename":"A_00001-audio.mp4","subfolder":"","type":"output","format":"video/h264-mp4","frame_rate":8.0,"workflow":"A_00001.png","fullpath":"/srv/out/A_00001-audio.mp4","url":"u"}]}"#,
      ["gifs 0 A_00001-audio.mp4||output|u"]),
    row(
      "VHS_VideoCombine without saving",
      #"{"gifs":[{"filename":"A.gif","type":"temp","format":"image/gif","url":"u"}]}"#,
      ["gifs 0 A.gif||temp|u"]),
    row(
      "VHS_VideoCombine as pictures", #"{"gifs":[{"filename":"A_%03d.png","type":"output"}]}"#,
      ["gifs 0 A_%03d.png||output|-"], notes: ["pattern_filename A_%03d.png"]),
    row(
      "VHS with Batch Manager", #"{"unfinished_batch":[true]}"#, [], notes: ["unfinished_batch -"]),
    row("comfy_mtb Save Gif", #"{"gif":[{"filename":"g.gif","url":"u"}]}"#, ["gif 0 g.gif||output|u"]),
    row(
      "comfy_mtb Debug",
      #"{"items":[{"text":"words"},{"b64_images":["data:image/png;base64,AA=="]}]}"#, ["items 0 'words'"],
      notes: ["inline_data -"]),
    row(
      "ComfyUI-3D-Pack previews", #"{"previews":[{"filepath":"/srv/m.obj"}]}"#, ["previews 0 '/srv/m.obj'"],
      notes: ["mentioned_file /srv/m.obj"]),
    row("TRELLIS2", #"{"three_model":[{"filename":"m.glb","url":"u"}]}"#, ["three_model 0 m.glb||output|u"]),
    row(
      "WAS Image Save, previews off", #"{"images":[],"files":["out/w_0001.png"]}"#,
      ["files 0 'out/w_0001.png'"],
      notes: ["mentioned_file out/w_0001.png"]),
    row(
      "ComfyDeploy", #"{"text_file":[{"filename":"t.txt","type":"output","output_id":"o-1","url":"u"}]}"#,
      ["text_file 0 t.txt||output|u"]),
    row("ComfyDeploy websocket image", "{}", []),
    row(
      "comfy-pack", #"{"zip":[{"filename":"z.zip","type":"zip","url":"u"}]}"#, ["zip 0 z.zip||zip|u"],
      notes: ["unknown_type zip"]),
    row(
      "tooling-nodes image",
      #"{"images":[{"source":"websocket","content-type":"image/png","type":"output","id":3}]}"#,
      ["images 0 'image/png'", "images 1 'websocket'", "images 2 'output'"]),
    row(
      "tooling-nodes text", #"{"text":[{"name":"caption","text":"a cat","content-type":"text/plain"}]}"#,
      ["text 0 'a cat'"]),
    row("ShowText and its kin", #"{"text":[["a cat","a dog"]]}"#, ["text 0 'a cat'", "text 1 'a dog'"]),
    row("WD14 Tagger", #"{"tags":["1girl, solo"]}"#, ["tags 0 '1girl, solo'"]),
    row("Math Expression", #"{"value":[42]}"#, []),
    row(
      "Crystools", #"{"text":["512x512"],"images":[{"filename":"c.png","type":"temp","url":"u"}]}"#,
      ["images 0 c.png||temp|u", "text 0 '512x512'"]),
    row(
      "KJNodes editors",
      #"{"bg_image":["iVBORw0KGgo="],"kj_batch_preview":[true],"fast_preview":[{"on":false}]}"#,
      ["bg_image 0 'iVBORw0KGgo='"]),
    row(
      "Easy-Use", #"{"positive":["a"," ","c","a","t"],"text":["e","m","p","t","y"]}"#,
      ["positive 0 'a cat'", "text 0 'empty'"]),
    row("KJNodes saver", #"{"text":["e","m","p","t","y"]}"#, ["text 0 'empty'"]),
    row(
      "cloud workers", #"{"video":[{"filename":"v.mp4","url":"u"}],"videos":["out/w.mp4"]}"#,
      ["video 0 v.mp4||output|u", "videos 0 'out/w.mp4'"], notes: ["mentioned_file out/w.mp4"]),
    row(
      "cloud workers, a bare path", #"{"video":["w",".","m","p","4"]}"#, ["video 0 'w.mp4'"],
      notes: ["mentioned_file w.mp4"]),
    row(
      "the service's own record, without a name", #"{"images":[{"url":"https://h/p/a%20b.png?sig=1"}]}"#,
      ["images 0 a b.png||output|https://h/p/a%20b.png?sig=1"]),
  ]

  @Test(arguments: core + custom)
  func everyNodeOfTheContractIsReadAsItSays(row: Row) throws {
    let collected = OutputCollector.collect(
      try .fixture(outputs: "{\"7\":\(row.json)}"), workflow: nil)
    let lines = collected.outputs.map { output in
      switch output.content {
      case .file(let file):
        "\(output.key) \(output.index) \(file.filename)|\(file.subfolder)|\(file.type)|\(file.url ?? "-")"
      case .text(let text): "\(output.key) \(output.index) '\(text)'"
      }
    }
    #expect(lines == row.outputs)
    #expect(collected.notes.map { "\($0.kind.rawValue) \($0.detail ?? "-")" } == row.notes)
  }

  @Test func aSaverThatReportsNothingIsNoted() throws {
    let workflow = try Workflow(
      document: JSONDocument(parsing: Array(#"{"7":{"class_type":"Hy3DExportMesh","inputs":{}}}"#.utf8)).value
    )
    let collected = OutputCollector.collect(try .fixture(outputs: "{}"), workflow: workflow)
    #expect(collected.notes.map(\.kind) == [.nothingReported])
  }

  /// Every string leaf and every file record of the result is an output or a note, whatever it is called.
  @Test(arguments: core + custom)
  func nothingThatIsListedIsDroppedSilently(row: Row) throws {
    let result = try RunResult.fixture(outputs: "{\"7\":\(row.json)}")
    let collected = OutputCollector.collect(result, workflow: nil)
    let places = Set(collected.outputs.map { $0.pointer.description })
    let inline = collected.notes.contains { $0.kind == .inlineData }
    for leaf in Self.leaves(result.outputs.map { .object($0) } ?? .null, at: JSONPointer(["outputs"])) {
      let isKept = leaf.ancestors.contains { places.contains($0) }
      #expect(isKept || inline, "\(leaf.ancestors.last ?? "")")
    }
  }

  /// The places of all strings that stand for themselves, each with those of the values around it.
  private static func leaves(
    _ value: JSONValue, at pointer: JSONPointer, within: [String] = []
  ) -> [(text: String, ancestors: [String])] {
    let within = within + [pointer.description]
    return switch value {
    case .string(let text): text.isEmpty ? [] : [(text, within)]
    case .array(let items):
      items.enumerated().flatMap { leaves($1, at: pointer.appending($0), within: within) }
    case .object(let object):
      object["text"]?.string != nil
        ? [("", within + [pointer.appending("text").description])]
        : object.members.flatMap { leaves($0.value, at: pointer.appending($0.key), within: within) }
    default: []
    }
  }
}
