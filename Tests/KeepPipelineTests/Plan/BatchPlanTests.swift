import KeepModel
import KeepTestKit
import KeepTransport
import SystemPackage
import Testing

@testable import KeepPipeline

/// Pairs, tables and sweeps, planned.
@Suite struct BatchPlanTests {
  let bench: Bench
  let graph: FilePath

  init() throws {
    bench = try Bench()
    graph = try bench.folder.write(Array(FakeService.workflow.utf8), to: "workflow.json")
  }

  private func picture(_ value: UInt8, _ name: String) throws {
    try bench.folder.write(Pictures.png(value), to: name)
  }

  private func plan(
    _ paths: [String] = [], assets: [String] = [], _ change: (inout RunWish) -> Void = { _ in }
  ) async throws -> RunPlan {
    var wish = RunWish(
      deployment: "d-1", paths: paths.map { bench.folder($0) },
      assets: assets.map { $0.replacing("=", with: "=\(bench.folder.path)/", maxReplacements: 1) },
      workflow: graph)
    change(&wish)
    return try await Planner().plan(wish)
  }

  private func refusal(_ body: () async throws -> RunPlan) async throws -> KeepError {
    try #require(await #expect(throws: KeepError.self) { try await body() })
  }

  private func overrides(_ run: PlannedRun) -> Overrides? {
    if case .success(let submission) = run.item.submission { submission.overrides } else { nil }
  }

  private let mask = NodeInput(node: "190", name: "image")
  private let seed = NodeInput(node: "25", name: "noise_seed")
  private let text = NodeInput(node: "6", name: "text")

  // MARK: Pairs

