import Foundation
import KeepFiles
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@testable import KeepArchive

@Suite struct BundleWriterTests {
  private let stem = "run-1b7a759a-f092-4758-9597-ee0e95d459c9"

  @Test func bundleLiesUnderItsNameWithChecksumAndReceiptBeside() throws {
    let folder = try TemporaryFolder()
    var run = try SampleRun()
    try run.add("ComfyUI_00013_.png", SampleRun.png)
    let receipt = Receipt(
      tool: "comfykeep", version: "1.2.3", archivedAt: Timestamp(milliseconds: 0),
      secrets: [Secret("succeeded")])
    let bundle = try run.write(into: folder, receipt: receipt)
    #expect(bundle.path == folder("\(stem).zip"))
    #expect(bundle.outputs == 1 && bundle.missing == 0 && !bundle.wasThere)
    let bytes = try folder.read("\(stem).zip")
    #expect(bundle.checksum == Checksum(of: bytes) && bundle.size.bytes == UInt64(bytes.count))
    #expect(
      folder.files() == ["\(stem).receipt.json", "\(stem).zip", "\(stem).zip.sha256"])
    let line = String(decoding: try folder.read("\(stem).zip.sha256"), as: UTF8.self)
    #expect(line == "\(bundle.checksum)  \(stem).zip\n")
    let told = try JSONDocument(parsing: folder.read("\(stem).receipt.json")).value
    #expect(told["toolVersion"] == "1.2.3")
    #expect(told["bundle"]?["sha256"]?.string == bundle.checksum.hexadecimal)
    #expect(told["archivedAt"] == "1970-01-01T00:00:00.000+00:00")
    let raw = told["rawResult"]?["text"]?.string ?? ""
    #expect(raw.contains("ComfyUI_00013_.png") && raw.contains("**redacted**"))
    #expect(!raw.contains("succeeded"))
  }

  @Test func entriesComeInTheOrderOfTheProfile() throws {
    var run = try SampleRun()
    try run.add("b.png", SampleRun.png, node: "9", index: 1)
    try run.add("a.png", SampleRun.png, node: "9")
    run.add(text: "a fox", node: "38:42")
    let files = try unpack(run)
    #expect(
      files.map(\.name) == [
        "bag-info.txt", "bagit.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt", "data/README.md",
        "data/manifest.json", "data/outputs/node-38.42/text/0000.txt",
        "data/outputs/node-9/images/0000-a.png", "data/outputs/node-9/images/0001-b.png",
        "data/ro-crate-metadata.json", "data/ro-crate-preview.html", "data/run/result.json",
      ])
    #expect(files[6].bytes == Array("a fox".utf8))
    let manifest = try JSONDocument(parsing: files[5].bytes).value
    #expect(manifest["counts"] == ["inputs": 0, "missing": 0, "outputs": 3])
    #expect(manifest["outputs"]?.array?.map { $0["node"]?.string } == ["38:42", "9", "9"])
    #expect(manifest["outputs"]?[0]?["filename"] == nil)
    #expect(manifest["outputs"]?[0]?["nodeTitle"] == JSONValue.null)
  }

  @Test func sameRunAgainIsFoundThere() throws {
    let folder = try TemporaryFolder()
    var run = try SampleRun()
    run.add(text: "a fox")
    let receipt = Receipt(tool: "a", version: "1", archivedAt: Timestamp(milliseconds: 0))
    let first = try run.write(into: folder, receipt: receipt)
    let kept = try folder.read("\(stem).receipt.json")
    let second = try run.write(
      into: folder, receipt: Receipt(tool: "b", version: "2", archivedAt: Timestamp(milliseconds: 9)))
    #expect(!first.wasThere && second.wasThere && first.checksum == second.checksum)
    #expect(try folder.read("\(stem).receipt.json") == kept)
    #expect(folder.files().count == 3)
  }

  @Test func otherBundleOfTheNameStaysAsItIs() throws {
    let folder = try TemporaryFolder()
    try folder.write(Array("other".utf8), to: "\(stem).zip")
    var run = try SampleRun()
    run.add(text: "a fox")
    #expect(throws: KeepError(.bundleExists, .path(folder("\(stem).zip")), "")) {
      try run.write(into: folder)
    }
    #expect(try folder.read("\(stem).zip") == Array("other".utf8))
    #expect(folder.files() == ["\(stem).zip"])
  }

  @Test(arguments: ["link to nothing", "folder"])
  func whatIsNoBundleKeepsItsNameToo(kind: String) throws {
    let folder = try TemporaryFolder()
    let target = folder("\(stem).zip")
    if kind == "folder" {
      try FileManager.default.createDirectory(atPath: target.string, withIntermediateDirectories: true)
    } else {
      try FileManager.default.createSymbolicLink(
        atPath: target.string, withDestinationPath: "gone.zip")
    }
    let run = try SampleRun()
    #expect(throws: KeepError(.bundleExists, .path(target), "")) { try run.write(into: folder) }
    let left = try FileManager.default.contentsOfDirectory(atPath: folder.path.string)
    #expect(left == ["\(stem).zip"])
  }

  @Test func checksumOfAnotherBundleIsNoticedBeforePublishing() throws {
    let folder = try TemporaryFolder()
    try folder.write(Array("0  x\n".utf8), to: "\(stem).zip.sha256")
    #expect(throws: KeepError(.bundleExists, .path(folder("\(stem).zip.sha256")), "")) {
      try SampleRun().write(into: folder)
    }
    #expect(folder.files() == ["\(stem).zip.sha256"])
  }

  @Test func bundleThatIsNotWholeIsNeverPublished() throws {
    let folder = try TemporaryFolder()
    let run = try SampleRun()
    #expect(throws: KeepError(.fixity, .none, "")) {
      try BundleWriter().write(
        run.record, outputs: run.outputs, into: folder.path, allowsPartial: false, receipt: nil,
        verify: { path throws(KeepError) in
          #expect(path.removingLastComponent() == folder.path)
          throw KeepError(.fixity, .none, "damaged")
        })
    }
    #expect(folder.files() == [])
  }

  @Test func spoolFileThatChangedStopsTheBundle() throws {
    let folder = try TemporaryFolder()
    var run = try SampleRun()
    try run.add("a.png", SampleRun.png)
    try run.spool.write(Array(SampleRun.png.reversed()), to: "spool-0")
    #expect(throws: KeepError(.fixity, .path(run.spool("spool-0")), "")) { try run.write(into: folder) }
    #expect(folder.files() == [])
  }

  @Test func missingOutputNeedsPermission() throws {
    let folder = try TemporaryFolder()
    var run = try SampleRun()
    try run.add("a.png", SampleRun.png)
    try run.add("b.png", [], index: 1, missing: .http404)
    #expect(throws: KeepError(.unfinished, .request(SampleRun.id), "")) { try run.write(into: folder) }
    #expect(folder.files() == [])
    let bundle = try run.write(into: folder, allowsPartial: true)
    #expect(bundle.path == folder("\(stem).partial.zip"))
    #expect(bundle.outputs == 1 && bundle.missing == 1)
    let files = try unpack(run)
    let manifest = try JSONDocument(parsing: files[5].bytes).value
    #expect(manifest["completeness"] == "partial")
    #expect(manifest["outputs"]?[1]?["reason"] == "http-404")
    #expect(manifest["outputs"]?[1]?["path"] == nil)
  }

  @Test(arguments: [
    (Manifest.Reason.http404, KeepError.Code.expired), (.expired, .expired),
    (.unreachable, .unavailable),
  ])
  func nothingIsWrittenWhenEverythingIsGone(reason: Manifest.Reason, code: KeepError.Code) throws {
    let folder = try TemporaryFolder()
    var run = try SampleRun()
    try run.add("a.png", [], missing: reason)
    #expect(throws: KeepError(code, .request(SampleRun.id), "")) {
      try run.write(into: folder, allowsPartial: true)
    }
    #expect(folder.files() == [])
  }

  @Test func runThatIsNotOverHasNoBundle() throws {
    let folder = try TemporaryFolder()
    #expect(throws: KeepError(.unfinished, .request(SampleRun.id), "")) {
      try SampleRun("in_progress").write(into: folder)
    }
    #expect(folder.files() == [])
  }

  @Test(arguments: ["failed", "canceled"])
  func runWithoutSuccessIsArchivedToo(word: String) throws {
    let run = try SampleRun(word, error: ["message": "out of memory"])
    let manifest = try JSONDocument(parsing: unpack(run)[5].bytes).value
    #expect(manifest["run"]?["status"]?.string == word)
    #expect(manifest["run"]?["error"] == [["message": "out of memory"]])
    #expect(manifest["completeness"] == "complete")
  }

  @Test func folderThatIsNotThereIsALocalFailure() throws {
    let folder = try TemporaryFolder()
    let run = try SampleRun()
    #expect(throws: KeepError(.localIO, .path(folder("gone")), "")) {
      try BundleWriter().write(
        run.record, outputs: [], into: folder("gone"), allowsPartial: false, receipt: nil,
        verify: { _ throws(KeepError) in Checksum(of: [UInt8]()) })
    }
  }

  /// The files of a bundle in the order of its ZIP, without the top directory.
  private func unpack(_ run: SampleRun) throws -> [(name: String, bytes: [UInt8])] {
    try BundleBytes(run).files(under: "\(stem)/")
  }
}
