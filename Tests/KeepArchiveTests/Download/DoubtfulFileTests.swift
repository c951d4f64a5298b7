import KeepModel
import KeepTestKit
import KeepTransport
import Testing

@testable import KeepArchive

/// Files that arrive whole and are not what they should be.
@Suite struct DoubtfulFileTests {
  private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
  private let png = signature + [1, 2, 3] + [0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82]

  @Test(arguments: [
    "<!DOCTYPE html><p>gone", "\n <html>", "<?xml version=\"1.0\"?><Error/>", "{\"error\":1}",
    "Not Found: the object expired\n",
  ])
  func anErrorPageIsAskedForAgainAndThenKeptAsWhatItIs(page: String) async throws {
    let bench = try DownloadBench()
    let transport = ScriptedTransport { _, _ in .ok(Array(page.utf8)) }
    let results = try await bench.retrieve([.file("a.png", at: "https://h/a")], from: transport)
    #expect(transport.exchanges.count == 3)
    let type = try #require(results[0].payload?.mediaType)
    #expect(["text/html", "application/xml", "application/json", "text/plain"].contains(type.rawValue))
    #expect(bench.events.notes == [.unexpectedType(type)])
    #expect(try bench.bytes("0000.data") == Array(page.utf8))
  }

  @Test func anErrorPageMayBePassing() async throws {
    let bench = try DownloadBench()
    let transport = ScriptedTransport { _, number in number == 0 ? .ok(Array("<html>".utf8)) : .ok(png) }
    let results = try await bench.retrieve([.file("a.png", at: "https://h/a")], from: transport)
    #expect(results[0].payload?.mediaType == "image/png")
    #expect(try bench.bytes("0000.data") == png)
    #expect(bench.events.notes.isEmpty)
  }

  @Test(arguments: ["a.html", "a.txt", "a.json", "a.md"])
  func aTextMayLookLikeAPage(name: String) async throws {
    let bench = try DownloadBench()
    let transport = ScriptedTransport { _, _ in .ok(Array("<html>".utf8)) }
    _ = try await bench.retrieve([.file(name, at: "https://h/a")], from: transport)
    #expect(transport.exchanges.count == 1)
    #expect(bench.events.notes.isEmpty)
  }

  @Test func anEmptyFileIsKeptWithANote() async throws {
    let bench = try DownloadBench()
    let transport = ScriptedTransport { _, _ in .ok([]) }
    let results = try await bench.retrieve([.file("a.png", at: "https://h/a")], from: transport)
    #expect(results[0].payload?.size == 0)
    #expect(results[0].payload?.crc == 0)
    #expect(bench.events.notes == [.emptyFile])
    #expect(transport.exchanges.count == 3)
  }

  // MARK: Ends that HTTP cannot tell

  /// Sends bodies without a length, one an exchange.
  private func closing(_ bodies: [[UInt8]]) -> ScriptedTransport {
    ScriptedTransport { _, number in
      .response(BufferedResponse(status: 200, body: bodies[min(number, bodies.count - 1)]))
    }
  }

  @Test func aPictureWithoutItsEndIsAskedForAgain() async throws {
    let bench = try DownloadBench()
    let transport = closing([Array(png.dropLast(5)), png])
    let results = try await bench.retrieve([.file("a.png", at: "https://h/a")], from: transport)
    #expect(results[0].payload?.checksum == Checksum(of: png))
    #expect(bench.events.notes.isEmpty)
    #expect(bench.files == ["0000.data"])
  }

  @Test func aPictureThatComesTwiceAlikeWithoutItsEndIsTakenWithANote() async throws {
    let bench = try DownloadBench()
    let cut = Array(png.dropLast(5))
    let transport = closing([Array(cut.dropLast()), cut, cut])
    let results = try await bench.retrieve([.file("a.png", at: "https://h/a")], from: transport)
    #expect(results[0].payload?.checksum == Checksum(of: cut))
    #expect(bench.events.notes == [.cutOff])
  }

  @Test func anAnnouncedLengthIsBelieved() async throws {
    let bench = try DownloadBench()
    let transport = ScriptedTransport { [png] _, _ in .ok(Array(png.dropLast(5))) }
    _ = try await bench.retrieve([.file("a.png", at: "https://h/a")], from: transport)
    #expect(transport.exchanges.count == 1)
    #expect(bench.events.notes.isEmpty)
  }

  @Test(arguments: [[UInt8](repeating: 7, count: 100), Array("fLaC".utf8) + [1, 2, 3], Array("OggS".utf8)])
  func whatNothingProvesIsFetchedTwice(bytes: [UInt8]) async throws {
    let bench = try DownloadBench()
    let transport = closing([Array(bytes.dropLast()), bytes, bytes])
    let results = try await bench.retrieve([.file("a.latent", at: "https://h/a")], from: transport)
    #expect(results[0].payload?.checksum == Checksum(of: bytes))
    #expect(transport.exchanges.count == 3)
    #expect(bench.events.notes.isEmpty)
  }

