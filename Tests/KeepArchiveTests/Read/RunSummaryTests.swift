import KeepModel
import KeepTestKit
import Testing

@testable import KeepArchive

@Suite struct RunSummaryTests {
  private func summary(_ sort: SampleSort) throws -> RunSummary {
    let folder = try TemporaryFolder()
    let bundle = try sort.run().write(into: folder, allowsPartial: true)
    let reader = try BundleReader(bundle.path)
    return RunSummary(try Manifest(reading: reader), in: reader)
  }

  @Test func promptsAreToldWhatIsNotWantedLast() throws {
    let summary = try summary(.image)
    #expect(summary.prompts == ["a \"red\" fox,\n<snow> & 'ice'", "watermark, text"])
    #expect(summary.seeds == ["18446744073709551615"])
    #expect(summary.error == "")
  }

  @Test func theErrorOfAFailedRunIsTold() throws {
    #expect(try summary(.failed).error == "no <memory>")
  }

  @Test func aRunMadeElsewhereTellsNothing() throws {
    #expect(try summary(.elsewhere) == summary(.empty))
    #expect(try summary(.elsewhere).prompts == [])
  }
}
