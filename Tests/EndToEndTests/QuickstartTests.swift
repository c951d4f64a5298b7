import Foundation
import KeepTestKit
import SystemPackage
import Testing

/// `Samples/quickstart.sh` from its first step after the build.
@Suite struct QuickstartTests {
  @Test func itEndsWellWhereTheEnvironmentIsUnkind() throws {
    let folder = try TemporaryFolder()
    let samples = folder("a folder with spaces/Samples").string
    let archive = folder("the archive, with spaces")
    for name in ["a folder with spaces", "temporary files"] {
      try FileManager.default.createDirectory(
        atPath: folder(name).string, withIntermediateDirectories: true)
    }
    try FileManager.default.copyItem(atPath: SamplePhotos.samples.path, toPath: samples)
    // Nobody answers at the proxy, there is no home, and nothing of this process's environment comes along.
    let proxy = try ClosedPort()
    let words = try folder.write([], to: "words").string
    let script = try ChildProcess(
      ["bash", samples + "/quickstart.sh", archive.string],
      environment: [
        "PATH": "/usr/local/bin:/usr/bin:/bin", "COMFYKEEP_BINARY": Program.path,
        "TMPDIR": folder("temporary files").string, "http_proxy": "http://\(proxy.address)",
        "https_proxy": "http://\(proxy.address)", "all_proxy": "http://\(proxy.address)",
      ], streams: .files(output: words, errors: words))
    let status = script.waitForEnd()
    let text = String(decoding: try folder.read("words"), as: UTF8.self)
    #expect(status == 0, "\(text)")

    let bundles = folder.files().filter { $0.hasSuffix(".zip") }
    #expect(bundles.count == 7)
    for bundle in bundles {
      let name = FilePath(bundle).lastComponent?.string ?? ""
      #expect(text.contains(name))
    }
    #expect(text.contains("The bundles lie in \(archive)."))
    let verified = try Program().run(["verify"] + bundles.map { folder($0).string })
    #expect(verified.status == 0, "\(verified.output)")
    let left = try FileManager.default.contentsOfDirectory(atPath: folder("temporary files").string)
    #expect(left == [], "temporary files are removed")
    #expect(try Self.processes(naming: folder.path.string) == [], "the local service is stopped")
    withExtendedLifetime(proxy) {}
  }

  /// The processes whose command line holds a text.
  private static func processes(naming text: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { name in
      // A process may be gone by the time it is looked at.
      let line = FileManager.default.contents(atPath: "/proc/\(name)/cmdline") ?? Data()
      return name.allSatisfy(\.isNumber) && line.range(of: Data(text.utf8)) != nil
    }
  }
}
