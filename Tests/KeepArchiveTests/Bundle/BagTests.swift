import KeepModel
import Testing

@testable import KeepArchive

@Suite struct BagTests {
  private let empty = Checksum(of: [UInt8]())

  @Test func tagFilesAreSpelledAsTheProfileAsks() throws {
    let bag = Bag(
      identifier: "urn:uuid:x",
      payload: [
        Bag.File(path: "b", size: 3, checksum: empty), Bag.File(path: "B", size: 4, checksum: empty),
      ])
    let files = bag.tagFiles.map { ($0.name, String(decoding: $0.bytes, as: UTF8.self)) }
    #expect(
      files.map(\.0) == ["bag-info.txt", "bagit.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt"])
    #expect(
      files[0].1 == """
        BagIt-Profile-Identifier: urn:uuid:2375481c-8508-42c1-83cc-18683e52ff1f
        External-Description: One archived ComfyUI API run
        External-Identifier: urn:uuid:x
        Payload-Oxum: 7.2
        Run-Bundle-Profile: 1.0

        """)
    #expect(files[1].1 == "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
    #expect(files[2].1 == "\(empty)  data/B\n\(empty)  data/b\n")
    let tags = bag.tagFiles.prefix(3).map { "\(Checksum(of: $0.bytes))  \($0.name)\n" }.joined()
    #expect(files[3].1 == tags)
  }

  @Test(arguments: [
    ("B2CEEB12-e242-4cf5-a564-c80bcd3300f5", "run-B2CEEB12-e242-4cf5-a564-c80bcd3300f5"),
    ("abc_1", "run-abc_1"), ("a.b", nil), ("../x", nil), ("", nil), ("é", nil),
    (String(repeating: "a", count: 37), nil),
  ])
  func requestIdNamesTheBundleOrIsSlugged(id: String, stem: String?) {
    let name = RunName(run(id))
    #expect(name.stem == stem ?? "run-\(PayloadName.slug(id))")
    #expect(PayloadPath(name.stem) != nil)
    #expect(name.stem.utf8.count <= 40)
    #expect(!name.stem.contains("."))
  }

  @Test func partialBundleHasANameOfItsOwn() {
    #expect(RunName(run("a")).file(isComplete: true) == "run-a")
    #expect(RunName(run("a")).file(isComplete: false) == "run-a.partial")
  }

  @Test func identifierIsTheIdWhereThatIsAUUID() {
    #expect(
      RunName(run("B2CEEB12-e242-4cf5-a564-c80bcd3300f5")).identifier
        == "urn:uuid:b2ceeb12-e242-4cf5-a564-c80bcd3300f5")
    let other = RunName(run("abc_1")).identifier
    #expect(other == RunName(run("abc_1")).identifier)
    #expect(other != RunName(run("abc_2")).identifier)
    #expect(other.hasPrefix("urn:uuid:") && other.utf8.count == 45)
  }

  private func run(_ id: String) -> Manifest.Run {
    Manifest.Run(deployment: "d", request: RequestID(id), status: "succeeded", errors: [])
  }
}
