import Foundation
import Glibc
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

/// Files that are uploaded to a real S3 server and fetched from there by the service.
@Suite(.enabled(if: StoreServer.isWanted)) struct UploadTests {
  let store: StoreServer
  let service: Service
  let folder: TemporaryFolder
  private let prefix = UUID().uuidString

  init() throws {
    store = try StoreServer.shared()
    service = try Service("--fetch", "--ca-file", store.authority)
    folder = try SamplePhotos.folder(2)
  }

  private func program() throws -> Program {
    var program = service.program
    program.environment.merge(try store.environment()) { $1 }
    return program
  }

  private func command(_ name: String, _ options: String...) throws -> Program.Result {
    try program().run(
      [
        name, folder("photo-00.png").string, folder("photo-01.png").string, "--deployment",
        Service.Deployment.image, "--asset", "189.image", "--archive", folder("archive").string, "--json",
        "--prefer", "upload", "--poll-interval", "20ms",
      ] + store.options(prefix: prefix) + options)
  }

  private func fetched() throws -> [String] {
    try service.log().filter { $0["event"] as? String == "fetch" && $0["found"] as? Bool == true }
      .compactMap { $0["sha256"] as? String }
  }

  private var sums: Set<String> {
    Set([0, 1].map { Checksum(of: Pictures.png(UInt8($0))).hexadecimal })
  }

  @Test func aFileIsUploadedOnceFetchedByTheServiceAndKept() throws {
    let plan = try command("plan")
    let sum = try #require(plan.objects.last)
    #expect(sum["upload_bytes"] as? Int == Pictures.png(0).count + Pictures.png(1).count, "\(plan.errors)")
    #expect(try fetched().isEmpty)

    let run = try command("run")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.words == ["archived", "archived"])
    #expect(Set(try fetched()) == sums)
    let sent = try service.log().filter { ($0["path"] as? String)?.hasSuffix("/inference") == true }
      .compactMap { $0["request_bytes"] as? Int }
    #expect(sent.reduce(0, +) == sum["submit_bytes"] as? Int)
    for bundle in run.bundles {
      let bytes = try Data(contentsOf: URL(fileURLWithPath: bundle))
      let text = String(decoding: bytes, as: UTF8.self)
      #expect(!text.contains(/X-Amz-Signature=[0-9a-f]{16}/))
      #expect(bytes.range(of: Data("/data/inputs/node-189/image/".utf8)) != nil)
      #expect(try Program().run("verify", bundle).status == 0)
    }

    let again = try command("run", "--set", "25.noise_seed=7")
    #expect(again.status == 0, "\(again.errors)")
    #expect(again.errors.contains("is at the upload target already"))
  }

  @Test func whatWasUploadedIsListedAndTakenAway() throws {
    #expect(try command("run").status == 0)
    let archive = ["--archive", folder("archive").string]
    let listed = try Program().run(["uploads", "list", "--json"] + archive)
    #expect(Set(listed.objects.compactMap { $0["sha256"] as? String }) == sums)
    #expect(listed.objects.allSatisfy { $0["needed"] as? Bool == false && $0["expires_at"] is String })
    #expect(!listed.output.contains("X-Amz"))
    let prune = ["uploads", "prune", "--unused-for", "1ms"] + archive
    let tried = try program().run(prune + store.options(prefix: prefix) + ["--dry-run"])
    #expect(tried.status == 0 && tried.errors.contains("2 uploads"), "\(tried.errors)")
    let pruned = try program().run(prune + store.options(prefix: prefix))
    #expect(pruned.status == 0, "\(pruned.errors)")
    #expect(try Program().run(["uploads", "list", "--json"] + archive).objects.isEmpty)
    let again = try command("run", "--force")
    #expect(again.status == 0, "\(again.errors)")
    #expect(!again.errors.contains("is at the upload target already"))
  }

  @Test func aWrongKeySubmitsNothing() throws {
    var program = service.program
    let secret = "never-to-be-seen/upload+secret"
    program.environment.merge(try store.environment()) { $1 }
    program.environment["AWS_SECRET_ACCESS_KEY"] = secret
    let result = try program.run(
      [
        "run", folder("photo-00.png").string, "--deployment", Service.Deployment.image, "--asset",
        "189.image",
        "--archive", folder("archive").string, "--prefer", "upload",
      ] + store.options(prefix: prefix))
    #expect(result.status == 11, "\(result.errors)")
    #expect(!(result.errors + result.output).contains(secret))
    #expect(try service.submissions().isEmpty)
  }

  /// A clip of 80 MiB, or of 2 GiB with COMFYKEEP_LONG_TESTS: the sample with a free box behind it, which readers pass
  /// over, most of it a hole in the file.
  @Test func aFileInPartsReachesTheServiceWholeInLittleMemory() throws {
    let isLong = ProcessInfo.processInfo.environment["COMFYKEEP_LONG_TESTS"] == "1"
    let sample = try Data(contentsOf: SamplePhotos.samples.appendingPathComponent("clips/waves.mp4"))
    let size = (isLong ? 2 << 30 : 80 << 20) - sample.count
    let head = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: size >> $0) } + Array("free".utf8)
    let path = try folder.write([UInt8](sample) + head, to: "clip.mp4")
    #expect(truncate(path.string, sample.count + size) == 0)
    let sum = try Judges.run("/usr/bin/sha256sum", [path.string])
    let options = try store.options(prefix: prefix)
    let (result, growth) = try program().compared(
      { file in
        ["run", file.string, "--deployment", Service.Deployment.video, "--archive", folder("archive").string]
          + ["--json", "--poll-interval", "20ms", "--inputs", "omit", "--prefer", "upload"] + options
      }, small: try folder.write([UInt8](sample), to: "small.mp4"), large: path)
    #expect(result.status == 0, "\(result.errors)")
    #expect(try fetched().last.map { sum.output.hasPrefix($0) } == true)
    #expect(growth < 24 << 10, "KiB")
  }
}
