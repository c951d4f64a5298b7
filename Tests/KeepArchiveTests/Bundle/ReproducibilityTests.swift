import Foundation
import KeepFiles
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@testable import KeepArchive

/// The bytes of a bundle are a function of the run alone. Serialized, since time zone, locale and file mask
/// belong to the whole process.
@Suite(.serialized) struct ReproducibilityTests {
  @Test func surroundingsAndOrderPlayNoPart() throws {
    let run = try sample()
    let expected = Checksum(of: try BundleBytes(run).bytes)
    let before = (zone: getenv("TZ").map { String(cString: $0) }, mask: umask(0o077))
    setenv("TZ", "Asia/Kathmandu", 1)
    tzset()
    setlocale(LC_ALL, "tr_TR.UTF-8")
    defer {
      umask(before.mask)
      if let zone = before.zone { setenv("TZ", zone, 1) } else { unsetenv("TZ") }
      tzset()
      setlocale(LC_ALL, "C")
    }
    var other = try sample(isReversed: true)
    other.outputs = [3, 1, 0, 2].map { other.outputs[$0] }
    #expect(Checksum(of: try BundleBytes(other).bytes) == expected)
    var numbers = SystemRandomNumberGenerator()
    for _ in 0..<5 {
      other.outputs.shuffle(using: &numbers)
      #expect(Checksum(of: try BundleBytes(other).bytes) == expected)
    }
  }

  @Test func signaturesAndQueueFactsPlayNoPart() throws {
    let run = try sample()
    let expected = Checksum(of: try BundleBytes(run).bytes)
    var signed = try sample(query: "?X-Amz-Signature=1234&Expires=99")
    var document = signed.record.result.document.object ?? JSONObject()
    document["queue_position"] = 7
    let old = signed.record.result
    signed.record.result = RunResult(
      verdict: old.verdict, word: old.word, createdAt: old.createdAt, finishedAt: old.finishedAt,
      document: .object(document), raw: [1, 2, 3])
    // The redactions tell that there was a query; nothing else may differ.
    let plain = try BundleBytes(run).files(under: "run-")
    let other = try BundleBytes(signed).files(under: "run-")
    #expect(plain.map(\.name) == other.map(\.name))
    for (left, right) in zip(plain, other) where left.name.contains("/data/run/") {
      #expect(left.bytes == right.bytes)
    }
    #expect(expected != Checksum(of: try BundleBytes(signed).bytes))
    #expect(
      try BundleBytes(signed).bytes
        == BundleBytes(try sample(query: "?X-Amz-Signature=5678&Expires=11")).bytes)
  }

  /// A change here is a new version of the profile, or a mistake.
  @Test func goldenBundlesStayAsTheyAre() throws {
    let bundles = try [
      sample(), .submitted("failed", error: ["message": "no"]), SampleSort.partial.run(),
    ].map { Checksum(of: try BundleBytes($0).bytes).hexadecimal }
    #expect(
      bundles == [
        "21bae67a9fe5f87c1447574c4cdd23112eac2134af70ec5a800c9a5c06e445d7",
        "636352d0673189ae446a3e5e785fa73a0d4d1184b274a2ab5d5b4b3337d0605e",
        "9505ee61513b1e81cf928fd3639a24ab59b5df213f351a1a1db568dac8a2a77c",
      ])
  }

  private func sample(isReversed: Bool = false, query: String = "") throws -> SampleRun {
    var run = try SampleRun()
    try run.add("ComfyUI_00001_.png", SampleRun.png, query: query)
    try run.add("Größe é.bin", [1, 2, 3], index: 1, query: query)
    run.add(text: "İstanbul, ein Fuchs")
    try run.add("clip.mp4", [0, 0, 0, 24], node: "38:42", key: "gifs", type: "temp", query: query)
    guard isReversed else { return run }
    let members = run.record.result.document.object?.members ?? []
    let shuffled = JSONObject(members.reversed())
    let old = run.record.result
    run.record.result = RunResult(
      verdict: old.verdict, word: old.word, createdAt: old.createdAt, finishedAt: old.finishedAt,
      document: .object(shuffled), raw: old.raw)
    return run
  }
}
