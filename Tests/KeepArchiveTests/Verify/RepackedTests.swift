import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@testable import KeepArchive

/// Bundles that were unpacked and zipped again with the programs that people have.
@Suite struct RepackedTests {
  private let folder: TemporaryFolder
  private let name = "\(CraftedBundle.top).zip"

  init() throws {
    folder = try TemporaryFolder()
    try folder.write(CraftedBundle.good().zip.bytes, to: name)
  }

  /// Unpacks, removes the bundle and zips the folder again.
  private func repack(with tool: String, _ arguments: [String]) throws -> VerificationReport? {
    guard let unzip = StockTool("unzip"), let zip = StockTool(tool) else { return nil }
    #expect(try unzip.run(["-q", name, "-d", "."], in: folder.path).status == 0)
    #expect(try StockTool("rm")?.run([name], in: folder.path).status == 0)
    let outcome = try zip.run(arguments + [name, CraftedBundle.top], in: folder.path)
    #expect(outcome.status == 0, "\(outcome.text)")
    return BundleVerifier().verify(folder(name))
  }

  @Test(arguments: [["-q", "-r", "-D"], ["-q", "-r", "-D", "-X", "-9"], ["-q", "-r", "-D", "-0"]])
  func contentIsWholeButTheContainerIsNotCanonical(_ arguments: [String]) throws {
    guard let report = try repack(with: "zip", arguments) else { return }
    #expect(report.exitStatus == 6, "\(report.findings)")
    #expect(report.findings.allSatisfy { $0.level == .container })
    let advice = try #require(report.advice)
    #expect(advice.contains("comfykeep repack \(folder(name)) --to DIR"))
    let reader = try BundleReader(folder(name))
    #expect(
      try reader.bytes(of: "data/\(CraftedBundle.text)", limit: 99) == Array("a red fox".utf8))
  }

  @Test func folderEntriesAreRefused() throws {
    guard let report = try repack(with: "zip", ["-q", "-r"]) else { return }
    #expect(report.exitStatus == 5)
    #expect(report.findings.contains { $0.code == "E114" })
    #expect(report.advice?.contains("comfykeep repack \(folder(name)) --to DIR") == true)
  }
}
