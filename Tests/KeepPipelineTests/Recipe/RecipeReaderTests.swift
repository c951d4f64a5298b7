import KeepModel
import SystemPackage
import Testing

@testable import KeepPipeline

/// What a recipe's text means.
@Suite struct RecipeReaderTests {
  static func recipe(_ text: String, folder: FilePath = "work") throws -> Recipe {
    let (recipe, findings) = RecipeReader.read(Array(text.utf8), folder: folder, home: "/own")
    try #require(findings.isEmpty, "\(findings)")
    return recipe
  }

  private func setting(_ value: String) throws -> String? {
    try Self.recipe("set:\n  6.text: \(value)").settings?.first?.value
  }

  static let everything = """
    version: 1
    deployment: upscale
    workflow: w.json
    inline_workflow: true
    object_info: info.json
    allow_cutting: true
    paths: [photos, ~/more, /abs/x.png]
    recursive: true
    include: '*.png'
    exclude: ["raw-*", '*.bak']
    table: rows.csv
    sidecars: true
    assets: {189.image: each, 2.mask: masks, 3.image: https://h.example/a.png}
    set: {6.text: a cat, 25.noise_seed: 18446744073709551615}
    sweep: {25.steps: [10, 20], 25.cfg: 1..4}
    strip_metadata: true
    prefer: upload
    limits: {warn_inline: 1MB, max_inline: 2MiB, max_body: 3000, advised_image: 1.5MB, advised_video: 2 GB, max_file: {image: 1kB, 3d: 2KiB}}
    upload:
      to: https://h.example/{sha256}.{ext}
      command: mytool {path}
      endpoint: https://s3.example
      region: eu-central-1
      addressing: host
      public_url: https://cdn.example/{key}
      headers: {X-Key: {env: KEY}}
      lifetime: 2h
      bearer_env: B
      user_env: U
      password_env: P
      netrc: n
      access_key_env: A
      secret_key_env: S
      session_token_env: T
    probe: true
    budget: {max_runs: 7, max_upload_bytes: 1GB, min_balance: 12.50}
    concurrency: 2
    max_in_flight: 9
    stop_after: 3
    retention: 3d
    retry_failed: true
    max_wait: 30m
    poll_interval: 500ms
    archive: kept
    ledger: l.sqlite
    export: out
    inputs: omit
    temp: omit
    allow_partial: true
    output_host: [cdn.example.com, '*.example.net']
    api: {url: https://api.example, version: v2}
    webhook: {url: https://hook.example/x, progress: true}
    archive_store:
      to: s3://kept/runs
      keep_local: true
      endpoint: https://s3.kept.example
      region: eu-central-2
      addressing: path
      access_key_env: C
      secret_key_env: D
      session_token_env: E
    """

