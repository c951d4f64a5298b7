import KeepModel
import SystemPackage
import Testing

@testable import KeepPipeline

/// What is wrong in a recipe is told with line and column, all of it at once.
@Suite struct RecipeErrorTests {
  static func findings(_ text: String) -> [String] { findings(Array(text.utf8)) }

  static func findings(_ bytes: [UInt8]) -> [String] {
    RecipeReader.read(bytes, folder: "", home: "/own").findings.map { finding in
      finding.error(in: "recipe.yaml").description
    }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let text: String
    let place: String
    let words: String
    init(_ text: String, _ place: String, _ words: String) {
      (self.text, self.place, self.words) = (text, place, words)
    }
    var testDescription: String { "\(place) \(words)" }
  }

  static let cases: [Case] = [
    // Keys
    Case("deplyment: a", "1:1", "\"deplyment\" is no key of a recipe (did you mean \"deployment\"?)"),
    Case("limits:\n  warn: 3", "2:3", "\"warn\" is no key of limits"),
    Case("limits:\n  max_inlin: 3", "2:3", "(did you mean \"max_inline\"?)"),
    Case("max_runs: 3", "1:1", "\"max_runs\" is no key of a recipe"),
    Case("? [a]\n: b", "1:3", "a key is a text, not a list or a mapping"),
    Case("<<: {deployment: a}", "1:1", "\"<<\" is no key"),
    // Duplicates
    Case(
      "deployment: a\nworkflow: w\ndeployment: b", "3:1", "\"deployment\" is named twice, first in line 1"),
    Case("{\"deployment\": \"a\", \"deployment\": \"b\"}", "1:21", "\"deployment\" is named twice"),
    Case("set:\n  6.text: a\n  '6.text': b", "3:3", "\"6.text\" is named twice, first in line 2"),
    Case("deployment : a\n\"deployment\": b", "2:1", "\"deployment\" is named twice, first in line 1"),
    // Types
    Case("deployment: [a]", "1:13", "deployment takes a text, found a list"),
    Case("deployment:", "1:12", "deployment takes a text, found nothing"),
    Case("recursive: yes", "1:12", "recursive takes true or false, found \"yes\""),
    Case("recursive: on", "1:12", "recursive takes true or false"),
    Case("recursive: \"true\"", "1:12", "recursive takes true or false"),
    Case("recursive: True", "1:12", "recursive takes true or false"),
    Case("concurrency: 65", "1:14", "concurrency takes a whole number from 1 to 64, found \"65\""),
    Case("concurrency: 010", "1:14", "concurrency takes a whole number"),
    Case("concurrency: 4.0", "1:14", "concurrency takes a whole number"),
    Case("max_wait: soon", "1:11", "max_wait takes a length of time"),
    Case("poll_interval: 0", "1:16", "poll_interval takes a length of time"),
    Case("limits: 5", "1:9", "limits is a mapping of keys to values, found a text"),
    Case("limits: {max_body: 5XB}", "1:20", "max_body takes a size such as 10MB"),
    Case("limits: {max_file: {picture: 5}}", "1:21", "\"picture\" is no kind of media"),
    Case("prefer: best", "1:9", "prefer takes auto, inline or upload, found \"best\""),
    Case("inputs: keep", "1:9", "inputs takes include or omit"),
    Case("api: {version: v3}", "1:16", "version takes v1 or v2"),
    Case("version: 2", "1:10", "version takes 1, found \"2\""),
    Case("paths: {a: b}", "1:8", "paths takes a text or a list of texts, found a mapping"),
    Case("paths: []", "1:8", "paths is an empty list"),
    Case("paths: [a, [b]]", "1:12", "paths takes a text, found a list"),
    Case("webhook: {url: ftp://x}", "1:16", "url takes an http or https URL"),
    Case("- a", "1:1", "a recipe is a mapping of keys to values, found a list"),
    Case("deployment", "1:1", "a recipe is a mapping of keys to values, found a text"),
    // Node inputs
    Case("set: [a]", "1:6", "set takes a mapping of NODE.INPUT"),
    Case("set:\n  text: a", "2:3", "\"text\" names no node input"),
    Case("set:\n  6.text:", "2:10", "6.text takes a value, found nothing"),
    Case("set:\n  \"a=b.text\": c", "2:3", "holds \"=\""),
    Case("set:\n  6.text: {file: [a]}", "2:18", "6.text takes the path of a text file"),
    Case("assets:\n  189.image: [a]", "2:14", "189.image takes each, a file, a folder"),
    Case("sweep:\n  25.seed: []", "2:12", "25.seed takes a list of values"),
    // Secrets
    Case("password: hunter2", "1:1", "\"password\" would hold a secret"),
    Case("upload:\n  to: s3://b\n  secret_key: hunter2", "3:3", "\"secret_key\" would hold a secret"),
    Case("upload: {token: hunter2}", "1:10", "\"token\" would hold a secret"),
    Case("upload: {headers: {X-Key: hunter2}}", "1:27", "a header's value may be a secret"),
    Case("upload: {headers: {X-Key: {env: hunter-2}}}", "1:33", "takes the name of an environment variable"),
    Case("upload: {password_env: 'hunter2!'}", "1:24", "takes the name of an environment variable"),
    Case("api: {url: 'https://me:hunter2@h/'}", "1:12", "takes an http or https URL without a login"),
    // YAML itself
    Case("set:\n\t6.text: a", "2:1", "a tab stands where YAML takes spaces alone"),
    Case("set:\n  6.text: @home", "2:11", "a text cannot begin with @"),
    Case("set:\n  6.text: a: b", "2:12", "mapping values are not allowed in this context"),
    Case("paths: [a", "2:1", "is not YAML"),
    Case("deployment: \"a", "1:13", "is not YAML: while scanning a quoted scalar"),
    Case("deployment: a\n---\ndeployment: b", "2:1", "a second document begins here"),
    Case("set: &a {6.text: b}", "1:6", "anchors and aliases are not read"),
    Case("set:\n  6.text: &a b\n  7.text: *a", "2:11", "anchors and aliases are not read"),
    Case("set: *a", "1:6", "is not YAML: found undefined alias"),
    Case("deployment: !!int 3", "1:13", "tags such as !!str are not read"),
    Case("deployment: !x a", "1:13", "tags such as !!str are not read"),
    Case("# a\u{7}", "1:4", "U+0007 is a control character"),
    Case("set:\r\n  6.text: a\u{2028}b", "2:12", "U+2028 is the end of a line"),
    Case("set: {6.text: é\u{1F600}, bad: 1}", "1:19", "\"bad\" names no node input"),
    Case("\u{FEFF}bad: 1", "1:1", "\"bad\" is no key"),
    Case(
      "set: {6.a: " + String(repeating: "[", count: 40) + String(repeating: "]", count: 40) + "}", "1:42",
      "nested more than 32 levels"),
  ]

