import KeepModel
import Testing

@testable import KeepArchive

@Suite struct PayloadNameTests {
  @Test(arguments: [
    ("58", "58"), ("38:42", "38.42"), ("images", "images"), ("3d", "3d"), ("a_images", "a_images"),
    ("a-b:c", "a-b.c"), ("1__2", "1__2"), ("console", "console"), ("com10", "com10"),
    (String(repeating: "a", count: 32), String(repeating: "a", count: 32)),
  ])
  func plainNamesStayReadable(name: String, slug: String) {
    #expect(PayloadName.slug(name) == slug)
  }

  @Test(arguments: [
    ("Node A", "node_a-"), ("node a", "node_a-"), ("con", "con-"), ("con:1", "con_1-"),
    ("lpt9", "lpt9-"), ("", "x-"), ("..", "x-"), ("../../etc", "etc-"), ("_x", "x-"), ("a-", "a-"),
    ("a--b", "a_b-"), ("a.b", "a_b-"), ("x-0123456789", "x_0123456789-"), ("名前", "x-"),
    ("\u{202E}gnp.exe", "gnp_exe-"), ("a\r\nb", "a_b-"), ("\u{212A}", "x-"),
    (String(repeating: "a", count: 33), String(repeating: "a", count: 21) + "-"),
    (String(repeating: "a", count: 4000), String(repeating: "a", count: 21) + "-"),
  ])
  func otherNamesGetAHash(name: String, start: String) {
    let slug = PayloadName.slug(name)
    #expect(slug.hasPrefix(start))
    #expect(
      slug.dropFirst(start.count) == Checksum(of: Array(name.utf8)).hexadecimal.prefix(10))
    #expect(slug.utf8.count <= 32)
  }

  @Test func differentNamesGetDifferentSlugs() {
    let names = [
      "Node A", "node a", "NODE A", "node_a", "é", "e\u{301}", "38:42", "38.42", "38-42", "con", "CON",
      "x", "", "x-2d711642b7", String(repeating: "a", count: 4000), String(repeating: "a", count: 4001),
    ]
    #expect(Set(names.map { PayloadName.slug($0).lowercased() }).count == names.count)
  }

  @Test func aSlugIsNotItsOwnSource() {
    let hashed = PayloadName.slug("Node A")
    #expect(PayloadName.slug(hashed) != hashed)
  }

  @Test(arguments: [
    ("ComfyUI_00001_.png", "ComfyUI_00001_.png"), ("../../etc/passwd", "passwd"),
    ("C:\\temp\\x.mp4", "x.mp4"), ("a b  c.png", "a_b_c.png"), (".png", "png"), ("", "file"),
    ("...", "file"), ("a.", "a"), ("frame_%03d.png", "frame__03d.png"), ("con.png", "con.png"),
    ("x.tar.gz", "x.tar.gz"), ("x.superlongext", "x.superlongext"), ("写真.PNG", "_.PNG"),
    ("e\u{301}.png", "e_.png"), ("\u{202E}gnp.exe", "_gnp.exe"), ("a\u{0}b.png", "a_b.png"),
    ("folder/", "file"), ("a.p g", "a.p_g"), ("x..png", "x..png"), ("-rf.png", "-rf.png"),
    (String(repeating: "n", count: 4000) + ".webm", String(repeating: "n", count: 56) + ".webm"),
    (String(repeating: "n", count: 55) + ".notanextension", String(repeating: "n", count: 55)),
  ])
  func fileNamesBecomePortable(name: String, safe: String) {
    #expect(PayloadName.safe(name) == safe)
  }

  @Test(arguments: [
    ("a.png", "png"), ("a.PNG", "PNG"), (".png", ""), ("a", ""), ("a.", ""), ("a.12345678", "12345678"),
    ("a.123456789", ""), ("a.b.glb", "glb"), ("a.p/g", ""),
  ])
  func extensionsAreOneToEightLettersOrDigits(name: String, expected: String) {
    #expect(PayloadName.fileExtension(name) == expected)
  }
}

@Suite struct PayloadPathTests {
  private func output(_ node: NodeID, _ key: OutputKey, _ index: Int, _ content: NodeOutput.Content)
    -> NodeOutput
  {
    NodeOutput(node: node, key: key, index: index, pointer: JSONPointer(), content: content)
  }

  private func file(_ name: String) -> NodeOutput.Content {
    .file(NodeOutput.FileRecord(filename: name, subfolder: "", type: "output", url: nil))
  }

  @Test func outputsLieByNodeKeyAndIndex() {
    #expect(
      PayloadPath(output("38:42", "images", 2, file("../con.png"))).rawValue
        == "outputs/node-38.42/images/0002-con.png")
    #expect(
      PayloadPath(output("4", "text", 12_345, .text("a"))).rawValue == "outputs/node-4/text/12345.txt")
  }

  @Test func inputsLieByNodeAndName() {
    let input = NodeInput(node: "189", name: "image")
    #expect(
      PayloadPath(input: input, filename: "my cat.jpg").rawValue
        == "inputs/node-189/image/0000-my_cat.jpg")
  }

  @Test func theLongestPathFitsAndIsPortable() {
    let long = String(repeating: "Ä long nàme/", count: 400)
    let path = PayloadPath(output(NodeID(long), OutputKey(long), 999_999, file(long + "x.abcdefgh")))
    #expect(path.rawValue.utf8.count <= 160)
    #expect(PayloadPath(path.rawValue) == path)
  }

  @Test(arguments: [
    "", "/a", "a/", "a//b", "a/../b", ".", "a b", "a\\b", "é", "a/...", "c:x",
    String(repeating: "a", count: 201),
  ])
  func unsafePathsAreRefused(text: String) {
    #expect(PayloadPath(text) == nil)
  }

  @Test func pathsSortByBytes() {
    let paths = ["a/b", "a-b", "B", "a"].compactMap { PayloadPath($0) }
    #expect(paths.sorted().map(\.rawValue) == ["B", "a", "a-b", "a/b"])
  }
}
