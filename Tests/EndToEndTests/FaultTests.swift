import Foundation
import KeepTestKit
import SystemPackage
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

  private static func fault(
    _ name: String, _ word: String = "archived", _ status: Int32 = 0, submissions: Int = 1
  ) -> Case {
    Case(fault: name, word: word, status: status, submissions: submissions)
  }

  static let cases: [Case] = [
    // Before a run: refused, tried again where that is certain to be free, in doubt where it is not.
    fault("gate=10001", "rejected", 1, submissions: 0),
    fault("gate=10002", "rejected", 1, submissions: 0),
    fault("gate=10003", "rejected", 1, submissions: 0),
    fault("throttle-submit=1@1"),
    fault("error-submit=502@1", "in_doubt", 41, submissions: 0),
    fault("drop-before-accept@1", "in_doubt", 41, submissions: 0),
    fault("drop-after-accept@1", "in_doubt", 41),
    fault("error-after-accept=504@1", "in_doubt", 41),
    fault("garbage-submit=html@1", "in_doubt", 41),
    fault("garbage-submit=empty@1", "in_doubt", 41),
    fault("garbage-submit=no-id@1", "in_doubt", 41),
    // While it runs: nothing that passes is a failure.
    fault("throttle-status=1@2"), fault("error-status=500@2"), fault("garbage-status=html@2"),
    fault("garbage-status=deep@1"), fault("status-word=warming_up@2"), fault("status-stuck"),
    fault("status-goes-back"), fault("duplicate-keys"), fault("throttle-result=1@1"),
    fault("error-result=500@2"), fault("garbage-result=truncated@1"), fault("result-lag=2"),
    // How it ends.
    fault("run-fails=out of memory", "failed", 20), fault("empty-outputs", "empty", 22),
    // The shapes of an answer.
    fault("missing-fields"), fault("extra-fields"), fault("output-key"), fault("colon-ids"),
    fault("text-channel"), fault("duplicate-outputs"), fault("hostile-names"),
    // While its outputs come down.
    fault("error-output=500@2"), fault("output-truncated@1"), fault("output-dropped@1"),
    fault("output-html@1"), fault("throttle-output=1@1"),
    fault("error-output=404", "unfinished", 69), fault("error-output=403", "unfinished", 69),
    fault("output-redirect=http://169.254.169.254/latest", "unfinished", 69),
  ]

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
