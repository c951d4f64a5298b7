import Foundation
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

/// Runs that are made again into an archive whose bundles leave for a store of objects.
@Suite(.enabled(if: StoreServer.isWanted), .timeLimit(.minutes(60))) struct RerunStoreTests {
  @Test func aBundleIsHeldAgainstTheFirstBeforeItLeavesTheFolder() throws {
    let store = try StoreServer.shared()
    let service = try Service("--fetch", "--ca-file", store.authority)
    let folder = try SamplePhotos.folder(1)
    var program = service.program
    program.environment.merge(try store.environment()) { $1 }
    let archive = folder("archive").string
    let first = try program.run(
      [
        "run", folder("photo-00.png").string, "--deployment", Service.Deployment.image, "--archive", archive,
        "--json", "--poll-interval", "20ms",
      ])
    let bundle = try #require(first.bundles.first, "\(first.errors)")
    let again = try program.run(
      ["rerun", bundle, "--require-same", "--json", "--archive", archive, "--poll-interval", "20ms"]
        + store.archiveOptions(prefix: "rerun-\(UUID().uuidString)"))
    #expect(again.status == 0, "\(again.errors)")
    let outcome = try #require(again.outcomes.first)
    #expect(outcome["bundle"] is NSNull)
    #expect(outcome["stored"] is String)
    let comparison = try #require(again.objects.first { $0["type"] as? String == "comparison" })
    #expect(comparison["same"] as? Bool == true)
    let zips = folder.files().filter { $0.hasPrefix("archive/") && $0.hasSuffix(".zip") }
    #expect(zips.count == 1 && bundle.hasSuffix(zips[0]), "\(zips)")
  }
}