  @Test func partnersShareTheNameItsExtensionAside() async throws {
    for (value, name) in [
      (1, "photos/cat.png"), (2, "photos/dog.png"), (3, "masks/cat.png"), (4, "masks/dog.png"),
    ] {
      try picture(UInt8(value), name)
    }
    let plan = try await plan(["photos"], assets: ["189.image", "190.image=masks"])
    #expect(plan.runs.map(\.item.label) == ["cat.png", "dog.png"])
    #expect(plan.runs.map(\.item.inputs).map(\.count) == [2, 2])
    #expect(
      plan.runs.map { overrides($0)?[mask]?.path } == [
        bench.folder("masks/cat.png"), bench.folder("masks/dog.png"),
      ])
  }

  @Test func theFirstFolderLeadsWhereNoPathIsNamed() async throws {
    for name in ["photos/a/cat.png", "masks/a/cat.png", "photos/dog.png", "masks/dog.png"] {
      try picture(1, name)
    }
    let plan = try await plan([], assets: ["189.image=photos", "190.image=masks"]) { $0.isRecursive = true }
    #expect(plan.runs.map(\.item.label) == ["a/cat.png", "dog.png"])
    #expect(plan.runs.allSatisfy { $0.failure == nil })
  }

  @Test func aMissingPartnerIsListedAndNotGuessed() async throws {
    for name in ["photos/cat.png", "photos/dog.png", "masks/cat.png", "masks/eel.png"] {
      try picture(1, name)
    }
    let plan = try await plan(["photos"], assets: ["189.image", "190.image=masks"])
    #expect(plan.runs.map { $0.failure?.reason.contains("has no partner") } == [nil, true])
    #expect(plan.skipped.map(\.path) == [bench.folder("masks/eel.png")])
  }

  @Test func twoThatCouldBeMeantAreRefused() async throws {
    for name in ["photos/cat.png", "masks/cat.png"] { try picture(1, name) }
    try bench.folder.write(Pictures.png(9), to: "masks/cat")
    #expect(
      try await plan(["photos"], assets: ["189.image", "190.image=masks"]).runs.first?.failure?.reason
        .contains("has 2 partners") == true)
    try bench.folder.write(Pictures.png(9), to: "photos/cat")
    let both = try await plan(["photos"], assets: ["189.image", "190.image=masks"])
    #expect(both.runs.map { $0.failure?.reason.contains("not the only file") } == [true, true])
  }

  @Test func namesMatchInEverySpellingOfUnicode() async throws {
    try picture(1, "photos/caf\u{E9}.png")
    try picture(2, "masks/cafe\u{301}.png")
    let plan = try await plan(["photos"], assets: ["189.image", "190.image=masks"])
    #expect(plan.runs.map { $0.failure } == [nil])
  }

  @Test func namesThatAreNoTextNeverPairWithOthers() async throws {
    for (folder, byte) in [("photos", UInt8(0xFF)), ("masks", 0xFE)] {
      let place = bench.folder(folder)
      try picture(1, "\(folder)/other.png")
      let name: [CChar] = [0x61, CChar(bitPattern: byte), 0x2E, 0x70, 0x6E, 0x67, 0]
      let path = try #require(FilePath.Component(platformString: name).map { place.appending($0) })
      let file = try FileDescriptor.open(path, .writeOnly, options: .create, permissions: .ownerReadWrite)
      try file.closeAfter { _ = try file.writeAll(Pictures.png(byte)) }
    }
    let plan = try await plan(["photos"], assets: ["189.image", "190.image=masks"])
    #expect(plan.runs.count == 2)
    #expect(plan.runs.compactMap(\.failure).map { $0.reason.contains("has no partner") } == [true])
  }

  // MARK: Tables

  @Test func aRowMakesARunWithItsFilesAndValues() async throws {
    try picture(1, "cat.png")
    let table = try bench.folder.write(
      Array("path,6.text,25.noise_seed\ncat.png,@night,18446744073709551615\ncat.png,,\n".utf8), to: "t.csv")
    let plan = try await plan(assets: ["189.image"]) { $0.table = table }
    #expect(plan.runs.map(\.item.label) == ["cat.png (line 2)", "cat.png (line 3)"])
    #expect(overrides(plan.runs[0])?[text] == .json("@night"))
    #expect(overrides(plan.runs[0])?[seed] == .json(.integer(UInt64.max)))
    #expect(overrides(plan.runs[1])?.count == 1)
  }

  @Test func columnsOfMediaInputsNameFilesOrAddresses() async throws {
    try picture(1, "in/cat.png")
    let table = try bench.folder.write(
      Array(
        "{\"189.image\":\"cat.png\",\"190.image\":\"https://example.net/m.png\"}\n{\"189.image\":\"no.png\"}"
          .utf8),
      to: "in/t.jsonl")
    let plan = try await plan { $0.table = table }
    #expect(plan.runs.map { $0.failure?.code } == [nil, .inputRejected])
    #expect(overrides(plan.runs[0])?.assets.map(\.asset.path) == [bench.folder("in/cat.png")])
    #expect(plan.runs[0].placements.map(\.way) == [.inline, .url])
  }

  @Test func aRowWithoutItsFileIsNotRun() async throws {
    try picture(1, "cat.png")
    for text in ["path,6.text\n,b\ncat.png,c\n", "path,6.text\n,\ncat.png,c\n"] {
      let table = try bench.folder.write(Array(text.utf8), to: "t.csv")
      let plan = try await plan(assets: ["189.image"]) { $0.table = table }
      #expect(plan.runs.map { $0.failure == nil } == [false, true], "\(text)")
    }
    let lines = try bench.folder.write(Array("{}\n{\"6.text\":\"a\"}".utf8), to: "t.jsonl")
    #expect(try await plan { $0.table = lines }.runs.map { $0.failure == nil } == [false, true])
  }

  @Test func theOneFileOfARowHasItsPartner() async throws {
    for name in ["cat.png", "masks/cat.png"] { try picture(1, name) }
    let table = try bench.folder.write(Array("189.image,6.text\ncat.png,a\n,b\n".utf8), to: "t.csv")
    let plan = try await plan(assets: ["190.image=masks"]) { $0.table = table }
    #expect(overrides(plan.runs[0])?[mask]?.path == bench.folder("masks/cat.png"))
    #expect(plan.runs[1].failure?.reason.contains("partner") == true)
  }

  @Test func whatIsSaidTwiceIsRefused() async throws {
    let twice = try bench.folder.write(
      Array("6.text,25.noise_seed,\"CLIPTextEncode.text\"\na,1,b\n".utf8), to: "twice.csv")
    let titled = FakeService.workflow.replacing(
      #""class_type":"CLIPTextEncode""#,
      with: #""class_type":"CLIPTextEncode","_meta":{"title":"CLIPTextEncode"}"#)
    let graph = try bench.folder.write(Array(titled.utf8), to: "titled.json")
    let error = try await refusal {
      try await plan {
        $0.table = twice
        $0.workflow = graph
      }
    }
    #expect(error.reason.contains("same input"))
    let table = try bench.folder.write(Array("25.noise_seed\n7\n".utf8), to: "t.csv")
    let swept = try await plan {
      $0.table = table
      $0.sweeps = ["25.noise_seed=1..2"]
    }
    #expect(swept.runs.map { $0.failure?.code } == [.usage, .usage])
  }

  @Test func aRowThatIsWrongFailsAlone() async throws {
    let table = try bench.folder.write(Array("6.text,25.noise_seed\na,1\nb,x\n".utf8), to: "t.csv")
    let plan = try await plan { $0.table = table }
    #expect(plan.runs.map { $0.failure?.code } == [nil, .inputRejected])
    #expect(plan.runs[1].failure?.reason.contains("line 3") == true)
  }

  @Test func aTableThatCannotBeMeantIsRefusedAsAWhole() async throws {
    let table = try bench.folder.write(Array("6.nothing\nx\n".utf8), to: "t.csv")
    #expect(try await refusal { try await plan { $0.table = table } }.reason.contains("6.nothing"))
    try picture(1, "cat.png")
    #expect(try await refusal { try await plan(["cat.png"]) { $0.table = table } }.code == .usage)
    let values = try bench.folder.write(Array("6.text\nx\n".utf8), to: "v.csv")
    #expect(try await refusal { try await plan(assets: ["189.image"]) { $0.table = values } }.code == .usage)
  }

  // MARK: Sidecars

  @Test func aFileBesideAPhotoGivesValuesForItsRun() async throws {
    try picture(1, "photos/cat.png")
    try picture(2, "photos/dog.png")
    try picture(3, "photos/masks/cat.png")
    try bench.folder.write(
      Array("set:\n  6.text: a cat at night\nassets:\n  190.image: masks/cat.png\n".utf8),
      to: "photos/cat.yaml")
    let plan = try await plan(["photos"], assets: ["189.image"]) {
      $0.usesSidecars = true
      $0.settings = ["6.text=a day"]
    }
    #expect(plan.runs.map { $0.failure } == [nil, nil])
    #expect(plan.runs.map { overrides($0)?[text] } == [.json("a cat at night"), .json("a day")])
    #expect(overrides(plan.runs[0])?[mask]?.path == bench.folder("photos/masks/cat.png"))
    #expect(plan.skipped.map(\.path) == [bench.folder("photos/masks")])
  }

  @Test func aSidecarLiesBesideTheFileThatLeads() async throws {
    for name in ["photos/cat.png", "masks/cat.png"] { try picture(1, name) }
    try bench.folder.write(Array("set:\n  6.text: beside the photo\n".utf8), to: "photos/cat.yaml")
    let plan = try await plan([], assets: ["190.image=photos", "189.image=masks"]) { $0.usesSidecars = true }
    #expect(plan.runs.map { overrides($0)?[text] } == [.json("beside the photo")])
    #expect(plan.runs.first?.item.inputs.first == bench.folder("photos/cat.png"))
  }

  @Test func aSidecarThatIsWrongFailsItsOwnRun() async throws {
    for name in ["a", "b", "c", "d"] { try picture(1, "photos/\(name).png") }
    try bench.folder.write(Array("set:\n  99.text: x\n".utf8), to: "photos/a.yaml")
    try bench.folder.write(Array("sett:\n  6.text: x\n".utf8), to: "photos/b.json")
    try bench.folder.write(Array("concurrency: 3\n".utf8), to: "photos/c.yml")
    for name in ["d.yaml", "d.yml"] { try bench.folder.write(Array("set: {}\n".utf8), to: "photos/\(name)") }
    let plan = try await plan(["photos"], assets: ["189.image"]) { $0.usesSidecars = true }
    #expect(plan.runs.map { $0.failure?.code } == Array(repeating: .inputRejected, count: 4))
    for (run, words) in zip(plan.runs, ["99", "1:1", "more than", "2 sidecars"]) {
      #expect(run.failure?.description.contains(words) == true, "\(run.failure?.description ?? "")")
    }
  }

  @Test func aTableMayNameAFileByEitherColumn() async throws {
    try picture(1, "cat.png")
    let table = try bench.folder.write(
      Array("{\"Path\":\"cat.png\"}\n{\"189.image\":\"cat.png\"}".utf8), to: "t.jsonl")
    let plan = try await plan(assets: ["189.image"]) { $0.table = table }
    #expect(plan.runs.map { $0.failure } == [nil, nil])
    let spaced = try bench.folder.write(Array("path,6.text\n cat.png , a\n".utf8), to: "t.csv")
    let trimmed = try await self.plan(assets: ["189.image"]) { $0.table = spaced }
    #expect(trimmed.runs.map { overrides($0)?[text] } == [.json(" a")])
    let other = try bench.folder.write(Array("path;6.text\ncat.png;a\n".utf8), to: "semicolons.csv")
    #expect(try await refusal { try await self.plan { $0.table = other } }.reason.contains("semicolons"))
  }

  @Test func aLocalFileIsNotSentAsItsName() async throws {
    try picture(1, "cat.png")
    let path = bench.folder("cat.png").string
    for change: (inout RunWish) -> Void in [
      { $0.settings = ["189.image=\(path)"] }, { $0.sweeps = ["189.image=\(path)"] },
    ] {
      #expect(try await refusal { try await plan([], assets: [], change) }.hint?.contains("--asset") == true)
    }
  }

  // MARK: Sweeps

  @Test func everyCombinationIsARunOfItsOwn() async throws {
    try picture(1, "cat.png")
    let plan = try await plan(["cat.png"], assets: ["189.image"]) {
      $0.sweeps = ["6.text=red,blue", "25.noise_seed=1..3"]
    }
    #expect(plan.runs.count == 6)
    #expect(Set(plan.runs.compactMap(\.key)).count == 6)
    #expect(plan.runs.first?.item.label == "cat.png [6.text=red, 25.noise_seed=1]")
    #expect(plan.runs.last?.item.label == "cat.png [6.text=blue, 25.noise_seed=3]")
  }

  @Test func drawnSeedsAreRunsOfTheirOwnThatARepetitionKnowsAgain() async throws {
    try picture(1, "cat.png")
    let keys = try await [0, 1].asyncMap { _ in
      try await plan(["cat.png"], assets: ["189.image"]) { $0.sweeps = ["25.noise_seed=random:3"] }
        .runs.compactMap(\.key)
    }
    #expect(Set(keys[0]).count == 3)
    #expect(keys[0] == keys[1])
  }

  @Test func whatIsWorthSayingOfAFileIsSaidOnceForAllItsRuns() async throws {
    // A header, then the gray that is transparent, then the rest.
    let plain = Pictures.png(1)
    let clear = Array(plain[..<33]) + Pictures.chunk("tRNS", [0, 0]) + Array(plain[33...])
    try bench.folder.write(clear, to: "cat.png")
    let plan = try await plan(["cat.png"], assets: ["189.image", "190.image=cat.png"]) {
      $0.sweeps = ["25.noise_seed=1..3"]
    }
    let warnings = plan.runs.map(\.warnings)
    #expect(warnings.map(\.count) == [1, 0, 0], "\(warnings)")
    #expect(warnings.first?.first?.contains("transparen") == true, "\(warnings)")
  }

  @Test func aSweepOverWhatIsSetAlreadyIsRefused() async throws {
    #expect(
      try await refusal {
        try await plan {
          $0.settings = ["6.text=a"]
          $0.sweeps = ["6.text=b,c"]
        }
      }.code == .usage)
    #expect(try await refusal { try await plan { $0.sweeps = ["6.text=b", "6.text=c"] } }.code == .usage)
    #expect(
      try await refusal { try await plan { $0.sweeps = ["6.text=@no.txt"] } }.description.contains("no.txt"))
  }

  @Test func tooManyCombinationsAreRefusedBeforeTheyAreMade() async throws {
    let error = try await refusal {
      try await plan { $0.sweeps = ["6.text=a,b", "25.noise_seed=1..60000"] }
    }
    #expect(error.reason.contains("2 × 60000"))
  }

  // MARK: Budget

  @Test func moreThanFiftyRunsNeedAWord() async throws {
    let plan = try await plan { $0.sweeps = ["25.noise_seed=1..51"] }
    let outlooks = try await plan.outlooks(in: nil)
    for (budget, isAllowed) in [
      (RunBudget(), false), (RunBudget(isConfirmed: true), true), (RunBudget(maximumRuns: 51), true),
      (RunBudget(maximumRuns: 50, isConfirmed: true), false),
      (RunBudget(maximumBytes: 10, isConfirmed: true), false),
    ] {
      let isRefused = (try? plan.check(budget, outlooks)) == nil
      #expect(isRefused != isAllowed, "\(budget)")
    }
    let bytes = plan.sending(outlooks).bodies
    try plan.check(RunBudget(maximumBytes: bytes, isConfirmed: true), outlooks)
  }

  @Test func whatIsKeptCountsNothing() async throws {
    let pipeline = try bench.pipeline(try await bench.archive())
    var wish = RunWish(deployment: "d-1", settings: ["6.text=a"], workflow: graph)
    #expect(await pipeline.run(try await pipeline.plan(wish).runs.map(\.item)).map(\.state) == [.archived])
    wish.budget = RunBudget(maximumRuns: 0)
    let plan = try await pipeline.plan(wish)
    let outlooks = try await plan.outlooks(in: pipeline.archive)
    #expect(outlooks.first??.standing == .kept)
    #expect(outlooks.first??.reason?.hasPrefix("kept at ") == true)
    let forced = try await plan.outlooks(in: pipeline.archive, repeatsKept: true)
    #expect(forced.first??.standing == .submit)
  }
}

extension OverrideValue {
  fileprivate var path: FilePath? {
    if case .asset(let reference) = self { reference.asset?.path } else { nil }
  }
}

extension Sequence {
  fileprivate func asyncMap<T>(_ transform: (Element) async throws -> T) async rethrows -> [T] {
    var result: [T] = []
    for element in self { result.append(try await transform(element)) }
    return result
  }
}
