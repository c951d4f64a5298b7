import KeepModel
import Testing

@testable import KeepSubmit

@Suite struct MediaInputFinderTests {
  /// `Class.input` with the value given, and what is found there.
  private func find(
    _ nodeClass: String, _ inputs: String, objectInfo: String? = nil
  ) throws -> [MediaInput] {
    let workflow = try Samples.graph(#"{"1":{"class_type":"\#(nodeClass)","inputs":\#(inputs)}}"#)
    return MediaInputFinder.mediaInputs(
      in: workflow, objectInfo: try objectInfo.map { try Samples.json($0) })
  }

  @Test func aWiredInputIsNoCandidate() throws {
    #expect(try find("LoadImage", #"{"image":["2",0]}"#).isEmpty)
  }

  @Test(arguments: [
    (#"[["input.png"],{"image_upload":true}]"#, MediaKind.image),
    (#"["COMBO",{"options":["a.mp4"],"video_upload":true}]"#, .video),
    (#"["STRING",{"image_upload":true,"widgetType":"PAINTER"}]"#, .image),
    (#"["COMBO",{"audio_upload":true}]"#, .video),
    (#"["STRING",{"vhs_path_extensions":["mp4","webm"]}]"#, .video),
    (#"["AUDIO_RECORD",{}]"#, .audio),
  ])
  func theSchemaTellsInEitherSpelling(spec: String, kind: MediaKind) throws {
    for group in ["required", "optional"] {
      let found = try find(
        "Custom", #"{"media":"x"}"#,
        objectInfo: #"{"Custom":{"input":{"\#(group)":{"media":\#(spec)}}}}"#)
      #expect(found.count == 1)
      #expect(found.first?.evidence == .schema)
      #expect(found.first?.takes(kind) == true)
      #expect(found.first?.acceptance == .file)
    }
  }

  @Test func aFalseFlagIsNoFlag() throws {
    let found = try find(
      "Custom", #"{"media":"x"}"#,
      objectInfo: #"{"Custom":{"input":{"required":{"media":[["x"],{"image_upload":false}]}}}}"#)
    #expect(found.isEmpty)
  }

  @Test(arguments: [
    ("VHS_LoadVideo", "video", MediaKind.video), ("VHS_LoadVideoPath", "video", .video),
    ("VHS_LoadAudioUpload", "audio", .audio), ("LoadAudio", "audio", .video),
    ("LoadVideo", "file", .video), ("LoadLatent", "latent", .other),
    ("Load3D", "model_file", .model3D), ("RecordAudio", "audio", .audio),
    ("Image Load", "image_path", .image), ("ComfyUIDeployExternalVideo", "default_value_url", .video),
    ("CPackInputFile", "path", .text), ("Hy3DLoadMesh", "glb_path", .model3D),
  ])
  func theClassTellsWithoutASchema(nodeClass: String, input: String, kind: MediaKind) throws {
    let found = try find(nodeClass, #"{"\#(input)":""}"#)
    #expect(found.map(\.input.name.rawValue) == [input])
    #expect(found.first?.evidence == .nodeClass)
    #expect(found.first?.takes(kind) == true)
    #expect(found.first?.acceptance == .file)
  }

  @Test(arguments: [
    ("VHS_LoadImages", "directory", MediaInput.Acceptance.folder),
    ("LoadImageDataSetFromFolder", "folder", .folder),
    ("WebcamCapture", "image", .object), ("Load3D", "image", .object),
    ("ETN_LoadImageBase64", "image", .bareBase64),
    ("easy loadImageBase64", "base64_data", .bareBase64),
  ])
  func whatCannotTakeOneFileSaysSo(
    nodeClass: String, input: String, acceptance: MediaInput.Acceptance
  ) throws {
    let found = try find(nodeClass, #"{"\#(input)":""}"#)
    #expect(found.first?.acceptance == acceptance)
    #expect(found.first?.obstacle != nil)
    #expect(throws: KeepError(.inputRejected, .none, "")) {
      try AssetTarget.resolve(kind: .image, among: found)
    }
  }

  @Test func theSchemaOfAnObjectInputSaysThatItTakesNoFile() throws {
    for type in ["LOAD_3D", "WEBCAM"] {
      let found = try find(
        "Custom", #"{"image":""}"#,
        objectInfo: #"{"Custom":{"input":{"required":{"image":["\#(type)",{}]}}}}"#)
      #expect(found.first?.acceptance == .object)
    }
  }

  @Test(arguments: [
    ("cat.PNG", MediaKind.image), ("clip.webm [input]", .video), ("https://h.example/a.mp3?x=1", .audio),
    ("data:image/webp;base64,AAAA", .image), ("sub/mesh.glb", .model3D),
  ])
  func theValueTells(value: String, kind: MediaKind) throws {
    let found = try find("SomeNode", #"{"source":"\#(value)","strength":1}"#)
    #expect(found.map(\.input.name) == ["source"])
    #expect(found.first?.evidence == .value)
    #expect(found.first?.takes(kind) == true)
  }

  @Test(arguments: ["ae.safetensors", "a cat, 4.5 stars", "notes.txt", "v1.5\\nx.png", ""])
  func otherTextIsNoMedia(value: String) throws {
    #expect(try find("SomeNode", #"{"source":"\#(value)"}"#).isEmpty)
  }

  @Test func aSaverWritesWhatLooksLikeMedia() throws {
    #expect(try find("SaveVideo", #"{"filename":"out.mp4"}"#).isEmpty)
  }

  @Test func aNeighbourNamedUploadTells() throws {
    let found = try find("OldLoader", #"{"image":"example","upload":"image"}"#)
    #expect(found.map(\.input.name) == ["image"])
    #expect(found.first?.evidence == .value)
  }

  @Test func theNameTellsOnlyOnAClassThatLoads() throws {
    #expect(try find("LoadThing", #"{"mask":"example"}"#).first?.evidence == .name)
    #expect(try find("Thing", #"{"mask":"example"}"#).isEmpty)
  }

  @Test func anEarlierOutputIsReplacedOnlyByName() throws {
    let found = try find("LoadImageOutput", #"{"image":"a.png [output]"}"#)
    #expect(found.first?.acceptance == .onRequest)
    #expect(throws: KeepError(.inputRejected, .none, "")) {
      try AssetTarget.resolve(kind: .image, among: found)
    }
    let workflow = try Samples.graph(
      #"{"1":{"class_type":"LoadImageOutput","inputs":{"image":"a.png [output]"}}}"#)
    var overrides = Overrides()
    overrides[NodeInput(node: "1", name: "image")] = .asset(.inline(Samples.asset()))
    try workflow.validate(overrides)
  }

  @Test func theOneFittingInputIsTaken() throws {
    let media = MediaInputFinder.mediaInputs(in: try Samples.graph(), objectInfo: nil)
    #expect(media.map(\.description) == [#"189.image (LoadImage, "Load Image")"#])
    #expect(try AssetTarget.resolve(kind: .image, among: media).input.description == "189.image")
  }

  @Test func severalOrNoFittingInputsAreListedAndRefused() throws {
    let workflow = try Samples.graph(
      #"""
      {"1":{"class_type":"LoadImage","inputs":{"image":"a.png"},"_meta":{"title":"Face"}},
       "2":{"class_type":"LoadImage","inputs":{"image":"b.png"}}}
      """#)
    let media = MediaInputFinder.mediaInputs(in: workflow, objectInfo: nil)
    let several = #expect(throws: KeepError.self) {
      try AssetTarget.resolve(kind: .image, among: media)
    }
    #expect(several?.code == .inputRejected)
    #expect(several?.reason.contains(#"1.image (LoadImage, "Face"); 2.image (LoadImage)"#) == true)
    let none = #expect(throws: KeepError.self) {
      try AssetTarget.resolve(kind: .audio, among: media)
    }
    #expect(none?.reason.contains("1.image") == true)
  }

  @Test func anAnimatedImageGoesIntoTheOnlyVideoLoader() throws {
    let found = try find("VHS_LoadVideo", #"{"video":"a.mp4"}"#)
    #expect(try AssetTarget.resolve(type: "image/gif", among: found).input.name == "video")
    #expect(throws: KeepError.self) { try AssetTarget.resolve(type: "image/png", among: found) }
  }
}
