import KeepModel
import KeepTestKit
import KeepTransport
import SystemPackage
import Testing

@testable import KeepArchive

/// How much one run may bring, and whether there is room for it.
@Suite struct SpoolVolumeTests {
  private let bytes = [UInt8](repeating: 7, count: 1000)
  private let outputs: [NodeOutput] = (0..<3).map { .file("\($0).bin", at: "https://h/\($0)", index: $0) }

  /// A bench that takes one file at a time, with the bundle on the spool's file system.
  private func bench(free: UInt64?) throws -> DownloadBench {
    var bench = try DownloadBench()
    bench.limiter = DownloadLimiter(limit: 1)
    bench.destination = bench.folder.path
    bench.room = { _ in free.map { ByteCount($0) } }
    return bench
  }

  private func sending() -> ScriptedTransport { ScriptedTransport { [bytes] _, _ in .ok(bytes) } }

  @Test func aFileNeedsRoomForItselfAndForTheBundle() async throws {
    let full = try bench(free: 1999)
    let error = await full.error(of: [outputs[0]], from: sending())
    #expect(error?.code == .localIO)
    #expect(error?.reason.contains("2.0 kB are needed, 1.9 kB are free") == true, "\(error?.reason ?? "")")
    #expect(error?.hint?.contains("free some space") == true)
    #expect(!full.files.contains("0000.data"))
    #expect(await (try bench(free: 2000)).error(of: [outputs[0]], from: sending()) == nil)
  }

  @Test func whatIsThereAlreadyNeedsRoomInTheBundleAlone() async throws {
    // One file to come and two in the bundle: the second one no longer fits.
    var bench = try bench(free: 2500)
    let transport = sending()
    #expect(await bench.failure(of: outputs, from: transport) == .localIO)
    #expect(bench.files.contains("0000.data"), "what came before stays")
    bench.room = { _ in 4000 }
    let rest = sending()
    #expect(await bench.failure(of: outputs, from: rest) == nil)
    #expect(rest.exchanges.map(\.request.url.path) == ["/1", "/2"])
  }

  @Test func twoFileSystemsAreLookedAtEachForItself() async throws {
    var bench = try bench(free: nil)
    bench.destination = "/proc"
    bench.room = { path in path == "/proc" ? 999 : 1_000_000 }
    #expect(await bench.failure(of: outputs, from: sending()) == .localIO)
    bench.room = { path in path == "/proc" ? 3000 : 1000 }
    #expect(await bench.failure(of: outputs, from: sending()) == nil)
  }

  @Test func whereNothingIsKnownOfTheRoomNothingIsRefused() async throws {
    #expect(await (try bench(free: nil)).failure(of: outputs, from: sending()) == nil)
  }

  @Test func aBodyWithoutALengthIsNotHeldAgainstTheRoom() async throws {
    let transport = ScriptedTransport { [bytes] _, _ in
      .response(BufferedResponse(status: 200, headers: ["Transfer-Encoding": "chunked"], body: bytes))
    }
    #expect(await (try bench(free: 1)).failure(of: outputs, from: transport) == nil)
  }

  @Test(arguments: [HTTPHeaders(), ["Content-Length": "x", "Transfer-Encoding": "chunked"]])
  func moreThanIsTakenFromOneRunIsRefused(headers: HTTPHeaders) async throws {
    var bench = try bench(free: nil)
    bench.policy.maximumRunSize = 2999
    let transport = ScriptedTransport { [bytes] _, _ in .ok(bytes, headers) }
    let error = await bench.error(of: outputs, from: transport)
    #expect(error?.code == .failure)
    #expect(error?.reason.contains("2.9 kB") == true)
    #expect(bench.files.filter { $0.hasSuffix(".data") } == ["0000.data", "0001.data"])
    bench.policy.maximumRunSize = 3000
    #expect(await bench.failure(of: outputs, from: transport) == nil)
  }

  @Test func moreFilesThanAreTakenFromOneRunAreRefusedBeforeTheFirst() async throws {
    var bench = try bench(free: nil)
    bench.policy.maximumOutputs = 2
    let transport = sending()
    let error = await bench.error(of: outputs, from: transport)
    #expect(error?.code == .failure)
    #expect(error?.reason.contains("3 files") == true)
    #expect(transport.exchanges.isEmpty)
  }
}
