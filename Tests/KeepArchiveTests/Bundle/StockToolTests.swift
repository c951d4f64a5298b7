import Foundation
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@testable import KeepArchive

/// Programs that know nothing of us read bundles, where they are installed.
@Suite struct StockToolTests {
  @Test(arguments: SampleSort.allCases)
  func stockToolsReadEveryBundle(sort: SampleSort) throws {
    let folder = try TemporaryFolder()
    let bundle = try sort.run().write(into: folder, allowsPartial: true)
    let path = bundle.path.string
    for (name, arguments) in [
      ("unzip", ["-tqq", path]), ("7z", ["t", path]), ("bsdtar", ["-tf", path]),
      ("python3", ["-c", Self.script, path]),
    ] {
      guard let tool = StockTool(name) else { continue }
      let outcome = try tool.run(arguments)
      #expect(outcome.status == 0, "\(name): \(outcome.text)")
      #expect(!outcome.text.lowercased().contains("warning"), "\(name): \(outcome.text)")
    }
  }

  @Test(arguments: SampleSort.allCases)
  func checksumsHoldAfterUnpacking(sort: SampleSort) throws {
    guard let unzip = StockTool("unzip"), let sha256sum = StockTool("sha256sum") else { return }
    let folder = try TemporaryFolder()
    let bundle = try sort.run().write(into: folder, allowsPartial: true)
    let name = try #require(bundle.path.lastComponent?.string)
    #expect(try sha256sum.run(["-c", "--strict", "\(name).sha256"], in: folder.path).status == 0)
    #expect(try unzip.run(["-qq", name], in: folder.path).status == 0)
    let top = folder("run-1b7a759a-f092-4758-9597-ee0e95d459c9")
    for list in ["manifest-sha256.txt", "tagmanifest-sha256.txt"] {
      let outcome = try sha256sum.run(["-c", "--strict", "--quiet", list], in: top)
      #expect(outcome.status == 0, "\(outcome.text)")
    }
  }

  @Test func aMissingToolIsAFailureWhereAllAreInstalled() {
    let environment = ["PATH": "/nonexistent", "COMFYKEEP_VALIDATORS": "judge.sh"]
    withKnownIssue { #expect(StockTool("unzip", environment: environment) == nil) }
    #expect(StockTool("unzip", environment: ["PATH": "/nonexistent"]) == nil)
  }

  private static let script =
    "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; "
    + "assert all(i.compress_type == 0 and i.flag_bits == 0 and i.date_time == (1980, 1, 1, 0, 0, 0) "
    + "and i.external_attr >> 16 == 0o100644 for i in z.infolist())"
}
