import KeepModel
import Testing

@testable import KeepArchive

@Suite struct OutputCollectorTests {
  /// One line an output: `node key index pointer content`.
  private func lines(_ collected: CollectedOutputs) -> [String] {
    collected.outputs.map { output in
      let content =
        switch output.content {
        case .file(let file):
          "file \(file.filename)|\(file.subfolder)|\(file.type)|\(file.url ?? "-")"
        case .text(let text): "text \(text)"
        }
      return "\(output.node) \(output.key) \(output.index) \(output.pointer) \(content)"
    }
  }

  /// What one key of node 1 gives: contents alone.
  private func contents(_ value: String, key: String = "k") throws -> [String] {
    try lines(collect("{\"1\":{\"\(key)\":\(value)}}")).map {
      String($0.split(separator: " ", maxSplits: 4)[4])
    }
  }

  private func notes(_ value: String, key: String = "k") throws -> [String] {
    try collect("{\"1\":{\"\(key)\":\(value)}}").notes.map {
      "\($0.kind.rawValue) \($0.detail ?? "-")"
    }
  }

  private func collect(_ outputs: String, workflow: Workflow? = nil) throws -> CollectedOutputs {
    OutputCollector.collect(try .fixture(outputs: outputs), workflow: workflow)
  }

  // MARK: Shapes of core nodes (C2)

  @Test(arguments: ["images", "audio", "latents", "3d", "gifs", "gif", "a_images", "video"])
  func aRecordIsAFileUnderAnyKey(key: String) throws {
    let record = #"[{"filename":"a_00001_.png","subfolder":"s","type":"output","url":"https://h/a"}]"#
    #expect(try contents(record, key: key) == ["file a_00001_.png|s|output|https://h/a"])
  }

  @Test func temporaryAndInputFilesAreListedAsSuch() throws {
    #expect(
      try contents(#"[{"filename":"a.flac","type":"temp"},{"filename":"b.mp4","type":"input"}]"#)
        == ["file a.flac||temp|-", "file b.mp4||input|-"])
  }

  @Test func animatedIsNoOutputTrueOrFalse() throws {
    let collected = try collect(
      #"{"3":{"images":[{"filename":"v.webm","url":"https://h/v"}],"animated":[true]},"4":{"animated":[false]}}"#
    )
    #expect(lines(collected) == ["3 images 0 /outputs/3/images/0 file v.webm||output|https://h/v"])
    #expect(collected.notes.isEmpty)
  }

  @Test func aMixedPreviewListGivesItsPathAsTextAndANote() throws {
    let value = #"["mesh/a.glb [output]",{"position":{"x":1.5},"cameraType":"perspective"},null]"#
    #expect(try contents(value, key: "result") == ["text mesh/a.glb [output]", "text perspective"])
    #expect(try notes(value, key: "result") == ["mentioned_file mesh/a.glb"])
  }

  @Test func textAndFileOfASavedTextBothCount() throws {
    let collected = try collect(
      #"{"8":{"text":["hello"],"files":[{"filename":"n.txt","subfolder":"","type":"output","url":"u"}]}}"#)
    #expect(
      lines(collected) == [
        "8 files 0 /outputs/8/files/0 file n.txt||output|u", "8 text 0 /outputs/8/text/0 text hello",
      ])
  }

  // MARK: Shapes of custom nodes (C3)

