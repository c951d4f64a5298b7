import Foundation
import KeepTestKit
import Testing

/// What the service can do to a run, and how each ends: the word, the status, what is left.
@Suite struct FaultTests {
  /// A fault and what one run against it must give.
  struct Case: Sendable, CustomTestStringConvertible {
    let fault: String
    let word: String
    let status: Int32
    /// How many runs the service may have started.
    let submissions: Int
    var testDescription: String { "\(fault) gives \(word), \(status)" }
  }

  static let cases: [Case] = []

  @Test(arguments: cases)
  func eachFaultHasItsDocumentedEnd(_ fault: Case) throws {
    let service = try Service("--fault", fault.fault)
    let photos = try SamplePhotos.folder(1)
    let archive = try TemporaryFolder()
    let run = try service.program.run(
      "run", photos.path.string, "--deployment", Service.Deployment.image, "--archive",
      archive.path.string, "--json", "--poll-interval", "20ms")
    #expect(run.words == [fault.word], "\(run.output)\(run.errors)")
    #expect(run.status == fault.status, "\(run.errors)")
    #expect(try service.submissions().count == fault.submissions)
    let bundles = archive.files().filter { $0.hasSuffix(".zip") }
    #expect(bundles.count == run.bundles.count)
    #expect(archive.files().allSatisfy { !$0.hasSuffix(".part") || $0.contains("/partial/") })
    if !run.bundles.isEmpty { try Judges.judge(run.bundles) }
  }
}