  @Test func aFileThatDiffersEachTimeIsNeverKept() async throws {
    let bench = try DownloadBench()
    let transport = closing((0..<9).map { [UInt8](repeating: 7, count: 50 + $0) })
    let outputs = [NodeOutput.file("a.latent", at: "https://h/a")]
    #expect(await bench.failure(of: outputs, from: transport) == .unavailable)
    #expect(transport.exchanges.count == bench.policy.maximumFailures)
    #expect(!bench.files.contains("0000.data"))
  }

  @Test func chunksProveTheirEnd() async throws {
    let bench = try DownloadBench()
    let transport = ScriptedTransport { _, _ in
      .response(
        BufferedResponse(status: 200, headers: ["Transfer-Encoding": "chunked"], body: [1, 2, 3]))
    }
    _ = try await bench.retrieve([.file("a.latent", at: "https://h/a")], from: transport)
    #expect(transport.exchanges.count == 1)
  }

  // MARK: Encodings that were not asked for

  private let packed: [UInt8] = [0x1F, 0x8B, 0x08, 0, 0, 0, 0, 0]

  @Test func anEncodingMayBePassing() async throws {
    let bench = try DownloadBench()
    let transport = ScriptedTransport { [packed, png] _, number in
      number == 0 ? .ok(packed, ["Content-Encoding": "gzip"]) : .ok(png)
    }
    let results = try await bench.retrieve([.file("a.png", at: "https://h/a")], from: transport)
    #expect(results[0].payload?.checksum == Checksum(of: png))
    #expect(bench.events.notes.isEmpty)
  }

  @Test(arguments: ["a.png", "a.latent", "a.txt", "a.mp4"])
  func anEncodingThatStaysIsKeptAsWhatItIs(name: String) async throws {
    let bench = try DownloadBench()
    let transport = ScriptedTransport { [packed] _, _ in .ok(packed, ["Content-Encoding": "gzip"]) }
    let outputs = [NodeOutput.file(name, at: "https://h/a")]
    for _ in 0..<2 {
      let results = try await bench.retrieve(outputs, from: transport)
      #expect(results[0].payload?.mediaType == "application/gzip")
    }
    #expect(transport.exchanges.count == 6, "nor does the spool take it for something else later")
    #expect(
      bench.events.notes
        == [.encoded("gzip", "application/gzip"), .encoded("gzip", "application/gzip")])
  }

  @Test func anEncodedBodyHasItsLengthToo() async throws {
    let bench = try DownloadBench()
    let transport = ScriptedTransport { [packed] _, _ in
      .ok(packed, ["Content-Encoding": "br", "Content-Length": "9"])
    }
    let outputs = [NodeOutput.file("a.bin", at: "https://h/a")]
    #expect(await bench.failure(of: outputs, from: transport) == .unavailable)
  }

  // MARK: Names against bytes

  private func judge(_ name: String, _ head: [UInt8]) -> String {
    let type = PayloadType(filename: name, head: head, size: 100)
    return "\(type.mediaType)\(type.isDoubtful ? "?" : "")"
  }

  @Test func namesDecideUnlessTheBytesContradict() {
    let jpeg: [UInt8] = [0xFF, 0xD8, 0xFF, 0xE0]
    let mp4: [UInt8] = [0, 0, 0, 16] + Array("ftypisom".utf8) + [0, 0, 0, 0]
    #expect(judge("a.png", png) == "image/png")
    #expect(judge("a.PNG", jpeg) == "image/jpeg?")
    #expect(judge("a.png", [1, 2, 3]) == "application/octet-stream?")
    #expect(judge("a.mov", mp4) == "video/quicktime")
    #expect(judge("a.m4a", mp4) == "audio/mp4")
    #expect(judge("a.mp4", [1, 2, 3]) == "video/mp4")
    #expect(judge("a.mp4", Array("Not Found".utf8)) == "text/plain?")
    #expect(judge("a.png", Array("Nicht gefunden: é".utf8.dropLast())) == "text/plain?")
    #expect(judge("a.mp4", Array("Not\0Found".utf8)) == "video/mp4")
    #expect(judge("a.png", [0x1F, 0x8B, 0x08]) == "application/gzip?")
    #expect(judge("a.latent", [0x1F, 0x8B, 0x08]) == "application/x-safetensors")
    #expect(judge("a.nii.gz", [0x1F, 0x8B, 0x08]) == "application/gzip")
    #expect(judge("a.obj", Array("v 1 2 3".utf8)) == "model/obj")
    #expect(judge("a.splat", jpeg) == "model/splat")
    #expect(judge("a.splat", Array("<html>".utf8)) == "text/html?")
    #expect(judge("a.svg", Array("<?xml".utf8)) == "image/svg+xml")
    #expect(judge("a.gltf", Array("{\"asset\"".utf8)) == "model/gltf+json")
    #expect(judge("a.txt", png) == "text/plain")
    #expect(judge("a.unknown", jpeg) == "image/jpeg")
    #expect(judge("..\\a", [1]) == "application/octet-stream")
  }
}
