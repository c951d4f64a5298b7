import KeepModel
import KeepTestKit
import Testing

@testable import KeepArchive

@Suite struct GoodBundleTests {
  @Test func findsNothingInAGoodBundle() throws {
    let report = try CraftedBundle.good().verify()
    #expect(report.findings == [])
    #expect(report.exitStatus == 0)
    #expect(report.advice == nil)
    #expect(report.outputs == 3)
    #expect(report.request == RequestID(CraftedBundle.id))
    #expect(report.checksum == Checksum(of: try CraftedBundle.good().zip.bytes))
  }

  @Test func findsNothingInABundleOfAFailedRun() throws {
    let report = try CraftedBundle.small().verify()
    #expect(report.findings == [])
    #expect(report.outputs == 0)
  }
}
