import Foundation
import KeepModel
import KeepTestKit
import KeepTransport
import SystemPackage
import Testing

@testable import KeepArchive

/// The cases of the bundle profile's section 5, each from the service's answer to the verified bundle.
@Suite struct ProfileCaseTests {
  @Test func namesThatAreAlikeOrDifferInCaseAreKeptApart() async throws {
    let kept = try await ArchivedCase(
      """
      {"9": {"images": [
        {"filename": "a.png", "type": "output", "url": "https://files.example/1"},
        {"filename": "A.png", "type": "output", "url": "https://files.example/2"},
        {"filename": "a.png", "type": "output", "url": "https://files.example/3"},
        {"filename": "é.png", "type": "output", "url": "https://files.example/4"},
        {"filename": "e\u{301}.png", "type": "output", "url": "https://files.example/5"}]}}
      """)
    #expect(
      kept.outputs == [
        "outputs/node-9/images/0000-a.png", "outputs/node-9/images/0001-A.png",
        "outputs/node-9/images/0002-a.png", "outputs/node-9/images/0003-_.png",
        "outputs/node-9/images/0004-e_.png",
      ])
    for number in 0..<5 {
      #expect(try kept.text(kept.outputs[number]) == "the bytes of /\(number + 1)")
    }
    #expect(kept.manifest.outputs.map(\.filename) == ["a.png", "A.png", "a.png", "é.png", "e\u{301}.png"])
    #expect(kept.manifest.outputs[3].filename?.utf8.count == 6)
  }

  @Test func oneAddressUnderTwoNodesIsAskedOnceAndKeptAtBothPlaces() async throws {
    let kept = try await ArchivedCase(
      """
      {"9": {"images": [{"filename": "a.bin", "type": "output", "url": "https://files.example/1"}]},
       "12": {"files": [{"filename": "a.bin", "type": "output", "url": "https://files.example/1"}]}}
      """)
    #expect(kept.asked == ["/1"])
    #expect(
      kept.outputs == ["outputs/node-12/files/0000-a.bin", "outputs/node-9/images/0000-a.bin"])
    #expect(try kept.text(kept.outputs[0]) == "the bytes of /1")
    #expect(try kept.text(kept.outputs[1]) == "the bytes of /1")
  }

  @Test(arguments: [Manifest.Choice.include, .omit])
  func temporaryFilesAreIncludedUnlessLeftOutByChoice(choice: Manifest.Choice) async throws {
    let kept = try await ArchivedCase(
      """
      {"7": {"gifs": [{"filename": "v.bin", "type": "temp", "url": "https://files.example/1"}]},
       "9": {"images": [{"filename": "a.bin", "type": "output", "url": "https://files.example/2"}]}}
      """, temp: choice)
    let clip = kept.manifest.outputs[0]
    #expect(clip.status == (choice == .include ? .archived : .omitted))
    #expect(clip.reason == (choice == .include ? nil : .option))
    #expect(kept.manifest.options.temp == choice)
    #expect(kept.manifest.completeness == .complete)
    #expect(kept.report.exitStatus == 0)
  }

  @Test func wordsAreKeptByteForByteAndNumbersStayInTheAnswer() async throws {
    let kept = try await ArchivedCase(
      """
      {"4": {"text": [["a", ["b\\n"]], "", "caf\\u00e9", "\\ud800"], "value": [42, true], "animated": [true],
             "anything": ["under any key"]}}
      """)
    #expect(
      kept.outputs == [
        "outputs/node-4/anything/0000.txt", "outputs/node-4/text/0000.txt", "outputs/node-4/text/0001.txt",
        "outputs/node-4/text/0002.txt",
      ])
    #expect(try kept.text("outputs/node-4/text/0001.txt") == "b\n")
    #expect(try kept.text("outputs/node-4/text/0002.txt") == "café")
    let answer = try kept.text("run/result.raw")
    #expect(answer.contains("42") && answer.contains("\\ud800"))
  }

  @Test func aRecordWithoutAnAddressIsListedAsMissing() async throws {
    let outputs = """
      {"9": {"images": [{"filename": "a.bin", "type": "output", "url": "https://files.example/1"},
                        {"filename": "b.png", "type": "output"}]}}
      """
    await #expect(throws: KeepError(.unfinished, .request(SampleRun.id), "")) {
      _ = try await ArchivedCase(outputs, allowsPartial: false)
    }
    let kept = try await ArchivedCase(outputs)
    #expect(kept.manifest.outputs.map(\.reason) == [nil, .noURL])
    #expect(kept.manifest.completeness == .partial)
    #expect(kept.bundle.path.lastComponent?.string.hasSuffix(".partial.zip") == true)
    #expect(kept.report.exitStatus == 3)
  }

  @Test(arguments: ["failed", "canceled"])
  func aRunThatEndedBadlyIsKeptWithWhatItGave(word: String) async throws {
    let kept = try await ArchivedCase(
      #"{"9": {"a_images": [{"filename": "a.bin", "type": "output", "url": "https://files.example/1"}]}}"#,
      word: word)
    #expect(kept.manifest.run.status == word)
    #expect(kept.manifest.completeness == .complete)
    #expect(kept.outputs == ["outputs/node-9/a_images/0000-a.bin"])
    let crate = try kept.text("ro-crate-metadata.json")
    #expect(crate.contains("FailedActionStatus"))
    #expect(!crate.contains("\"result\": ["))
  }

  @Test func anEmptyFileAndARunWithoutOutputsAreKeptWithAWarning() async throws {
    let empty = try await ArchivedCase(
      #"{"9": {"images": [{"filename": "a.bin", "type": "output", "url": "https://files.example/empty"}]}}"#)
    #expect(empty.manifest.outputs.first?.stored?.size == 0)
    #expect(empty.report.findings.map(\.code) == ["W301"])
    #expect(empty.report.exitStatus == 0)
    let none = try await ArchivedCase("{}")
    #expect(none.report.findings.map(\.code) == ["W302"])
    #expect(none.report.exitStatus == 0)
  }

  @Test func whatIsGoneForNowLeavesAPartialBundleThatALaterWholeOneDoesNotTouch() async throws {
    let folder = try TemporaryFolder()
    let outputs = """
      {"9": {"images": [{"filename": "a.bin", "type": "output", "url": "https://files.example/1"},
                        {"filename": "b.bin", "type": "output", "url": "https://files.example/gone"}]}}
      """
    let partial = try await ArchivedCase(outputs, into: folder)
    #expect(partial.manifest.outputs.map(\.reason) == [nil, .http404])
    let before = try folder.read(partial.name)
    let whole = try await ArchivedCase(outputs, hasAll: true, into: folder)
    #expect(whole.name == "run-\(SampleRun.id).zip" && partial.name == "run-\(SampleRun.id).partial.zip")
    #expect(whole.report.exitStatus == 0)
    #expect(try folder.read(partial.name) == before)
  }

  @Test func theSameAgainIsFoundThereAndOtherBytesAreNeverOverwritten() async throws {
    let folder = try TemporaryFolder()
    let outputs =
      #"{"9": {"images": [{"filename": "a.bin", "type": "output", "url": "https://files.example/1"}]}}"#
    let first = try await ArchivedCase(outputs, into: folder)
    #expect(!first.bundle.wasThere)
    let before = try folder.read(first.name)
    #expect(try await ArchivedCase(outputs, into: folder).bundle.wasThere)
    let other = outputs.replacing("/1", with: "/2")
    await #expect(throws: KeepError(.bundleExists, .path(folder("\(first.name).sha256")), "")) {
      _ = try await ArchivedCase(other, into: folder)
    }
    folder("\(first.name).sha256").withPlatformString { _ = unlink($0) }
    await #expect(throws: KeepError(.bundleExists, .path(first.bundle.path), "")) {
      _ = try await ArchivedCase(other, into: folder)
    }
    #expect(try folder.read(first.name) == before)
  }
}

