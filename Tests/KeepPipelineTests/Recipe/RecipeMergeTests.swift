import KeepModel
import SystemPackage
import Testing

@testable import KeepPipeline

/// Flags, then environment, then recipe, then default.
@Suite struct RecipeMergeTests {
  private func recipe(_ text: String) throws -> Recipe { try RecipeReaderTests.recipe(text, folder: "") }

  @Test func theUpperHoldsForEveryKey() throws {
    let lower = try recipe(RecipeReaderTests.everything)
    var other = RecipeReaderTests.everything
    for (old, new) in [("true", "false"), (": omit", ": include"), ("upscale", "denoise"), ("500ms", "7s")] {
      other = other.replacing(old, with: new)
    }
    let upper = try recipe(other)
    #expect(upper.overriding(lower) == upper)
    #expect(Recipe().overriding(lower) == lower)
    #expect(upper.overriding(Recipe()) == upper)
    #expect(lower.overriding(.standard) == lower)
  }

  @Test func falseAboveTrueIsFalse() throws {
    let merged = try recipe("recursive: false").overriding(recipe("recursive: true\nprobe: true"))
    #expect(merged.isRecursive == false)
    #expect(merged.probesURLs == true)
  }

  @Test func aNodeInputBelongsToTheUpperOne() throws {
    let lower = try recipe("set: {6.text: a, 7.text: b}\nsweep: {25.seed: 1..4}\nassets: {1.image: each}")
    let upper = try recipe("set: {25.seed: 7, 6.text: c, 1.image: x}")
    let merged = upper.overriding(lower)
    #expect(merged.settings?.map(\.text) == ["25.seed=7", "6.text=c", "1.image=x", "7.text=b"])
    #expect(merged.sweeps == nil)
    #expect(merged.assets == nil)
  }

  @Test func pathsAndGlobsOfTheUpperOneStandAlone() throws {
    let merged = try recipe("paths: a\ninclude: x").overriding(
      recipe("paths: [b, c]\ninclude: [y]\nexclude: z"))
    #expect(merged.paths == ["a"])
    #expect(merged.includes == ["x"])
    #expect(merged.excludes == ["z"])
  }

  @Test func aLimitForOneKindLeavesTheOthers() throws {
    let lower = try recipe("limits: {max_file: {image: 1MB, video: 2MB}}")
    let merged = try recipe("limits: {max_file: {video: 3MB}}").overriding(lower)
    #expect(merged.limits.maximumFile == [.image: 1_000_000, .video: 3_000_000])
  }

  @Test func aLoginNeverGoesToAnotherServer() throws {
    let lower = try recipe("upload: {to: 'https://mine.example/', bearer_env: B, headers: {X-K: {env: K}}}")
    let merged = try recipe("upload: https://theirs.example/").overriding(lower)
    #expect(merged.upload.login == RecipeUpload.Login())
    #expect(merged.upload.headers == nil)
    let relogged = try recipe("upload: {netrc: n}").overriding(lower)
    #expect(relogged.upload.target == "https://mine.example/")
    #expect(relogged.upload.login.bearer == nil)
    #expect(relogged.upload.login.netrc == "n")
  }

  @Test func theEnvironmentStandsBetween() throws {
    let variables = ["RUNCOMFY_API_URL": "https://env.example", "COMFYKEEP_ARCHIVE": "env"]
    let environment = Recipe(environment: { variables[$0] })
    let file = try recipe("archive: file\nledger: l\napi: {url: 'https://file.example'}")
    #expect(environment.overriding(file).archive == "env")
    #expect(environment.overriding(file).apiURL == HTTPURL("https://env.example"))
    #expect(environment.overriding(file).ledger == "l")
    #expect(try recipe("archive: flag").overriding(environment).overriding(file).archive == "flag")
    #expect(Recipe(environment: { _ in nil }).overriding(file).archive == "file")
  }

  @Test func theDefaultsAreThoseOfTheLibrary() throws {
    var recipe = Recipe()
    recipe.deployment = "d"
    let wish = try recipe.wish { _ in nil }
    let plain = RunWish(deployment: "d")
    #expect(wish.limits == plain.limits)
    #expect(wish.preference == plain.preference)
    #expect(wish.budget == plain.budget)
    #expect(wish.upload == nil)
    #expect(
      [
        wish.isRecursive, wish.isInline, wish.allowsCutting, wish.usesSidecars, wish.stripsMetadata,
        wish.probesURLs,
      ]
        == [
          plain.isRecursive, plain.isInline, plain.allowsCutting, plain.usesSidecars, plain.stripsMetadata,
          plain.probesURLs,
        ])
    let standard = Pipeline.Configuration(api: try Bench.api())
    var configured = standard
    configured.concurrency = 0
    configured.overallConcurrency = 0
    configured.maximumSameFailures = nil
    configured.retention = .zero
    configured.pollInterval = .zero
    configured.includesInputs = false
    configured.includesTemporary = false
    configured.allowsPartial = true
    configured.repeatsEnded.toggle()
    configured.webhookAnnouncesProgress.toggle()
    recipe.configure(&configured)
    #expect(configured.concurrency == standard.concurrency)
    #expect(configured.overallConcurrency == standard.overallConcurrency)
    #expect(configured.maximumSameFailures == standard.maximumSameFailures)
    #expect(configured.retention == standard.retention)
    #expect(configured.pollInterval == standard.pollInterval)
    #expect(configured.includesInputs == standard.includesInputs)
    #expect(configured.includesTemporary == standard.includesTemporary)
    #expect(configured.allowsPartial == standard.allowsPartial)
    #expect(configured.repeatsEnded == standard.repeatsEnded)
    #expect(configured.webhookAnnouncesProgress == standard.webhookAnnouncesProgress)
  }

  @Test func everythingArrivesInTheWish() throws {
    var text = RecipeReaderTests.everything
    text = String(text[..<(text.firstRange(of: "upload:\n")?.lowerBound ?? text.endIndex)])
    let wish = try recipe(text + "budget: {max_runs: 7, max_upload_bytes: 1GB}\nprobe: true").wish(
      allowsLocalURLs: true, isConfirmed: true
    ) { _ in nil }
    #expect(wish.deployment == "upscale")
    #expect(wish.includes == ["*.png"])
    #expect(wish.excludes == ["raw-*", "*.bak"])
    #expect(wish.table == "rows.csv")
    #expect(wish.objectInfo == "info.json")
    #expect(wish.sweeps == ["25.steps=[10,20]", "25.cfg=1..4"])
    #expect(wish.preference == .upload)
    #expect(wish.limits.maximumBody == 3000)
    #expect(wish.budget == RunBudget(maximumRuns: 7, maximumBytes: 1_000_000_000, isConfirmed: true))
    let flags = [
      wish.isRecursive, wish.isInline, wish.allowsCutting, wish.usesSidecars, wish.stripsMetadata,
      wish.probesURLs,
      wish.allowsLocalURLs,
    ]
    #expect(flags.allSatisfy { $0 })
  }

  @Test func withoutADeploymentNothingIsAskedFor() {
    #expect(throws: KeepError(.usage, .option("--deployment"), "")) { try Recipe().wish { _ in nil } }
  }
}
