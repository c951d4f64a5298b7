import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@testable import KeepArchive

/// The verifier against what the writer really writes.
@Suite struct WrittenBundleTests {
  @Test(arguments: SampleSort.allCases)
  func everySortOfRunVerifies(_ sort: SampleSort) throws {
    let folder = try TemporaryFolder()
    let run = try sort.run()
    let bundle = try BundleWriter().write(
      run.record, outputs: run.outputs, into: folder.path, allowsPartial: true, receipt: nil,
      verify: { path throws(KeepError) in try BundleVerifier().confirm(path) })
    let report = BundleVerifier().verify(bundle.path)
    #expect(report.findings.filter { $0.status != nil && $0.code != "E350" } == [])
    #expect(report.exitStatus == (sort == .partial ? 3 : 0))
    #expect(report.checksum == bundle.checksum)
    #expect(report.outputs == bundle.outputs)
  }

  @Test func whatDoesNotVerifyIsNotPublished() throws {
    let folder = try TemporaryFolder()
    var run = try SampleSort.image.run()
    run.outputs.removeLast()
    #expect(throws: KeepError.self) {
      try BundleWriter().write(
        run.record, outputs: run.outputs, into: folder.path, allowsPartial: true, receipt: nil,
        verify: { path throws(KeepError) in try BundleVerifier().confirm(path) })
    }
    #expect(folder.files() == [])
  }
}