  @Test func theExtraFieldsOfAVideoRecordAreNotOutputs() throws {
    let value = #"""
      [{"filename":"a-audio.mp4","subfolder":"","type":"output","format":"video/h264-mp4","frame_rate":8.0,
        "workflow":"a.png","fullpath":"/srv/a-audio.mp4","url":"https://h/a"}]
      """#
    #expect(try contents(value, key: "gifs") == ["file a-audio.mp4||output|https://h/a"])
    #expect(try notes(value, key: "gifs") == [])
  }

  @Test func aPatternNameIsKeptAndNoted() throws {
    let value = #"[{"filename":"f_%03d.png","type":"output"}]"#
    #expect(try contents(value) == ["file f_%03d.png||output|-"])
    #expect(try notes(value) == ["pattern_filename f_%03d.png"])
    #expect(try notes(#"[{"filename":"100%done.png"},{"filename":"%d"}]"#).count == 2)
    #expect(try notes(#"[{"filename":"100%.png"},{"filename":"%20"}]"#) == [])
  }

  @Test func anUnfinishedBatchIsANote() throws {
    #expect(try contents("[true]", key: "unfinished_batch") == [])
    #expect(try notes("[true]", key: "unfinished_batch") == ["unfinished_batch -"])
    #expect(try notes("[false]", key: "unfinished_batch") == [])
  }

  @Test func inlineDataStaysInTheResult() throws {
    let value = #"[{"text":"x","b64_images":["data:image/png;base64,AA=="]},"DATA:,x"]"#
    #expect(try contents(value, key: "items") == ["text x"])
    #expect(try notes(value, key: "items") == ["inline_data -", "inline_data -"])
    #expect(
      try contents(#"[{"filename":"a.png","url":"data:image/png;base64,AA=="}]"#)
        == ["file a.png||output|-"])
  }

  @Test func aServerPathIsTextAndNotAFile() throws {
    #expect(try contents(#"[{"filepath":"/srv/x.glb"}]"#, key: "previews") == ["text /srv/x.glb"])
    #expect(try notes(#"[{"filepath":"/srv/x.glb"}]"#) == ["mentioned_file /srv/x.glb"])
  }

  @Test func anUnknownTypeIsKeptAndNotedOnce() throws {
    let value = #"[{"filename":"a.zip","type":"zip"},{"filename":"b.zip","type":"zip"}]"#
    #expect(try contents(value, key: "zip") == ["file a.zip||zip|-", "file b.zip||zip|-"])
    #expect(try notes(value, key: "zip") == ["unknown_type zip"])
  }

  @Test(arguments: [
    ("https://h/p/my%20cat.png?sig=1#f", "my cat.png"), ("https://h/a%2Fb.png", "a/b.png"),
    ("https://h/..", ".."), ("https://h/%FF.png", "\u{FFFD}.png"), ("https://h/p/", ""),
    ("https://h/100%.png", "100%.png"),
  ])
  func aRecordWithoutNameTakesItFromTheAddress(url: String, name: String) throws {
    #expect(try contents("[{\"url\":\"\(url)\"}]") == ["file \(name)||output|\(url)"])
  }

  @Test func aRecordWithoutNameAndAddressGivesItsWords() throws {
    #expect(
      try contents(#"[{"source":"http","content-type":"image/png","id":7}]"#)
        == ["text image/png", "text http"])
  }

  @Test func objectsWithTextGiveTheirText() throws {
    #expect(
      try contents(#"[{"name":"n","text":"words","content-type":"text/plain"},{"text":"more"}]"#)
        == ["text words", "text more"])
  }

  @Test func aBareStringTakenApartIsJoined() throws {
    let collected = try collect(#"{"1":{"text":["e","m","p","t","y","\n","é","😀"]}}"#)
    #expect(lines(collected) == ["1 text 0 /outputs/1/text text empty\né😀"])
  }

  @Test func nestedListsOfLettersAreNotJoined() throws {
    #expect(try contents(#"[["a","b"]]"#, key: "text") == ["text a", "text b"])
    #expect(try contents(#"["a",1]"#, key: "text") == ["text a"])
    #expect(try contents(#"["a",""]"#, key: "text") == ["text a"])
  }

  @Test(arguments: ["choice", "nums", "labels", "images"])
  func singleLettersElsewhereStayApart(key: String) throws {
    #expect(try contents(#"["a","b"]"#, key: key) == ["text a", "text b"])
  }

  @Test(arguments: ["text", "positive", "negative", "tags", "Prompt", "show_text", "value"])
  func lettersUnderTextKeysAreJoined(key: String) throws {
    #expect(try contents(#"["a","b"]"#, key: key) == ["text ab"])
  }

  @Test func aJoinedPathIsAMention() throws {
    #expect(try notes(#"["a",".","p","n","g"]"#, key: "video") == ["mentioned_file a.png"])
  }

  @Test(arguments: ["[1,2.5]", "[true,null]", "[]", "[[]]", "[{}]", #"[""]"#])
  func numbersAndEmptyThingsStayInTheResult(value: String) throws {
    #expect(try contents(value) == [])
    #expect(try notes(value) == [])
  }

  @Test(arguments: ["1", "true", "null"])
  func whatCanListNothingIsNoOutputButNoted(value: String) throws {
    #expect(try contents(value) == [])
    #expect(try notes(value) == ["not_a_list -"])
  }

  @Test func whatIsListedWithoutAListIsAnOutputToo() throws {
    #expect(try contents(#"{"filename":"a.png","url":"https://h/a"}"#) == ["file a.png||output|https://h/a"])
    #expect(try contents(#""words""#) == ["text words"])
    #expect(try contents(#"{"deeper":[{"filename":"a.png","url":"u"}]}"#) == ["file a.png||output|u"])
    #expect(try contents("true", key: "unfinished_batch") == [])
    #expect(try notes("true", key: "unfinished_batch") == ["unfinished_batch -"])
  }

  @Test(arguments: [
    (#"{"outputs":[{"filename":"a.png","url":"u"}]}"#, "the result"), (#"{"output":"words"}"#, "the result"),
    (#"{"outputs":{"9":[{"filename":"a.png"}]}}"#, "node 9"), (#"{"outputs":{"9":"words"}}"#, "node 9"),
    (#"{"outputs":{"9":{"k":["a"]},"9":{"k":["b"]}}}"#, "the result"),
  ])
  func whatCannotBeReadAsNodesIsNoted(document: String, place: String) throws {
    let collected = OutputCollector.collect(try .fixture(document: document), workflow: nil)
    #expect(collected.notes.count == 1)
    #expect(collected.notes.first?.description.hasPrefix("\(place): ") == true)
  }

  @Test func aMentionOfAListedFileIsNoLoss() throws {
    let collected = try collect(
      #"{"1":{"result":["mesh/a.glb","b.glb [temp]","c.glb"]},"2":{"3d":[{"filename":"a.glb","subfolder":"mesh","url":"https://h/a"},{"filename":"b.glb","url":"https://h/b"},{"filename":"c.glb"}]}}"#
    )
    #expect(collected.notes.map(\.detail) == ["c.glb"])
    #expect(collected.outputs.count == 6)
  }

  // MARK: Exactness

  @Test func textIsKeptByteForByte() throws {
    let collected = try collect(#"{"1":{"text":[" a\r\nb\u0000 ","e\u0301","\u00e9"]}}"#)
    #expect(
      collected.outputs.map(\.content).map { content in
        if case .text(let text) = content { Array(text.utf8) } else { [] }
      } == [Array(" a\r\nb\0 ".utf8), [0x65, 0xCC, 0x81], [0xC3, 0xA9]])
  }

  @Test func keysThatOnlyLookAlikeStayApart() throws {
    let collected = try collect(#"{"e\u0301":{"k":["one"]},"\u00e9":{"k":["two"]}}"#)
    #expect(collected.outputs.count == 2)
    #expect(collected.outputs[0].node != collected.outputs[1].node)
  }

  @Test func textWithLoneSurrogatesStaysInTheResult() throws {
    let broken = try collect(#"{"1":{"text":["a\ud800b","fine"]}}"#)
    #expect(lines(broken) == ["1 text 0 /outputs/1/text/1 text fine"])
    #expect(broken.notes.map(\.kind) == [.brokenText])
    #expect(try contents(#"["a\ufffdb"]"#) == ["text a\u{FFFD}b"])
  }

  @Test func aSignedAddressLosesItsQuery() throws {
    #expect(
      try contents(#"["https://h/a?X-Amz-Signature=1","https://h/w?v=1","see https://h/a?sig=1"]"#)
        == ["text https://h/a", "text https://h/w?v=1", "text see https://h/a"])
  }

  @Test func orderIsByNodeKeyAndWalkWhateverTheServiceWrote() throws {
    let one = try collect(
      #"{"9":{"b":[{"z":"1","a":["2"]}],"a":["3"]},"10":{"k":["4"]},"😀":{"k":["5"]},"\uffee":{"k":["6"]}}"#)
    let other = try collect(
      #"{"\uffee":{"k":["6"]},"😀":{"k":["5"]},"10":{"k":["4"]},"9":{"a":["3"],"b":[{"a":["2"],"z":"1"}]}}"#)
    #expect(
      lines(one) == [
        "10 k 0 /outputs/10/k/0 text 4", "9 a 0 /outputs/9/a/0 text 3",
        "9 b 0 /outputs/9/b/0/a/0 text 2", "9 b 1 /outputs/9/b/0/z text 1",
        "😀 k 0 /outputs/😀/k/0 text 5", "\u{FFEE} k 0 /outputs/\u{FFEE}/k/0 text 6",
      ])
    #expect(one == other)
  }

  @Test func theSameFileUnderTwoKeysIsKeptTwice() throws {
    let file = #"[{"filename":"a.png","type":"output","url":"https://h/a"}]"#
    #expect(try collect("{\"1\":{\"images\":\(file),\"files\":\(file)}}").outputs.count == 2)
  }

  @Test func theWorkflowGivesClassTitleAndSilentSavers() throws {
    let workflow = try Workflow(
      document: JSONDocument(
        parsing: Array(
          #"{"7":{"class_type":"SaveImage","inputs":{},"_meta":{"title":"Keep"}},"8":{"class_type":"VHS_VideoCombine","inputs":{}},"9":{"class_type":"KSampler","inputs":{}}}"#
            .utf8)
      ).value)
    let collected = try collect(
      #"{"7":{"images":[{"filename":"a.png"}]},"8":{"gifs":[]}}"#, workflow: workflow)
    #expect(collected.outputs.map(\.nodeClass) == ["SaveImage"])
    #expect(collected.outputs.map(\.nodeTitle) == ["Keep"])
    #expect(collected.notes.map(\.kind) == [.nothingReported])
    #expect(collected.notes.map(\.node) == ["8"])
  }

  @Test(arguments: ["{}", #"{"1":null}"#, #"{"1":[]}"#, "[]", "null"])
  func resultsWithoutOutputsGiveNothing(outputs: String) throws {
    #expect(try collect(outputs).outputs == [])
  }

  @Test func outputInTheSingularIsReadToo() throws {
    let result = try RunResult.fixture(document: #"{"output":{"1":{"text":["x"]}}}"#)
    #expect(
      lines(OutputCollector.collect(result, workflow: nil)) == ["1 text 0 /output/1/text/0 text x"])
  }

  @Test func everyNoteCanBeReadAloud() {
    for kind in CollectionNote.Kind.allCases {
      let note = CollectionNote(kind: kind, node: "38:42", key: "k", detail: "d")
      #expect(note.description.hasPrefix("node 38:42, k: "))
      #expect(!note.description.contains(kind.rawValue))
    }
  }
}