/// A run's answer taken through collecting, downloading, bundling and verifying.
private struct ArchivedCase {
  let folder: TemporaryFolder
  let bundle: PublishedBundle
  let manifest: Manifest
  let report: VerificationReport
  /// The paths that were asked of the service.
  let asked: [String]

  var name: String { bundle.path.lastComponent?.string ?? "" }
  /// Where the archived outputs lie, relative to `data/`.
  var outputs: [String] { manifest.outputs.compactMap(\.stored?.path) }

  /// - Parameter hasAll: Whether the service still has what lies at `/gone`.
  init(
    _ outputs: String, word: String = "succeeded", temp: Manifest.Choice = .include,
    allowsPartial: Bool = true, hasAll: Bool = false, into folder: TemporaryFolder? = nil
  ) async throws {
    self.folder = try folder ?? TemporaryFolder()
    var bench = try DownloadBench()
    bench.options.temp = temp
    let transport = ScriptedTransport { exchange, _ in
      switch exchange.request.url.path {
      case "/gone" where !hasAll: .status(404)
      case "/empty": .ok([])
      case let path: .ok(Array("the bytes of \(path)".utf8))
      }
    }
    var run = try SampleRun(word)
    run.record.options.temp = temp
    run.record.result = try .fixture(
      document: "{\"status\":\"\(word)\",\"outputs\":\(outputs)}",
      verdict: word == "failed" ? .failed : word == "canceled" ? .canceled : .succeeded)
    let listed = OutputCollector.collect(run.record.result, workflow: nil).outputs
    let retrieved = try await bench.retrieve(listed, from: transport)
    asked = transport.exchanges.map(\.request.url.path)
    bundle = try BundleWriter().write(
      run.record, outputs: retrieved, into: self.folder.path, allowsPartial: allowsPartial, receipt: nil,
      verify: { path throws(KeepError) in try BundleVerifier().confirm(path) })
    report = BundleVerifier().verify(bundle.path)
    manifest = try Manifest(reading: BundleReader(bundle.path))
  }

  /// A file of the payload as text.
  func text(_ path: String) throws -> String {
    let reader = try BundleReader(bundle.path)
    return String(decoding: try reader.bytes(of: "data/\(path)", limit: .mebibytes(1)), as: UTF8.self)
  }
}