  @Test(arguments: cases) func everyErrorHasItsLineAndColumn(example: Case) {
    let found = Self.findings(example.text)
    #expect(found.count == 1, "\(found)")
    let first = found.first ?? ""
    #expect(first.hasPrefix("recipe.yaml:\(example.place): "), "\(first)")
    #expect(first.contains(example.words), "\(first)")
    #expect(!found.joined().contains("hunter"))
  }

  @Test(arguments: [
    ("", "recipe.yaml: is empty"), ("# only words\n", "recipe.yaml: is empty"),
    ("---\n", "recipe.yaml: is empty"),
  ])
  func anEmptyFileIsNoRecipe(text: String, words: String) {
    #expect(Self.findings(text) == [words])
  }

  @Test func bytesThatAreNoTextAreFound() {
    #expect(
      Self.findings(Array("a: b\nset: ".utf8) + [0xC3, 0x28]) == [
        "recipe.yaml:2:6: is not UTF-8 from here on"
      ])
    #expect(Self.findings([0xFF, 0xFE, 0x61, 0]) == ["recipe.yaml: is UTF-16 text"])
    let large = Array(repeating: UInt8(ascii: "#"), count: 1 << 20)
    #expect(Self.findings(large) == ["recipe.yaml: is empty"])
    #expect(Self.findings(large + [0x23]).first?.contains("at most 1048576 bytes") == true)
  }

  @Test func everythingWrongIsToldAtOnce() {
    let found = Self.findings(
      """
      deplyment: a
      recursive: yes
      limits:
        warn_inline: soon
        max_bodi: 3
      deployment: b
      deployment: c
      set:
        6.text: a
        6.text: b
        6.text: c
      """)
    let places = found.map { $0.dropFirst("recipe.yaml:".count).prefix { $0 != " " } }
    #expect(places == ["1:1:", "2:12:", "4:16:", "5:3:", "7:1:", "10:3:", "11:3:"])
  }

  @Test func whatBelongsElsewhereIsNamed() {
    let finding = RecipeReader.read(Array("max_runs: 3".utf8), folder: "", home: nil).findings.first
    #expect(finding?.hint == "there is budget.max_runs")
  }

  /// Values that would multiply: a hundred million texts in a few lines.
  @Test func anchorsAreNoBombs() {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...8 {
      let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
      text += "a\(level): &a\(level) [\(aliases)]\n"
    }
    #expect(Self.findings(text) == ["recipe.yaml:3:40: anchors and aliases are not read in a recipe"])
    let keys = (1...30).map { "&k\($0) {? *k\($0 - 1) : 1, ? [*k\($0 - 1)] : 2}" }.joined(separator: "\n- ")
    #expect(Self.findings("- &k0 x\n- " + keys).first?.contains("anchors and aliases") == true)
  }

  @Test func depthIsNoDanger() {
    for count in [900, 5000, 200_000] {
      for (open, close) in [("[", "]"), ("{a: ", "}"), ("- ", "")] {
        let text = String(repeating: open, count: count) + String(repeating: close, count: count)
        #expect(Self.findings(text).count == 1)
      }
    }
  }
}
