import KeepModel
import Testing

@testable import KeepSubmit

@Suite struct OverrideTests {
  private func read(
    _ text: String, workflow: Workflow?, objectInfo: JSONValue? = nil, files: [String: String] = [:]
  ) throws -> OverrideArgument {
    var randomness = CountingGenerator()
    let context = OverrideArgument.Context(workflow: workflow, objectInfo: objectInfo) {
      path throws(KeepError) in
      guard let text = files[path] else {
        throw KeepError(.inputRejected, .option(path), "no such file")
      }
      return text
    }
    return try OverrideArgument(parsing: text, context: context, randomness: &randomness)
  }

  @Test(
    arguments: [
      ("6.text=42", "6.text", JSONValue.string("42")),
      ("Positive Prompt.text=a=b.c", "6.text", "a=b.c"),
      ("6.text=", "6.text", ""),
      ("6.text=random", "6.text", "random"),
      ("6.text=@@home", "6.text", "@home"),
      ("38:42.steps=30", "38:42.steps", 30),
      ("Sampler v1.5.steps=30", "38:42.steps", 30),
      ("sampler V1.5.steps=30", "38:42.steps", 30),
      ("25.add_noise=false", "25.add_noise", false),
      ("38:42.extra=[1,{\"a\":2}]", "38:42.extra", [1, ["a": 2]]),
      ("38:42.extra=plain", "38:42.extra", "plain"),
    ] as [(String, String, JSONValue)])
  func theWorkflowGivesTheKind(text: String, input: String, value: JSONValue) throws {
    let argument = try read(text, workflow: try Samples.graph())
    #expect(argument.input.description == input)
    #expect(argument.value == .json(value))
  }

  @Test func numbersKeepTheirDigits() throws {
    let workflow = try Samples.graph()
    for digits in ["18446744073709551614", "1e-07", "0.10"] {
      let argument = try read("38:42.denoise=\(digits)", workflow: workflow)
      guard case .json(.number(let number)) = argument.value else {
        Issue.record("not a number")
        continue
      }
      #expect(number.text == digits)
    }
  }

  @Test(arguments: ["38:42.steps=many", "38:42.steps=007", "25.add_noise=1", "25.noise_seed="])
  func aValueOfAnotherKindIsRefused(text: String) throws {
    let error = #expect(throws: KeepError.self) { try read(text, workflow: try Samples.graph()) }
    #expect(error?.code == .inputRejected)
  }

  @Test(arguments: ["6.text", "text=x"]) func anotherFormIsWrongUsage(text: String) throws {
    let error = #expect(throws: KeepError.self) { try read(text, workflow: try Samples.graph()) }
    #expect(error?.code == .usage)
  }

  @Test(
    arguments: [
      ("1.x=5", JSONValue.integer(5)), ("1.x=true", true), ("1.x=null", .null), ("1.x=[1]", "[1]"),
      ("1.x=007", "007"), ("1.x=\"q\"", "\"q\""), ("a.b.c=hello", "hello"),
    ] as [(String, JSONValue)])
  func withoutAWorkflowScalarsSpeakForThemselves(text: String, value: JSONValue) throws {
    #expect(try read(text, workflow: nil).value == .json(value))
  }

