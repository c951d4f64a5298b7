import KeepModel
import Testing

@testable import KeepSubmit

/// Values against `object_info`.
@Suite struct SchemaCheckTests {
  /// Checks one value for an input `x` that has `current` in the workflow and `spec` in the schema.
  private func check(
    _ spec: String, current: String, _ value: OverrideValue, cutting: Bool = false
  ) throws -> [String] {
    let workflow = try Samples.graph(
      #"{"1":{"class_type":"N","inputs":{"x":\#(current)}},"2":{"class_type":"M"}}"#)
    let schema = try JSONDocument(
      parsing: Array(#"{"N":{"input":{"required":{"x":\#(spec)}}}}"#.utf8), options: .lenient
    ).value
    var overrides = Overrides()
    overrides[NodeInput(node: "1", name: "x")] = value
    return try workflow.validate(overrides, allowsCutting: cutting, objectInfo: schema)
  }

  private func check(_ spec: String, current: String, _ value: String, cutting: Bool = false) throws
    -> [String]
  {
    try check(spec, current: current, .json(try Samples.json(value)), cutting: cutting)
  }

  private func expectRefusal(
    _ spec: String, current: String, _ value: String, saying words: String,
    location: SourceLocation = #_sourceLocation
  ) {
    let error = #expect(throws: KeepError.self, sourceLocation: location) {
      try check(spec, current: current, value)
    }
    #expect(error?.code == .inputRejected, sourceLocation: location)
    #expect(error?.reason.contains(words) == true, "\(error?.reason ?? "")", sourceLocation: location)
  }

  // MARK: Types

  @Test(arguments: [
    (#"["INT",{}]"#, "1", "20"), (#"["INT"]"#, "1", "-3"), (#"["FLOAT",{}]"#, "1", "0.10"),
    (#"["FLOAT",{}]"#, "1", "3"), (#"["STRING",{"multiline":true}]"#, #""a""#, #""b""#),
    (#"["BOOLEAN",{}]"#, "true", "false"), (#"["INT",{}]"#, "null", "5"), (#"["INT",{}]"#, #""5""#, #""6""#),
    (#"["INT,FLOAT",{}]"#, "1", "1.5"), (#"["COLOR",{}]"#, "[1,2]", "7"), (#"["*",{}]"#, "null", #""a""#),
    (#"["STRING",{}]"#, "5", "6"),
  ])
  func whatFitsPasses(spec: String, current: String, value: String) throws {
    #expect(try check(spec, current: current, value).isEmpty)
  }

  @Test func anotherTypeIsRefused() {
    expectRefusal(#"["INT",{}]"#, current: "null", #""5""#, saying: "a whole number (INT), found text")
    expectRefusal(#"["INT",{}]"#, current: #""5""#, #""many""#, saying: "a whole number")
    expectRefusal(#"["INT",{}]"#, current: "1", "1.5", saying: "a whole number, found 1.5")
    expectRefusal(#"["FLOAT",{}]"#, current: "1", "1e400", saying: "can hold")
    expectRefusal(#"["BOOLEAN",{}]"#, current: "null", "1", saying: "true or false")
    expectRefusal(#"["STRING",{}]"#, current: "null", "1", saying: "text (STRING)")
  }

  // MARK: Ranges

  @Test(arguments: [
    ("1", "8", "9"), ("18446744073709551614", "18446744073709551614", "18446744073709551615"),
    ("9007199254740993", "9007199254740993", "9007199254740994"), ("0.5", "0", "1"), ("10", "9.99", "10.01"),
    ("3", "-9223372036854775808", "Infinity"),
    ("-9007199254740993", "-9007199254740993", "-9007199254740993"),
    ("7", "NaN", "NaN"), ("18446744073709551615", "0", "1.8446744073709552e+19"),
  ])
  func theBoundsAreInclusive(value: String, least: String, most: String) throws {
    let least = least == "8" ? "1" : least
    let spec = #"["FLOAT",{"min":\#(least),"max":\#(most)}]"#
    #expect(try check(spec, current: "1", value).isEmpty)
  }

  @Test func beyondTheBoundsIsRefusedToTheLastDigit() {
    let seed = #"["INT",{"min":1,"max":18446744073709551614}]"#
    expectRefusal(seed, current: "1", "18446744073709551615", saying: "is at most 18446744073709551614")
    expectRefusal(seed, current: "1", "18446744073709551616", saying: "is at most")
    expectRefusal(seed, current: "1", "0", saying: "is at least 1, found 0")
    let low = #"["INT",{"min":-9007199254740993}]"#
    expectRefusal(low, current: "1", "-9007199254740994", saying: "is at least")
    expectRefusal(#"["FLOAT",{"max":1.0}]"#, current: "1", "1.0000001", saying: "is at most 1.0")
    expectRefusal(#"["INT",{"max":5}]"#, current: #""1""#, #""6""#, saying: "is at most 5")
  }

  @Test func offTheStepIsSaidForWholeNumbersAlone() throws {
    let width = #"["INT",{"min":16,"max":8192,"step":8}]"#
    #expect(try check(width, current: "512", "1024").isEmpty)
    let warnings = try check(width, current: "512", "1023")
    #expect(warnings.count == 1 && warnings[0].contains("1.x: 1023 is off the steps of 8 from 16"))
    #expect(try check(#"["FLOAT",{"min":0,"step":0.5}]"#, current: "1", "0.3").isEmpty)
    #expect(try check(#"["INT",{"step":0}]"#, current: "1", "3").isEmpty)
  }

  // MARK: Choices

  @Test(arguments: [
    (#"[["euler","heun"],{}]"#, #""euler""#, #""heun""#),
    (#"["COMBO",{"options":["euler","heun"]}]"#, #""euler""#, #""heun""#),
    (#"[[1,2,4],{}]"#, "1", "2.0"), (#"[["1","2"]]"#, #""1""#, #""2""#), (#"[[],{}]"#, #""""#, #""any""#),
    (#"["COMBO",{"remote":{"route":"/x"}}]"#, #""a""#, #""b""#), (#"[[true,"auto"],{}]"#, #""auto""#, "true"),
    (#"["COMBO",{"options":["a","b","c"],"multiselect":true}]"#, #"["a"]"#, #"["b","c"]"#),
    (#"[["a","b","c"],{"multi_select":{"chip":true}}]"#, #"["a"]"#, #"[]"#),
    (#"[["a","b","c"],{"multi_select":{}}]"#, #""a""#, #"["b"]"#),
  ])
  func aChoiceOfTheListPasses(spec: String, current: String, value: String) throws {
    #expect(try check(spec, current: current, value).isEmpty)
  }

  @Test(arguments: [#"[["euler","heun"],{}]"#, #"["COMBO",{"options":["euler","heun"]}]"#])
  func anotherChoiceIsRefusedBeforeItIsPaidFor(spec: String) {
    expectRefusal(spec, current: #""euler""#, #""eular""#, saying: #"did you mean "euler""#)
    expectRefusal(spec, current: #""euler""#, #""xyz""#, saying: "2 choices: euler, heun")
  }

  @Test func oneOfSeveralThatIsNoneIsRefused() {
    let spec = #"["COMBO",{"options":["a","b"],"multiselect":true}]"#
    expectRefusal(spec, current: #"["a"]"#, #"["b","z"]"#, saying: #""z" is not among"#)
  }

  @Test(arguments: [
    #"[["a.safetensors","b.ckpt"],{}]"#, #"[["None","lora/a.safetensors"],{}]"#,
    #"["COMBO",{"options":["x.gguf"]}]"#,
    #"[["cat.png","dog.jpg"],{}]"#,
  ])
  func aFileOfTheInstanceThatIsNotListedIsOnlySaid(spec: String) throws {
    let kept = spec.contains("None") ? #""None""# : spec.contains("gguf") ? #""x.gguf""# : #""a.safetensors""#
    let warnings = try check(spec, current: kept, #""c.safetensors""#)
    #expect(warnings.count == 1 && warnings[0].contains("is not among"), "\(warnings)")
  }

  @Test func aFolderOfTheInstanceThatIsNotListedIsOnlySaid() throws {
    let workflow = try Samples.graph(#"{"1":{"class_type":"N","inputs":{"model_path":"sdxl","mode":"a"}}}"#)
    let schema = try Samples.json(
      #"{"N":{"input":{"required":{"model_path":[["sdxl","sd3"],{}],"mode":[["a","b"],{}]}}}}"#)
    func warnings(_ name: InputName) throws -> [String] {
      var overrides = Overrides()
      overrides[NodeInput(node: "1", name: name)] = .json("flux")
      return try workflow.validate(overrides, objectInfo: schema)
    }
    #expect(try warnings("model_path").count == 1)
    #expect(throws: KeepError.self) { try warnings("mode") }
  }

  @Test func aListThatTheWorkflowItselfDoesNotKeepToIsNoMeasure() throws {
    let warnings = try check(#"[["euler","heun"],{}]"#, current: #""res_2s""#, #""res_3s""#)
    #expect(warnings.count == 1 && warnings[0].contains("is not among its 2 choices"))
  }

  @Test(arguments: [
    #"[["input.png"],{"image_upload":true}]"#, #"["COMBO",{"options":["input.png"],"video_upload":true}]"#,
    #"[["one"],{"my_pack_upload":true}]"#,
  ])
  func mediaAreNeverLookedForInTheList(spec: String) throws {
    let type: MediaType = spec.contains("video") ? "video/mp4" : "image/png"
    #expect(try check(spec, current: #""input.png""#, .asset(.inline(Samples.asset(type)))).isEmpty)
    for text in ["https://h.example/cat.png", "data:image/png;base64,AAAA", "other.png", "one"] {
      #expect(try check(spec, current: #""input.png""#, .json(.string(text))).isEmpty)
    }
  }

  @Test func aFlagThatIsFalseIsNoFlag() {
    expectRefusal(
      #"[["one","two"],{"image_upload":false}]"#, current: #""one""#, #""ten""#, saying: "is not among")
  }

  @Test func aFileForWordsToChooseFromIsRefused() throws {
    let workflow = try Samples.graph(#"{"1":{"class_type":"N","inputs":{"image_mode":"fit"}}}"#)
    let schema = try Samples.json(#"{"N":{"input":{"required":{"image_mode":[["fit","fill"],{}]}}}}"#)
    var overrides = Overrides()
    overrides[NodeInput(node: "1", name: "image_mode")] = .asset(.inline(Samples.asset()))
    #expect(try workflow.validate(overrides).count == 1)
    #expect(throws: KeepError.self) { try workflow.validate(overrides, objectInfo: schema) }
  }

  // MARK: Wires and inputs that are not saved

  @Test func whatOnlyAnotherNodeGivesIsNotWrittenDown() throws {
    expectRefusal(#"["MODEL",{}]"#, current: #""""#, #""a""#, saying: "what another node gives (MODEL)")
    expectRefusal(#"["IMAGE",{}]"#, current: #"["2",0]"#, #""a""#, saying: "would cut the wire")
    let cut = try check(#"["IMAGE",{}]"#, current: #"["2",0]"#, #""a""#, cutting: true)
    #expect(cut.count == 2 && cut[1].contains("makes the run fail"))
    let file = try check(
      #"["IMAGE",{}]"#, current: #"["2",0]"#, .asset(.inline(Samples.asset())), cutting: true)
    #expect(file.contains { $0.contains("makes the run fail") })
  }

  @Test func theSchemaJudgesWhatReplacesAWire() throws {
    let spec = #"["INT",{"max":9}]"#
    #expect(try check(spec, current: #"["2",0]"#, "9", cutting: true).count == 1)
    for value in ["10", #""x""#] {
      #expect(throws: KeepError.self) { try check(spec, current: #"["2",0]"#, value, cutting: true) }
    }
  }

  @Test func anInputThatTheSchemaKnowsAndTheWorkflowLacksIsSaidSo() throws {
    let workflow = try Samples.graph(#"{"1":{"class_type":"N","inputs":{"x":1}}}"#)
    let schema = try Samples.json(
      #"{"N":{"input":{"required":{"x":["INT"]},"optional":{"y":["INT",{"max":4}]}}}}"#)
    var randomness = CountingGenerator()
    let context = OverrideArgument.Context(workflow: workflow, objectInfo: schema) {
      _ throws(KeepError) in ""
    }
    let error = #expect(throws: KeepError.self) {
      try OverrideArgument(parsing: "1.y=3", context: context, randomness: &randomness)
    }
    #expect(error?.reason.contains("N has this input (INT up to 4)") == true, "\(error?.reason ?? "")")
    #expect(error?.hint?.contains("deploy it again") == true)
  }

  @Test func inspectionTellsTypesRangesAndChoices() throws {
    let schema = try Samples.json(
      #"""
      {"BasicScheduler":{"input":{"required":{"steps":["INT",{"min":1,"max":10000,"step":1}]}}},
       "CLIPLoader":{"input":{"required":{"clip_name":[["a","b","c","d","e","f","g","h"],{}]}}}}
      """#)
    let inspection = WorkflowInspector.inspect(try Samples.graph(), objectInfo: schema)
    #expect(inspection.schema(of: NodeInput(node: "38:42", name: "steps"))?.summary == "INT 1…10000")
    let clip = inspection.schema(of: NodeInput(node: "11", name: "clip_name"))
    #expect(clip?.summary == "one of 8: a, b, c, d, e, f, …")
    #expect(inspection.schema(of: NodeInput(node: "6", name: "text")) == nil)
    #expect(!inspection.inputs.map(\.input.description).contains("6.clip"))
    #expect(clip?.json["choice_count"] == 8)
    let many = SettableInput.Schema(type: "COMBO", choices: (0..<500).map { .integer($0) })
    #expect(many.json["choices"]?.array?.count == 100)
    #expect(many.json["choice_count"] == 500)
  }
}
