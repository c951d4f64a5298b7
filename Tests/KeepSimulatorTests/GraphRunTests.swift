import KeepModel
import Testing

@testable import KeepSimulator

@Suite struct GraphRunTests {
  private let media = InputMedia(bytes: Fixture.png())
  private static let film = InputMedia(bytes: Film.frames(after: nil, Painter(checksum: Checksum(of: [3]))))

  private func products(_ text: String) throws -> [NodeProduct] {
    let workflow = try Fixture.workflow(
      text.replacing("$PNG", with: media.name).replacing("$MP4", with: Self.film.name))
    return try GraphRun(
      workflow: workflow, media: [media.name: media, Self.film.name: Self.film], longestSide: 32
    ).products()
  }

  private func files(_ product: NodeProduct, _ channel: String) -> [ProducedFile] {
    (product.channels.first { $0.name == channel }?.items ?? []).compactMap { item in
      if case .file(let file) = item { file } else { nil }
    }
  }

  private func values(_ product: NodeProduct, _ channel: String) -> [JSONValue] {
    (product.channels.first { $0.name == channel }?.items ?? []).compactMap { item in
      if case .value(let value) = item { value } else { nil }
    }
  }

  private func picture(seed: Int = 1, prompt: String = "a") throws -> [UInt8] {
    let products = try products(
      """
      {"1":{"class_type":"LoadImage","inputs":{"image":"$PNG"}},
       "2":{"class_type":"KSampler","inputs":{"image":["1",0],"seed":\(seed),"text":"\(prompt)"}},
       "3":{"class_type":"SaveImage","inputs":{"images":["2",0],"filename_prefix":"x"}}}
      """)
    return try #require(files(products[0], "images").first).bytes
  }

  @Test func sameInputsGiveTheSameBytesAndOthersDoNot() throws {
    #expect(try picture() == picture())
    #expect(try picture() != picture(seed: 2))
    #expect(try picture() != picture(prompt: "b"))
  }

  @Test func pictureKeepsItsProportionsAndCarriesThePrompt() throws {
    let bytes = try picture()
    let raster = try #require(PNGFile.decode(bytes))
    #expect((raster.width, raster.height) == (24, 16))
    let chunk = try #require(try PNGFile.chunks(of: bytes).first { $0.type == "tEXt" })
    let text = String(decoding: chunk.data, as: UTF8.self)
    #expect(text.hasPrefix("prompt\0"))
    #expect(text.contains(media.name))
    #expect(!text.contains("base64"))
  }