  @Test func aFileGivesTheText() throws {
    let files = ["p.txt": "two\r\nlines\n", "n": " 12\n"]
    let workflow = try Samples.graph()
    let text = try read("6.text=@p.txt", workflow: workflow, files: files)
    #expect(text.value == .json("two\r\nlines\n"))
    #expect(try read("38:42.steps=@n", workflow: workflow, files: files).value == .json(12))
    #expect(throws: KeepError(.inputRejected, .option("q"), "")) {
      try read("6.text=@q", workflow: workflow, files: files)
    }
  }

  @Test func aSeedIsDrawnWithinItsBounds() throws {
    let workflow = try Samples.graph()
    guard case .randomSeed = try read("25.noise_seed=random", workflow: workflow).value else {
      Issue.record("not drawn")
      return
    }
    let schema = try Samples.json(
      #"{"RandomNoise":{"input":{"required":{"noise_seed":["INT",{"min":3,"max":5}]}}}}"#)
    for _ in 0..<20 {
      guard
        case .randomSeed(let seed, _) = try read(
          "25.noise_seed=random", workflow: workflow, objectInfo: schema
        ).value
      else {
        Issue.record("not drawn")
        return
      }
      #expect((3...5).contains(seed))
    }
    guard case .randomSeed = try read("9.my_seed=random", workflow: nil).value else {
      Issue.record("not drawn without a workflow")
      return
    }
    #expect(try read("9.mode=random", workflow: nil).value == .json("random"))
  }

  @Test func onlySeedsAreDrawn() throws {
    let workflow = try Samples.graph()
    let error = #expect(throws: KeepError.self) { try read("38:42.steps=random", workflow: workflow) }
    #expect(error?.hint == "only seeds are drawn at random")
    let schema = try Samples.json(
      #"{"BasicScheduler":{"input":{"required":{"steps":["INT",{"max":9,"control_after_generate":true}]}}}}"#)
    guard
      case .randomSeed(0...9, draw: 1) = try read(
        "38:42.steps=random", workflow: workflow, objectInfo: schema
      ).value
    else {
      Issue.record("not drawn, though the schema calls it a seed")
      return
    }
  }

  @Test func unknownNodesAndInputsNameWhatWasMeant() throws {
    let workflow = try Samples.graph()
    let node = #expect(throws: KeepError.self) { try read("Load Imge.image=x", workflow: workflow) }
    #expect(node?.reason.contains(#"did you mean "Load Image""#) == true)
    let input = #expect(throws: KeepError.self) { try read("25.noise_sed=1", workflow: workflow) }
    #expect(input?.reason.contains(#"did you mean "noise_seed""#) == true)
    #expect(input?.subject == .nodeInput(NodeInput(node: "25", name: "noise_sed")))
  }

  @Test func aTitleThatSeveralNodesBearIsRefusedWithTheirIDs() throws {
    let workflow = try Samples.graph(
      #"""
      {"1":{"class_type":"A","inputs":{"x":1},"_meta":{"title":"Same"}},
       "2:3":{"class_type":"A","inputs":{"x":1},"_meta":{"title":"Same"}}}
      """#)
    let error = #expect(throws: KeepError.self) { try read("Same.x=2", workflow: workflow) }
    #expect(error?.reason.contains("1, 2:3") == true)
    #expect(try read("2:3.x=2", workflow: workflow).input.node == "2:3")
  }

  @Test func aDotInAnInputsNameIsRead() throws {
    let workflow = try Samples.graph(
      #"{"1":{"class_type":"A","inputs":{"resize.width":1},"_meta":{"title":"v1.0"}}}"#)
    #expect(try read("1.resize.width=2", workflow: workflow).input.name == "resize.width")
    #expect(try read("v1.0.resize.width=2", workflow: workflow).input.node == "1")
  }
}

@Suite struct OverrideValidationTests {
  private func validate(
    _ input: String, _ value: OverrideValue, cutting: Bool = false, objectInfo: String? = nil
  ) throws -> [String] {
    let workflow = try Samples.graph()
    var overrides = Overrides()
    overrides[try NodeReference.resolve(input, in: workflow)] = value
    return try workflow.validate(
      overrides, allowsCutting: cutting, objectInfo: try objectInfo.map { try Samples.json($0) })
  }

  @Test func fittingValuesPass() throws {
    #expect(try validate("6.text", .json("x")).isEmpty)
    #expect(try validate("25.noise_seed", .randomSeed(.max)).isEmpty)
    #expect(try validate("38:42.extra", .json([1])).isEmpty)
    #expect(try validate("189.image", .json("https://h.example/a.png")).isEmpty)
    #expect(try validate("189.image", .asset(.inline(Samples.asset()))).isEmpty)
  }

  @Test(
    arguments: [
      ("6.text", OverrideValue.json(5)), ("6.text", .randomSeed(1)), ("25.noise_seed", .json("5")),
      ("25.add_noise", .json(1)), ("25.add_noise", .json(.null)),
      ("6.text", .asset(.inline(Samples.asset()))),
      ("189.image", .asset(.inline(Samples.asset("video/mp4")))),
    ] as [(String, OverrideValue)])
  func aValueOfAnotherKindIsRefusedBeforeAnythingIsSent(input: String, value: OverrideValue) throws {
    let error = #expect(throws: KeepError.self) { try validate(input, value) }
    #expect(error?.code == .inputRejected)
    #expect(error?.subject == NodeInput(parsing: input).map(KeepError.Subject.nodeInput))
  }

  @Test func aNodeOrInputThatIsNotThereIsRefused() throws {
    for input in [NodeInput(node: "99", name: "x"), NodeInput(node: "6", name: "txt")] {
      var overrides = Overrides()
      overrides[input] = .json("x")
      let error = #expect(throws: KeepError.self) { try Samples.graph().validate(overrides) }
      #expect(error?.code == .inputRejected)
    }
  }

  @Test func aWireIsCutOnlyOnRequest() throws {
    let error = #expect(throws: KeepError.self) { try validate("6.clip", .json("x")) }
    #expect(error?.reason.contains("cut the wire from node 11") == true)
    #expect(try validate("6.clip", .json("x"), cutting: true) == ["6.clip: cuts the wire from node 11"])
  }

  @Test func anAddressIsJudgedByItsExtension() throws {
    let video = try #require(HTTPURL("https://h.example/a.mp4?sig=1"))
    let unknown = try #require(HTTPURL("https://h.example/download"))
    #expect(throws: KeepError.self) { try validate("189.image", .asset(.hosted(video, nil))) }
    #expect(try validate("189.image", .asset(.hosted(unknown, nil))).isEmpty)
  }

  @Test func whatAPersonNamesMayBeALoaderThatNobodyListed() throws {
    let workflow = try Samples.graph(
      #"{"1":{"class_type":"MyPackUploader","inputs":{"media":"","bg_image":"old","mode":"fast","size":5}}}"#)
    func warnings(_ name: InputName) throws -> [String] {
      var overrides = Overrides()
      overrides[NodeInput(node: "1", name: name)] = .asset(.inline(Samples.asset()))
      return try workflow.validate(overrides)
    }
    #expect(try warnings("media") == ["1.media: MyPackUploader is not known to take media there"])
    #expect(try warnings("bg_image").count == 1)
    for name in ["mode", "size"] as [InputName] {
      #expect(throws: KeepError.self) { try warnings(name) }
    }
    #expect(throws: KeepError.self) { try validate("136.filename_prefix", .asset(.inline(Samples.asset()))) }
  }

  @Test(arguments: ["18446744073709551616", "1e400", "1.5", "1e3", "-9223372036854775809"])
  func aSeedThatNoNodeCanHoldIsRefused(digits: String) throws {
    let number = try #require(JSONNumber(digits))
    #expect(throws: KeepError.self) { try validate("25.noise_seed", .json(.number(number))) }
    #expect(try validate("25.noise_seed", .json(-1)).isEmpty)
  }

  @Test func aNumberOutOfTheSchemasRangeIsRefused() throws {
    let schema = """
      {"BasicScheduler":{"input":{"required":{"steps":["INT",{"min":1,"max":10000}]}}},
       "RandomNoise":{"input":{"required":{"noise_seed":["INT",{"max":18446744073709551614}]}}}}
      """
    #expect(try validate("38:42.steps", .json(10000), objectInfo: schema).isEmpty)
    for value in [JSONValue.integer(10001), 0, .number(JSONNumber("1.5") ?? JSONNumber(unchecked: ""))] {
      #expect(throws: KeepError.self) {
        try validate("38:42.steps", .json(value), objectInfo: schema)
      }
    }
    #expect(try validate("25.noise_seed", .randomSeed(.max - 1), objectInfo: schema).isEmpty)
    #expect(throws: KeepError.self) {
      try validate("25.noise_seed", .randomSeed(.max), objectInfo: schema)
    }
    let beyond = try #require(JSONNumber("18446744073709551616"))
    let most = #"{"BasicScheduler":{"input":{"required":{"steps":["INT",{"max":18446744073709551615}]}}}}"#
    #expect(throws: KeepError.self) {
      try validate("38:42.steps", .json(.number(beyond)), objectInfo: most)
    }
  }
}

@Suite struct WorkflowInspectionTests {
  @Test func aWorkflowShowsWhatAPersonWouldSet() throws {
    let inspection = WorkflowInspector.inspect(try Samples.graph())
    #expect(inspection.nodes.count == 7)
    #expect(inspection.mediaInputs.map(\.input.description) == ["189.image"])
    #expect(inspection.prompts.map(\.text) == ["a lighthouse", "blurry"])
    #expect(inspection.seeds.map(\.value.text) == ["18446744073709551615"])
    #expect(inspection.outputs.map(\.id) == ["7", "6", "25", "136", "189"].sorted(by: order))
    #expect(inspection.json["type"] == "inspection")
    #expect(inspection.json["version"] == 1)
    #expect(inspection.json["seeds"]?[0]?["value"]?.number?.text == "18446744073709551615")
  }

  /// The order of the sample's file.
  private func order(_ left: NodeID, _ right: NodeID) -> Bool {
    (Int(left.rawValue) ?? 0) < (Int(right.rawValue) ?? 0)
  }
}