  @Test func everyKeyIsRead() throws {
    let recipe = try Self.recipe(Self.everything)
    for key in RecipeKey.all {
      var filled = Recipe()
      key.fill(&filled, recipe)
      #expect(filled != Recipe(), "\(key.path) is not set")
      let parts = key.path.split(separator: ".")
      #expect(Self.everything.contains("\(parts[parts.count - 1]):"), "\(key.path)")
    }
    #expect(recipe.paths == ["work/photos", "/own/more", "/abs/x.png"])
    #expect(recipe.workflow == "work/w.json")
    #expect(
      recipe.assets?.map(\.text) == ["189.image", "2.mask=work/masks", "3.image=https://h.example/a.png"])
    #expect(recipe.settings?.map(\.text) == ["6.text=a cat", "25.noise_seed=18446744073709551615"])
    #expect(recipe.sweeps?.map(\.text) == ["25.steps=[10,20]", "25.cfg=1..4"])
    #expect(recipe.limits.advisedImage == 1_500_000)
    #expect(recipe.outputHosts?.map(\.description) == ["cdn.example.com", "*.example.net"])
    #expect(recipe.limits.advisedVideo == 2_000_000_000)
    #expect(recipe.limits.maximumFile == [.image: 1000, .model3D: 2048])
    #expect(recipe.upload.command == ["mytool", "{path}"])
    #expect(recipe.upload.lifetime == .seconds(7200))
    #expect(recipe.includesInputs == false)
    #expect(recipe.pollInterval == .milliseconds(500))
  }

  @Test func jsonIsARecipeToo() throws {
    let text =
      "{\n\t\"deployment\": \"d\",\n\t\"set\": {\"6.text\": \"a\\u00e9 \\\"b\\\"\", \"25.seed\": 18446744073709551615}\n}\n"
    let recipe = try Self.recipe(text)
    #expect(recipe.settings?.map(\.text) == ["6.text=aé \"b\"", "25.seed=18446744073709551615"])
  }

  /// What YAML 1.1 would take for truth, octal numbers, minutes, dates, or nothing.
  @Test(arguments: [
    "no", "on", "Yes", "y", "012", "0o17", "0x1F", "1:30", "1_000", "2026-11-25", "1e3", ".5", "+1", "~",
    "null", "true", "=", "18446744073709551615", "0.1000000000000000055511151231257827", "-0", "random",
    "1..4",
    "2001-12-14t21:59:43.10-05:00", "a  b", "é",
  ])
  func aPlainTextStaysAsItIsWritten(text: String) throws { #expect(try setting(text) == text) }

  @Test func textsKeepTheirQuotesOut() throws {
    #expect(try setting("'it''s'") == "it's")
    #expect(try setting("\"a\\tb\\u2028\"") == "a\tb\u{2028}")
    #expect(try setting("''") == "")
    #expect(try setting("|\n    two\n    lines\n") == "two\nlines\n")
    #expect(try setting(">-\n    one\n    line\n") == "one line")
    #expect(try setting("a # comment") == "a")
    #expect(try setting("a#b") == "a#b")
  }

  @Test func anAtSignIsAFileOnlyOnPurpose() throws {
    #expect(try setting("'@home'") == "@@home")
    #expect(try setting("'@@home'") == "@@@home")
    #expect(try setting("{file: prompts/a.txt}") == "@work/prompts/a.txt")
    #expect(try setting("{file: ~/a.txt}") == "@/own/a.txt")
    #expect(try setting("{file: a, more: b}") == #"{"file":"a","more":"b"}"#)
  }

  @Test func aSweepMayStandInAFile() throws {
    let recipe = try Self.recipe("sweep: {6.text: {file: lines.txt}, 7.text: '@a,b'}")
    #expect(recipe.sweeps?.map(\.text) == ["6.text=@work/lines.txt", "7.text=@@a,b"])
  }

  @Test func listsAndMappingsBecomeJSONWithTheirDigits() throws {
    #expect(
      try setting(#"[18446744073709551615, 1.50, "7", true, no, null, 012, {a: [x]}]"#)
        == #"[18446744073709551615,1.50,"7",true,"no",null,"012",{"a":["x"]}]"#)
  }

  @Test func endsOfLinesAndAMarkInFrontDoNotMatter() throws {
    let recipe = try Self.recipe("\u{FEFF}deployment: a\r\nset:\r\n  6.text: b\r\n")
    #expect(recipe.deployment == "a")
    #expect(recipe.settings?.first?.value == "b")
    #expect(recipe.settings?.first?.place == RecipePlace(line: 3, column: 3))
  }

  @Test func uploadMayBeATargetAlone() throws {
    #expect(try Self.recipe("upload: s3://bucket/in").upload.target == "s3://bucket/in")
  }

  @Test func harmlessSignsAreNoAliases() throws {
    let stars = (0..<40).map { "\($0).text: '*a and &a, *b & c'" }.joined(separator: "\n  ")
    let recipe = try Self.recipe("set:\n  1.text: 'x & y * z'\n  2.text: (a:1.2) *bold* &amp")
    #expect(recipe.settings?.count == 2)
    #expect(RecipeErrorTests.findings("set:\n  \(stars)").count == 1, "too many to tell apart are refused")
  }

  @Test(
    arguments: [
      ("0", 0), ("10MB", 10_000_000), ("64MiB", 64 << 20), ("1 kB", 1000), ("1.5GB", 1_500_000_000),
      ("7 b", 7),
      ("18446744073709551615", UInt64.max),
    ] as [(String, UInt64)])
  func sizesAreExact(text: String, bytes: UInt64) {
    #expect(ByteCount(sizeText: text)?.bytes == bytes)
    #expect(ByteCount(sizeText: ByteCount(bytes).sizeText)?.bytes == bytes)
  }

  @Test(arguments: [
    "", "MB", "1.2.3MB", "-1", "1TB", "10M", "1.5", "18446744073709551616", "18446744073709551615kB", "１０",
  ])
  func whatIsNoSizeIsRefused(text: String) { #expect(ByteCount(sizeText: text) == nil) }
}
