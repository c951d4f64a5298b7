import Foundation
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

/// A folder as people have them: 200 files with partners, duplicates, and 20 that are no good.
@Suite struct MixedFolderTests {
  private static let deployment = "11111111-2222-4333-8444-555555555555"
  private static let workflow = """
    {"1":{"inputs":{"image":"photo.png"},"class_type":"LoadImage"},
     "2":{"inputs":{"image":"mask.png","channel":"red"},"class_type":"LoadImageMask"},
     "3":{"inputs":{"filename_prefix":"ComfyUI","images":["1",0]},"class_type":"SaveImage"}}
    """

  let folder: TemporaryFolder
  let service: Service

  init() throws {
    folder = try TemporaryFolder()
    let graph = try folder.write(Array(Self.workflow.utf8), to: "workflow.json")
    service = try Service("--workflow", "\(Self.deployment)=\(graph)")
    try fill()
  }

  /// 100 photos, ten of them with the bytes of others; 90 masks for the first 90; 20 that are no good: five without
  /// a partner beyond those ten, and 15 that are empty, cut, of another type, hidden, unfinished or no media.
  private func fill() throws {
    for number in 0..<90 {
      // The last ten repeat the first ten, photo and mask alike.
      let value = UInt8(number < 80 ? number : number - 80)
      let name = Self.name(number)
      try folder.write(Pictures.png(value), to: "photos/\(name).png")
      try folder.write(Pictures.png(255 - value), to: "masks/\(name).png")
    }
    for number in 0..<5 { try folder.write(Pictures.png(200), to: "photos/lonely-\(number).png") }
    for number in 0..<5 { try folder.write([], to: "photos/empty-\(number).png") }
    for number in 0..<3 {
      try folder.write(Array(Pictures.png(1).dropLast(9)), to: "photos/cut-\(number).png")
    }
    try folder.write(Array("GIF89a".utf8), to: "photos/liar.png")
    try folder.write(Array("words".utf8), to: "photos/notes.txt")
    try folder.write(Pictures.png(1), to: "photos/.hidden.png")
    try folder.write(Pictures.png(1), to: "photos/copying.png.part")
    for number in 0..<3 { try folder.write(Pictures.png(7), to: "masks/spare-\(number).png") }
  }

  /// Names that people and cameras give.
  private static func name(_ number: Int) -> String {
    switch number {
    case 3: "with space and 'quotes' \"double\""
    case 4: "line\nbreak"
    case 5: "caf\u{E9} \u{1F60A}"
    case 6: "e\u{301}te\u{301}"
    case 7: "-dash --set"
    case 8: "100% #1?&"
    default: "photo-\(number)"
    }
  }

  private func command(_ name: String, _ options: String...) throws -> Program.Result {
    try service.program.run(
      [
        name, folder("photos").string, "--deployment", Self.deployment, "--asset", "1.image", "--asset",
        "2.image=\(folder("masks"))", "--archive", folder("archive").string, "--json",
      ] + options)
  }

  @Test func exactlyTheRightSubmissionsAreMadeAsThePlanSaidToTheByte() throws {
    let plan = try command("plan")
    #expect(plan.status == 3, "\(plan.errors)")
    let sum = try #require(plan.objects.last)
    #expect(sum["submit"] as? Int == 80)
    #expect(sum["repeated"] as? Int == 10)
    #expect(sum["rejected"] as? Int == 14)
    #expect(plan.errors.contains("80 runs would be submitted, each of which costs money"))
    #expect(plan.objects.count { $0["type"] as? String == "skipped" } == 5)

    let refused = try command("run")
    #expect(refused.status == 64, "\(refused.errors)")
    #expect(try service.submissions().isEmpty)

    let run = try command("run", "--yes", "--poll-interval", "50ms", "--concurrency", "16")
    #expect(run.status == 3, "\(run.errors)")
    #expect(run.words.count { $0 == "archived" } == 90)
    #expect(run.words.count { $0 == "rejected" } == 14)
    let submissions = try service.submissions()
    #expect(submissions.count == 80)
    let sent = try service.log().filter {
      ($0["path"] as? String)?.hasSuffix("/inference") == true
    }.compactMap { $0["request_bytes"] as? Int }
    #expect(sent.reduce(0, +) == sum["submit_bytes"] as? Int)
    let planned = plan.objects.filter { $0["standing"] as? String == "submit" }.compactMap {
      $0["bytes"] as? Int
    }
    #expect(sent.sorted() == planned.sorted())
    #expect(Set(submissions.compactMap(Self.pair)) == Set((0..<80).map(Self.expectedPair)))
    #expect(try command("run", "--yes").status == 3)
    #expect(try service.submissions().count == 80)
  }

  /// The checksums of photo and mask of an accepted submission.
  private static func pair(_ submission: [String: Any]) -> String? {
    (submission["media"] as? [[String: Any]])?.sorted { "\($0["node"] ?? "")" < "\($1["node"] ?? "")" }
      .compactMap { $0["sha256"] as? String }.joined(separator: " ")
  }

  private static func expectedPair(_ number: Int) -> String {
    [Pictures.png(UInt8(number)), Pictures.png(UInt8(255 - number))].map { Checksum(of: $0).hexadecimal }
      .joined(separator: " ")
  }
}
