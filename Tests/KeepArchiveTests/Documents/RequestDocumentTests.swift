import KeepModel
import SystemPackage
import Testing

@testable import KeepArchive

@Suite struct RequestDocumentTests {
  private let small = [UInt8](repeating: 7, count: 300)
  private let large = [UInt8](repeating: 9, count: 60_000)

  private func asset(_ bytes: [UInt8], _ name: String, _ type: MediaType = "image/png") -> Asset {
    Asset(
      path: FilePath("/photos").appending(name), size: ByteCount(UInt64(bytes.count)),
      checksum: Checksum(of: bytes), mediaType: type)
  }

  private func submission(
    _ values: [(NodeInput, OverrideValue)], workflow: String? = nil,
    mode: Submission.Mode = .overrides
  ) throws -> Submission {
    var overrides = Overrides()
    for (input, value) in values { overrides[input] = value }
    let graph = try workflow.map {
      try Workflow(document: JSONDocument(parsing: Array($0.utf8)).value)
    }
    return Submission(deployment: "d", mode: mode, workflow: graph, overrides: overrides)
  }

  private func make(
    _ submission: Submission, usedCoreKey: Bool = false, kept: [[UInt8]]? = nil,
    inputs: Manifest.Choice = .include
  ) throws -> (json: JSONValue, document: RequestDocument) {
    let kept = Set((kept ?? [small, large]).map { Checksum(of: $0) })
    let document = try RequestDocument.make(
      submission: submission, usedCoreKey: usedCoreKey, kept: kept, inputs: inputs,
      bytesOf: { asset throws(KeepError) in
        asset.checksum == Checksum(of: small) ? small : [1, 2, 3]
      })
    return (try JSONDocument(parsing: document.file.bytes).value, document)
  }

  private func places(_ document: RequestDocument) -> [String] {
    document.redactions.map { "\($0.document) \($0.pointer) \($0.rule)" }
  }

