import Foundation
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@testable import KeepArchive

/// A bundle beyond what the plain ZIP format can count, from the result to the verdict.
@Suite struct ManyOutputsTests {
  private static var isAsked: Bool { ProcessInfo.processInfo.environment["COMFYKEEP_VALIDATORS"] != nil }

  @Test(.enabled(if: isAsked, "takes a minute; Tests/run.sh runs it"))
  func seventyThousandOutputsMakeABundleThatEverybodyReads() throws {
    let count = 70_000
    let folder = try TemporaryFolder()
    var run = try SampleRun()
    var document = run.record.result.document.object ?? JSONObject()
    document["outputs"] = ["4": ["text": .array((0..<count).map { .string("line \($0)") })]]
    let result = RunResult(
      verdict: .succeeded, word: "succeeded", createdAt: run.record.result.createdAt,
      finishedAt: run.record.result.finishedAt, document: .object(document), raw: [])
    run.record.result = result
    run.outputs = OutputCollector.collect(result, workflow: nil).outputs.map {
      RetrievedOutput(output: $0, retrieval: .text)
    }
    let bundle = try BundleWriter().write(
      run.record, outputs: run.outputs, into: folder.path, allowsPartial: false, receipt: nil,
      verify: { path throws(KeepError) in try BundleVerifier().confirm(path) })
    #expect(bundle.outputs == count)

    let reader = try BundleReader(bundle.path)
    #expect(reader.paths.count == count + 9)
    #expect(
      try reader.bytes(of: "data/outputs/node-4/text/69999.txt", limit: .mebibytes(1))
        == Array("line 69999".utf8))
    let page = String(
      decoding: try reader.bytes(of: "data/\(Preview.path)", limit: .mebibytes(4)), as: UTF8.self)
    #expect(page.contains("The first 400 of 70000."))

    if let unzip = StockTool("unzip") {
      let outcome = try unzip.run(["-tqq", bundle.path.string])
      #expect(outcome.status == 0, "\(outcome.text)")
    }
    if let python = StockTool("python3") {
      let script =
        "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); print(z.testzip(), len(z.namelist()))"
      let outcome = try python.run(["-c", script, bundle.path.string])
      #expect(outcome.text == "None \(count + 9)\n")
    }
  }
}
