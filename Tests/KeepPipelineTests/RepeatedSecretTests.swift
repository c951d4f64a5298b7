import KeepModel
import KeepTestKit
import Synchronization
import SystemPackage
import Testing

@testable import KeepPipeline

/// A service that repeats the headers and keys it was sent.
@Suite struct RepeatedSecretTests {
  private static let coreKey = "core-key-never-to-be-seen"

  private static func answer(_ status: String) -> String {
    let token = Bench.token.reveal()
    return #"""
      {"status":"\#(status)","request_id":"req-1","debug":{"headers":[["Authorization","Bearer \#(token)"]]},
       "error":[{"message":"no access with \#(token)","traceback":"\#(coreKey)"}],
       "finished_at":"2026-09-21T11:00:09Z",
       "outputs":{"136":{"images":[{"url":"https://files.example.net/0.png","filename":"0.png","type":"output"}]},
                  "7":{"text":["the token is \#(token)","\u0063ore-key-never-to-be-seen"]}}}
      """#
  }

  @Test(arguments: ["succeeded", "failed"])
  func secretsThatTheServiceRepeatsAreWrittenNowhere(status: String) async throws {
    let bench = try Bench([.result: { _ in FakeService.json(Self.answer(status)) }])
    let url = try #require(HTTPURL(FakeService.base))
    let outcome = try await bench.run(try bench.submission()) { configuration in
      configuration.api = APIConfiguration(
        baseURL: url, token: Bench.token, coreAPIKey: Secret(Self.coreKey))
    }
    let bundle = try #require(outcome.bundle)
    let report = await Verification.reports(of: [bundle])
    #expect(report.map(\.exitStatus) == [0], "\(report.flatMap(\.findings))")
    let files = bench.folder.files()
    #expect(
      files.contains { $0.contains("ledger.sqlite") } && files.contains { $0.hasSuffix(".receipt.json") })
    for file in files { Self.expectNoSecret(in: try bench.folder.read(file), file) }
    Self.expectNoSecret(in: Array("\(outcome) \(bench.events.withLock { $0 })".utf8), "what is told")
  }

  private static func expectNoSecret(in bytes: [UInt8], _ place: String) {
    for secret in [Bench.token.reveal(), coreKey] {
      let first = secret.utf8.first ?? 0
      let isThere = bytes.indices.contains { bytes[$0] == first && bytes[$0...].starts(with: secret.utf8) }
      #expect(!isThere, "\(secret) in \(place)")
    }
  }
}