  @Test func promptChunkIsAscii() {
    let text = NodeRun.ascii(Array(#"{"a":"é 😀"}"#.utf8))
    #expect(text == #"{"a":"\u00e9 \ud83d\ude00"}"#)
  }

  @Test func previewIsTemporary() throws {
    let product = try products(
      #"{"1":{"class_type":"LoadImage","inputs":{"image":"$PNG"}},"2":{"class_type":"PreviewImage","inputs":{"images":["1",0]}}}"#
    )[0]
    #expect(files(product, "images").map(\.type) == ["temp"])
  }

  @Test func filmPassesThroughUnderImages() throws {
    let product = try products(
      #"{"1":{"class_type":"LoadVideo","inputs":{"file":"$MP4"}},"2":{"class_type":"SaveVideo","inputs":{"video":["1",0],"filename_prefix":"video/x"}}}"#
    )[0]
    #expect(files(product, "images").map(\.bytes) == [Self.film.bytes])
    #expect(files(product, "images").map(\.prefix) == ["video/x"])
    #expect(values(product, "animated") == [true])
  }

  @Test func combinedFilmStandsUnderGifsWithFormatAndRate() throws {
    let product = try products(
      """
      {"1":{"class_type":"LoadImage","inputs":{"image":"$PNG"}},"2":{"class_type":"VHS_VideoCombine",
       "inputs":{"images":["1",0],"frame_rate":12.0,"format":"video/h264-mp4","save_output":false}}}
      """)[0]
    let file = try #require(files(product, "gifs").first)
    #expect(file.type == "temp")
    #expect(file.extra.map(\.key) == ["format", "frame_rate"])
    #expect(file.extra[1].value.number?.text == "12.0")
    try InputMedia(bytes: file.bytes, claimed: "video/mp4").check()
  }

  @Test func textFollowsItsLinks() throws {
    let products = try products(
      """
      {"5":{"class_type":"PrimitiveStringMultiline","inputs":{"value":"fox"}},
       "38:1":{"class_type":"StringConcatenate","inputs":{"string_a":["5",0],"string_b":"snow","delimiter":", "}},
       "6":{"class_type":"PrimitiveInt","inputs":{"value":18446744073709551615}},
       "7":{"class_type":"ShowText|pysssss","inputs":{"text":["38:1",0]}},
       "38:2":{"class_type":"PreviewAny","inputs":{"source":["6",0]}},
       "9":{"class_type":"SaveText","inputs":{"text":["38:1",0]}}}
      """)
    #expect(products.map(\.node) == ["7", "38:2", "9"])
    #expect(values(products[0], "text") == ["fox, snow"])
    #expect(values(products[1], "text") == ["18446744073709551615"])
    #expect(files(products[2], "files").map(\.bytes) == [Array("fox, snow".utf8)])
  }

  @Test func batchGivesAsManyPicturesAllDifferent() throws {
    let product = try products(
      """
      {"1":{"class_type":"EmptyLatentImage","inputs":{"width":16,"height":8,"batch_size":3}},
       "2":{"class_type":"SaveImage","inputs":{"images":["1",0]}}}
      """)[0]
    #expect(Set(files(product, "images").map(\.bytes)).count == 3)
  }

  @Test func unknownOutputClassPassesItsMediaThrough() throws {
    let product = try products(
      #"{"1":{"class_type":"LoadVideo","inputs":{"file":"$MP4"}},"2":{"class_type":"SaveToCloud","inputs":{"video":["1",0]}}}"#
    )[0]
    #expect(files(product, "images").map(\.bytes) == [Self.film.bytes])
  }

  @Test func soundAndMeshAreTrueFiles() throws {
    let products = try products(
      #"{"1":{"class_type":"SaveAudio","inputs":{"audio":["3",0]}},"2":{"class_type":"SaveGLB","inputs":{"mesh":["3",0]}},"3":{"class_type":"X","inputs":{}}}"#
    )
    try InputMedia(bytes: files(products[0], "audio")[0].bytes, claimed: "audio/wav").check()
    try InputMedia(bytes: files(products[1], "3d")[0].bytes, claimed: "model/gltf-binary").check()
  }

  @Test func linkToNowhereFailsTheRun() {
    #expect(throws: RunFailureText.self) {
      try products(#"{"2":{"class_type":"SaveImage","inputs":{"images":["99",0]}}}"#)
    }
  }

  @Test func circleEnds() throws {
    let product = try products(
      #"{"1":{"class_type":"A","inputs":{"x":["2",0]}},"2":{"class_type":"SaveImage","inputs":{"images":["1",0]}}}"#
    )
    #expect(product.count == 1)
  }

  @Test func graphWithoutOutputsFailsTheRun() {
    #expect(throws: RunFailureText(exception: "prompt_no_outputs", message: "Prompt has no outputs")) {
      try products(#"{"1":{"class_type":"LoadImage","inputs":{"image":"$PNG"}}}"#)
    }
  }

  @Test func brokenMediaFailTheNodeThatLoadsThem() throws {
    let cut = InputMedia(bytes: Array(Fixture.png().dropLast(20)))
    let workflow = try Fixture.workflow(
      #"{"1":{"class_type":"LoadImage","inputs":{"image":"\#(cut.name)"}},"2":{"class_type":"SaveImage","inputs":{"images":["1",0]}}}"#
    )
    #expect {
      try GraphRun(workflow: workflow, media: [cut.name: cut]).products()
    } throws: { error in
      (error as? RunFailureText)?.node == "1"
    }
  }

  @Test(arguments: [
    ("../../etc/x", "etc/x"), ("", "ComfyUI"), ("a b\\c", "a_b_c"), ("/abs", "abs"), ("..", "ComfyUI"),
    ("video/ComfyUI", "video/ComfyUI"), ("é", "__"),
  ])
  func prefixStaysInItsFolder(_ asked: String, _ safe: String) {
    let inputs = JSONObject([.init(key: "filename_prefix", value: .string(asked))])
    #expect(NodeRun.prefix(of: .init(id: "1", classType: "SaveImage", title: nil, inputs: inputs)) == safe)
  }
}