  @Test func overridesAreArchivedAsPosted() throws {
    let made = try make(
      submission([
        (NodeInput(node: "38:42", name: "text"), .json("a fox")),
        (NodeInput(node: "25", name: "noise_seed"), .randomSeed(.max)),
        (NodeInput(node: "25", name: "cfg"), .json(.number(JSONNumber("1e-07")!))),
        (NodeInput(node: "7", name: "image"), .asset(.hosted(HTTPURL("https://h/a?v=2")!, nil))),
      ]))
    #expect(
      String(decoding: made.document.file.bytes, as: UTF8.self) == """
        {
          "overrides": {
            "25": {
              "inputs": {
                "cfg": 1e-07,
                "noise_seed": 18446744073709551615
              }
            },
            "38:42": {
              "inputs": {
                "text": "a fox"
              }
            },
            "7": {
              "inputs": {
                "image": "https://h/a?v=2"
              }
            }
          }
        }

        """)
    #expect(made.document.inputs.isEmpty && made.document.redactions.isEmpty)
    #expect(made.document.file.path == "run/request.json")
    #expect(made.document.workflow == nil)
  }

  @Test func shortAssetsStayInlineAndAreListed() throws {
    let input = NodeInput(node: "189", name: "image")
    let made = try make(submission([(input, .asset(.inline(asset(small, "my cat.png"))))]))
    let text = try #require(made.json["overrides"]?["189"]?["inputs"]?["image"]?.string)
    #expect(DataURI.decode(text)?.bytes == small)
    let entry = try #require(made.document.inputs.first?.entry)
    #expect(entry.pointer.value(in: made.json)?.string == text)
    #expect(entry.status == .archived)
    #expect(entry.filename == "my cat.png")
    #expect(entry.stored?.path == "inputs/node-189/image/0000-my_cat.png")
    #expect(entry.stored?.checksum == Checksum(of: small))
    #expect(made.document.inputs.first?.source == .kept(Checksum(of: small)))
    #expect(made.document.externalised.isEmpty)
  }

  @Test func longAssetsMoveOut() throws {
    let input = NodeInput(node: "189", name: "image")
    let made = try make(submission([(input, .asset(.inline(asset(large, "big.png"))))]))
    let path = "inputs/node-189/image/0000-big.png"
    #expect(made.json["overrides"]?["189"]?["inputs"]?["image"] == .string("bundle:\(path)"))
    #expect(made.document.externalised.map(\.path) == [path])
    #expect(made.document.externalised.first?.mediaType == "image/png")
    #expect(made.document.externalised.first?.pointer == made.document.inputs.first?.entry.pointer)
    #expect(made.document.inputs.first?.entry.stored?.path == path)
  }

  @Test func theBorderIsExactly65536Characters() throws {
    let prefix = DataURI.prefix("image/png").utf8.count
    for (extra, isOut) in [(0, false), (4, true)] {
      let bytes = [UInt8](repeating: 1, count: (65_536 - prefix) / 4 * 3 + extra)
      let made = try RequestDocument.make(
        submission: submission([
          (NodeInput(node: "1", name: "i"), .asset(.inline(asset(bytes, "a"))))
        ]), usedCoreKey: false, kept: [Checksum(of: bytes)], bytesOf: { _ throws(KeepError) in bytes })
      #expect(made.externalised.isEmpty != isOut)
    }
  }

  @Test func anAssetThatChangedIsRefused() throws {
    let changed = asset([5, 5], "x.png")
    let intent = try submission([(NodeInput(node: "1", name: "i"), .asset(.inline(changed)))])
    #expect(throws: KeepError(.fixity, .path(changed.path), "")) {
      try make(intent, kept: [[5, 5]])
    }
  }

  @Test func hostedAssetsAreListedToo() throws {
    let input = NodeInput(node: "1", name: "video")
    let url = HTTPURL("https://s3/v.mp4?X-Amz-Signature=SECRET&v=1")!
    let made = try make(
      submission([(input, .asset(.hosted(url, asset(large, "v.mp4", "video/mp4"))))]))
    #expect(
      made.json["overrides"]?["1"]?["inputs"]?["video"]
        == "https://s3/v.mp4?X-Amz-Signature=REDACTED&v=1")
    #expect(made.document.inputs.map(\.entry.status) == [.archived])
    #expect(made.document.externalised.isEmpty)
    #expect(places(made.document) == ["run/request.json /overrides/1/inputs/video credential"])
  }

  @Test(arguments: [Manifest.Choice.omit, .include])
  func inputsThatAreNotArchivedLeaveNoByte(choice: Manifest.Choice) throws {
    let made = try make(
      submission([
        (NodeInput(node: "1", name: "a"), .asset(.inline(asset(small, "s.png")))),
        (NodeInput(node: "1", name: "b"), .asset(.inline(asset(large, "l.png")))),
      ]), kept: [], inputs: choice)
    #expect(
      made.json["overrides"]?["1"]?["inputs"]?["a"]
        == .string("omitted:sha256:\(Checksum(of: small))"))
    #expect(
      made.document.inputs.map(\.entry.status)
        == Array(repeating: choice == .omit ? .omitted : .missing, count: 2))
    #expect(made.document.inputs.allSatisfy { $0.entry.stored == nil && $0.source == .none })
    #expect(made.document.externalised.isEmpty)
  }

  @Test func dataURIsGivenAsTextMoveOutToo() throws {
    let uri = DataURI.prefix("image/png") + Base64.encode(large)
    let odd = uri + "="
    let made = try make(
      submission([
        (NodeInput(node: "1", name: "list"), .json([.string(uri), ["x": .string(uri)], .string(odd)]))
      ]))
    #expect(
      made.document.externalised.map(\.path)
        == ["inputs/node-1/list/0000-data", "inputs/node-1/list/0001-data"])
    #expect(made.document.inputs.map(\.source) == [.bytes(large), .bytes(large)])
    let list = made.json["overrides"]?["1"]?["inputs"]?["list"]
    #expect(list?[1]?["x"] == "bundle:inputs/node-1/list/0001-data")
    #expect(list?[2] == .string(odd))
  }

  // MARK: Secrets

  @Test func theCoreKeyIsStruckOut() throws {
    let made = try make(submission([]), usedCoreKey: true)
    #expect(made.json["extra_data"]?["api_key_comfy_org"] == "REDACTED")
    #expect(made.json["overrides"]?.object?.isEmpty == true)
    #expect(places(made.document) == ["run/request.json /extra_data/api_key_comfy_org credential"])
  }

  @Test(arguments: [
    "api_key", "API-Key", "apikey", "openai_api_key", "token", "Authorization", "password",
    "hf_token", "access_token", "client_secret", "aws_secret_access_key",
  ])
  func textsUnderNamesOfSecretsAreStruckOut(name: String) throws {
    let made = try make(
      submission([(NodeInput(node: "1", name: InputName(name)), .json("SECRET"))]))
    #expect(made.json["overrides"]?["1"]?["inputs"]?[name] == "REDACTED")
    #expect(made.document.redactions.map(\.rule) == ["credential"])
  }

  @Test(arguments: ["max_tokens", "text", "keys", "key", "trigger_token", "author", "tokenizer"])
  func otherNamesAreLeftAlone(name: String) throws {
    let made = try make(
      submission([(NodeInput(node: "1", name: InputName(name)), .json("words"))]))
    #expect(made.json["overrides"]?["1"]?["inputs"]?[name] == "words")
    #expect(made.document.redactions.isEmpty)
  }

  @Test func linksAndEmptyTextsUnderSuchNamesStay() throws {
    let made = try make(
      submission([
        (NodeInput(node: "2", name: "password"), .json(["7", 0])),
        (NodeInput(node: "3", name: "secret"), .json("")),
      ]))
    #expect(made.document.redactions.isEmpty)
  }

  @Test(arguments: [
    ("https://h/a?sig=S&w=1", "https://h/a?sig=REDACTED&w=1"),
    ("https://h/a?w=1&X%2DAmz-Credential=S", "https://h/a?w=1&X%2DAmz-Credential=REDACTED"),
    ("https://u:S@h/a", "https://REDACTED@h/a"), ("https://h/a?token=", "https://h/a?token=REDACTED"),
    ("HTTPS://h?key=S#f", "HTTPS://h?key=REDACTED#f"),
    (" https://h/a?sig=S", " https://h/a?sig=REDACTED"),
    ("https://h/a b?sig=S", "https://h/a b?sig=REDACTED"),
    ("see https://u:S@h/a?v=1 and s3://b/c?sig=S.", "see https://REDACTED@h/a?v=1 and s3://b/c?sig=REDACTED"),
    ("https://h/cb#access_token=S&v=1", "https://h/cb#access_token=REDACTED&v=1"),
  ])
  func parametersThatGiveAccessAreStruckOut(url: String, expected: String) throws {
    let made = try make(submission([(NodeInput(node: "1", name: "u"), .json(.string(url)))]))
    #expect(made.json["overrides"]?["1"]?["inputs"]?["u"] == .string(expected))
    #expect(made.document.redactions.count == 1)
  }

  @Test func secretsOfOtherKindsAreStruckOutAndLinksStay() throws {
    let value: JSONValue = [
      "token": 12345, "password": ["PW", ["k": "PW"], true], "api_key": ["12", 0], "auth": .null,
      "secret": "",
    ]
    let made = try make(submission([(NodeInput(node: "1", name: "u"), .json(value))]))
    let struck = try #require(made.json["overrides"]?["1"]?["inputs"]?["u"])
    #expect(
      String(decoding: CanonicalJSON.compact(struck), as: UTF8.self)
        == #"{"api_key":["12",0],"auth":null,"password":["REDACTED",{"k":"REDACTED"},true],"secret":"","token":"REDACTED"}"#
    )
    #expect(made.document.redactions.count == 3)
  }

  @Test func aWebhookLosesItsQuery() {
    var redactor = CredentialRedactor()
    let struck = redactor.strike(
      JSONObject([.init(key: "webhook", value: "https://me/hook?any=S")]), at: JSONPointer())
    #expect(struck["webhook"] == "https://me/hook")
    #expect(redactor.places.map(\.rule) == ["url-query"])
  }

  // MARK: The workflow

  private let graph =
    #"{"2":{"class_type":"LoadImage","inputs":{"image":"old.png","n":1},"_meta":{"title":"In"}},"1":{"class_type":"Api","inputs":{"api_key":"SECRET","w":["2",0]}}}"#

  @Test func aWholeGraphIsArchivedTwiceAlike() throws {
    let made = try make(
      submission(
        [(NodeInput(node: "2", name: "image"), .asset(.inline(asset(large, "l.png"))))],
        workflow: graph, mode: .inlineWorkflow))
    let sent = try #require(made.json["workflow_api_json"])
    #expect(sent["2"]?["inputs"]?["image"] == "bundle:inputs/node-2/image/0000-l.png")
    #expect(sent["2"]?["inputs"]?["n"] == 1)
    #expect(sent["2"]?["_meta"]?["title"] == "In")
    let workflow = try #require(made.document.workflow)
    #expect(workflow.bytes == CanonicalJSON.indented(sent))
    #expect(workflow.source == "request")
    #expect(made.json["overrides"] == nil)
    #expect(
      places(made.document) == [
        "run/request.json /workflow_api_json/1/inputs/api_key credential",
        "run/workflow_api.json /1/inputs/api_key credential",
      ])
    #expect(
      made.document.inputs.first?.entry.pointer == JSONPointer(["workflow_api_json", "2", "inputs", "image"]))
  }

  @Test func aGraphThatWasOnlyRecordedStaysWithoutOverrides() throws {
    let made = try make(
      submission([(NodeInput(node: "2", name: "n"), .json(2))], workflow: graph))
    let workflow = try #require(made.document.workflow)
    let json = try JSONDocument(parsing: workflow.bytes).value
    #expect(json["2"]?["inputs"]?["n"] == 1)
    #expect(json["1"]?["inputs"]?["api_key"] == "REDACTED")
    #expect(workflow.source == "submitted")
    #expect(workflow.path == "run/workflow_api.json")
  }

  @Test func longDataInAGraphMovesOut() throws {
    let uri = DataURI.prefix("image/png") + Base64.encode(large)
    let made = try make(
      submission(
        [], workflow: #"{"5":{"class_type":"ETN","inputs":{"image":"\#(uri)"}}}"#,
        mode: .inlineWorkflow))
    #expect(made.document.externalised.map(\.path) == ["inputs/node-5/image/0000-data"])
    #expect(
      made.json["workflow_api_json"]?["5"]?["inputs"]?["image"]
        == "bundle:inputs/node-5/image/0000-data")
  }
}
