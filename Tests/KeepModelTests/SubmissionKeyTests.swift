import KeepModel
import SystemPackage
import Testing

@Suite struct SubmissionKeyTests {
  // The key is in ledgers and webhook addresses: another spelling would run everything again.
  @Test func isFixedForEver() throws {
    var overrides = Overrides()
    overrides[NodeInput(node: "6", name: "text")] = .json("a cat")
    overrides[NodeInput(node: "25", name: "noise_seed")] = .json(
      .number(try #require(JSONNumber("18446744073709551615"))))
    overrides[NodeInput(node: "189", name: "image")] = .asset(.inline(asset("cat.png")))
    let text =
      #"{"deployment":"d-1","overrides":{"189":{"image":{"sha256":"\#(Checksum(of: [1]))","type":"image/png"}},"#
      + #""25":{"noise_seed":{"value":18446744073709551615}},"6":{"text":{"value":"a cat"}}}}"#
    #expect(key(overrides).rawValue == Checksum(of: Array(text.utf8)).hexadecimal)
  }

  @Test func fileNamesAndTheWayOfTravelPlayNoPart() throws {
    let first = key(with: .asset(.inline(asset("cat.png"))))
    #expect(key(with: .asset(.inline(asset("other/dog.png")))) == first)
    let url = try #require(HTTPURL("https://h/a.png"))
    #expect(key(with: .asset(.hosted(url, asset("cat.png")))) == first)
    #expect(key(with: .asset(.hosted(url, nil))) != first)
  }

  @Test func drawnSeedsPlayNoPart() {
    #expect(key(with: .randomSeed(1)) == key(with: .randomSeed(2)))
    #expect(key(with: .randomSeed(1)) != key(with: .json(1)))
  }

  @Test func everythingElseCounts() throws {
    let values: [OverrideValue] = [
      .json("1"), .json(1), .json(.number(JSONNumber(unchecked: "1.0"))), .json(.null), .json(true),
      .json([]),
      .json([:]),
      .json(["random": true]),
      .json(["value": 1]), .randomSeed(1), .asset(.inline(asset("a.png"))),
      .asset(.inline(asset("a.png", [2]))),
      .asset(.inline(asset("a.png", [1], "image/jpeg"))),
      .json(["sha256": .string(Checksum(of: [1]).hexadecimal), "type": "image/png"]),
      .json("\u{E9}"), .json("e\u{301}"), .asset(.hosted(try #require(HTTPURL("https://h/a?b")), nil)),
      .asset(.hosted(try #require(HTTPURL("https://h/a")), nil)), .json("https://h/a"),
    ]
    #expect(Set(values.map { key(with: $0) }).count == values.count)
  }

  @Test func deploymentNodeInputModeAndWorkflowCount() throws {
    let workflow = try Workflow(document: ["1": ["class_type": "A", "inputs": ["x": 1]]])
    let other = try Workflow(document: ["1": ["class_type": "A", "inputs": ["x": 2]]])
    var overrides = Overrides()
    overrides[NodeInput(node: "1", name: "x")] = .json(1)
    var moved = Overrides()
    moved[NodeInput(node: "1", name: "y")] = .json(1)
    let submissions = [
      Submission(deployment: "d", workflow: nil, overrides: overrides),
      Submission(deployment: "e", workflow: nil, overrides: overrides),
      Submission(deployment: "d", workflow: nil, overrides: moved),
      Submission(deployment: "d", workflow: nil, overrides: Overrides()),
      Submission(deployment: "d", mode: .inlineWorkflow, workflow: workflow, overrides: overrides),
      Submission(deployment: "d", mode: .inlineWorkflow, workflow: other, overrides: overrides),
    ]
    #expect(Set(submissions.map(\.key)).count == submissions.count)
    let checked = Submission(deployment: "d", workflow: workflow, overrides: overrides)
    #expect(
      checked.key == submissions[0].key, "in override mode the workflow is only what it was checked against")
  }

  @Test func theOrderOfSettingPlaysNoPart() {
    var first = Overrides()
    var second = Overrides()
    let inputs = (0..<20).map { NodeInput(node: NodeID("\($0 % 7)"), name: InputName("i\($0)")) }
    for input in inputs { first[input] = .json(1) }
    for input in inputs.reversed() { second[input] = .json(1) }
    #expect(key(first) == key(second))
    #expect(key(first).rawValue.utf8.count == 64)
  }

  private func key(_ overrides: Overrides) -> SubmissionKey {
    Submission(deployment: "d-1", workflow: nil, overrides: overrides).key
  }

  private func key(with value: OverrideValue) -> SubmissionKey {
    var overrides = Overrides()
    overrides[NodeInput(node: "1", name: "x")] = value
    return key(overrides)
  }

  private func asset(_ path: String, _ bytes: [UInt8] = [1], _ type: MediaType = "image/png") -> Asset {
    Asset(path: .init(path), size: 1, checksum: Checksum(of: bytes), mediaType: type)
  }
}

@Suite struct ChecksumTests {
  @Test func readsSixtyFourLowerCaseDigits() {
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    #expect(Checksum(of: []).hexadecimal == empty)
    #expect(Checksum(hexadecimal: empty) == Checksum(of: []))
    for text in [
      "", String(empty.dropLast()), empty + "0", empty.uppercased(), String(repeating: "g", count: 64),
      String(repeating: "é", count: 32),
    ] {
      #expect(Checksum(hexadecimal: text) == nil)
    }
  }

  @Test func piecesMakeTheWhole() {
    var hasher = ChecksumHasher()
    for byte in "abc".utf8 { withUnsafeBytes(of: byte) { hasher.update($0) } }
    #expect(hasher.finish() == Checksum(of: "abc".utf8))
  }
}

@Suite struct MediaTypeTests {
  @Test(
    arguments: [
      ("", nil), ("\u{89}PNG", nil), ("hello, world", nil), ("<html>", nil), ("GIF88a", nil), ("BM", nil),
      ("BMxxxxxxxxxxxxxxxxxx", nil),
      ("RIFF\0\0\0\0XXXX", nil), ("RIFF", nil), ("ID3", nil), ("OggS", nil), ("%PDF-1.7", "application/pdf"),
      ("#?RADIANCE\n", "image/vnd.radiance"), ("ply\nformat ascii", "model/ply"),
      ("PK\u{3}\u{4}", "application/zip"),
      ("\0\0\0\u{18}ftypavis\0\0\0\0avisavif", "image/avif"),
      ("\0\0\0\u{18}ftypmif1\0\0\0\0mif1heic", "image/heic"),
      ("\0\0\0\u{14}ftypmif1\0\0\0\0mif1", "image/heif"), ("\0\0\0\u{14}ftyp3gp5\0\0\0\03gp5", "video/mp4"),
      ("\0\0\0\u{14}ftypcrx \0\0\0\0crx ", nil), ("\0\0\0\u{8}ftyp", nil),
      ("\0\0\0\u{8}wide\0\0\0\u{8}mdat", "video/quicktime"),
      ("\0\0\0\u{8}free\0\0\0\u{8}xxxx", nil), ("\0\0\0\u{8}moov", "video/quicktime"),
    ] as [(String, MediaType?)])
  func aFewBytesAreJudgedWithCare(_ text: String, _ type: MediaType?) {
    let bytes = text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
    #expect(MediaType(magic: bytes) == type)
    for count in 0..<bytes.count { _ = MediaType(magic: bytes.prefix(count)) }
    bytes.withUnsafeBytes { #expect(MediaType(magic: $0) == type) }
  }

  @Test(
    arguments: [
      ("png", "image/png"), ("JPEG", "image/jpeg"), ("Opus", "audio/ogg"), ("glb", "model/gltf-binary"),
      ("exe", nil), ("", nil),
    ] as [(String, MediaType?)])
  func extensionsStandForTypes(_ name: String, _ type: MediaType?) {
    #expect(MediaType(extension: name) == type)
  }

  @Test func kindsFollowTheType() {
    #expect(MediaType("image/png").kind == .image)
    #expect(MediaType("model/obj").kind == .model3D)
    #expect(MediaType("application/zip").kind == .other)
    #expect(MediaType("").kind == .other)
  }
}
