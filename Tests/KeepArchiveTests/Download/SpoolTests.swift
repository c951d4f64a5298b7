import Glibc
import KeepModel
import KeepTestKit
import KeepTransport
import SystemPackage
import Testing

@testable import KeepArchive

/// What one process leaves in the spool and the next makes of it.
@Suite struct SpoolTests {
  private let whole = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
  private let large =
    [1, 2, 3] + [UInt8](repeating: 7, count: 3 << 20) + [UInt8](repeating: 9, count: (2 << 20) - 3)
  private let output = [NodeOutput.file("a.bin", at: "https://h/a")]

  @Test func aSpoolFileThatChangedIsDownloadedAgain() async throws {
    let bench = try DownloadBench()
    let transport = ScriptedTransport { _, _ in .ok(whole) }
    _ = try await bench.retrieve(output, from: transport)
    try bench.folder.write(Array(whole.reversed()), to: "spool/0000.data")
    #expect(try await bench.retrieve(output, from: transport)[0].payload?.checksum == Checksum(of: whole))
    #expect(try bench.bytes("0000.data") == whole)
    #expect(try await bench.retrieve(output, from: transport)[0].payload?.checksum == Checksum(of: whole))
    #expect(try bench.bytes("0000.data") == whole)
    #expect(transport.exchanges.count == 2)
  }

  @Test func aTornJournalIsNoHarm() async throws {
    let bench = try DownloadBench()
    try bench.folder.write(Array("{\"name\":\"0000\",\"url\":".utf8), to: "spool/finished.jsonl")
    let transport = ScriptedTransport { _, _ in .ok(whole) }
    _ = try await bench.retrieve(output, from: transport)
    #expect(try await bench.retrieve(output, from: transport)[0].payload?.checksum == Checksum(of: whole))
    #expect(try bench.bytes("0000.data") == whole)
    #expect(transport.exchanges.count == 1)
  }

  @Test func aWholeFileWithoutItsNameIsTakenUp() async throws {
    let bench = try DownloadBench()
    let transport = ScriptedTransport { _, _ in .ok(whole) }
    _ = try await bench.retrieve(output, from: transport)
    // As if the process had been killed before it gave the file its name.
    #expect(rename(bench.spool.appending("0000.data").string, bench.spool.appending("0000.part").string) == 0)
    #expect(try await bench.retrieve(output, from: transport)[0].payload?.checksum == Checksum(of: whole))
    #expect(bench.files == ["0000.data"])
    #expect(transport.exchanges.count == 1)
  }

  @Test func theLeftoverOfAKilledProcessIsOverwritten() async throws {
    let bench = try DownloadBench()
    try bench.folder.write([UInt8](repeating: 1, count: 5000), to: "spool/0000.part")
    _ = try await bench.retrieve(output, from: ScriptedTransport { _, _ in .ok(whole) })
    #expect(try bench.bytes("0000.data") == whole)
    #expect(bench.files == ["0000.data"])
  }

  /// Needs a file system of its own, which only root can mount; elsewhere it says so and passes over.
  @Test func aFullDiskIsALocalFailureAndTheNextCallFinishes() async throws {
    let bench = try DownloadBench()
    try bench.folder.write([], to: "spool/marker")
    guard mount("none", bench.spool.string, "tmpfs", UInt(MS_NOSUID), "size=4m") == 0 else {
      print("aFullDisk…: passed over, no tmpfs can be mounted here (\(Errno(rawValue: errno)))")
      return
    }
    defer { umount2(bench.spool.string, Int32(MNT_DETACH)) }
    try bench.folder.write([UInt8](repeating: 1, count: 2 << 20), to: "spool/ballast")
    let outputs = output + [.file("b.bin", at: "https://h/b", index: 1)]
    let transport = ScriptedTransport { [large, whole] exchange, _ in
      exchange.request.url.path == "/a" ? .ok(whole) : .ok(Array(large[..<(3 << 20)]))
    }
    #expect(await bench.failure(of: outputs, from: transport) == .localIO)
    #expect(!bench.files.contains("0001.data"))
    #expect(!bench.files.contains("0001.part"), "nothing could go on with it, and it takes room")
    unlink(bench.spool.appending("ballast").string)
    let results = try await bench.retrieve(outputs, from: transport)
    #expect(results[0].payload?.checksum == Checksum(of: whole))
    #expect(results[1].payload?.size == 3 << 20)
  }

  @Test func aSpoolThatCannotBeMadeIsALocalFailure() async throws {
    let bench = try DownloadBench()
    try bench.folder.write([1], to: "spool")
    #expect(await bench.failure(of: output, from: ScriptedTransport { _, _ in .ok([1]) }) == .localIO)
    #expect(try bench.folder.read("spool") == [1])
  }

  @Test func aLinkInTheSpoolIsNotFollowed() async throws {
    let bench = try DownloadBench()
    try bench.folder.write([1], to: "victim")
    try bench.folder.write([], to: "spool/marker")
    #expect(
      symlink(bench.folder("victim").string, bench.spool.appending("0000.part").string) == 0)
    #expect(await bench.failure(of: output, from: ScriptedTransport { _, _ in .ok(whole) }) == .localIO)
    #expect(try bench.folder.read("victim") == [1])
  }

  // MARK: Going on after a crash

  /// A process that ends with 3 MiB of 5 in the spool.
  private func interrupted(_ headers: HTTPHeaders = ["ETag": "\"v1\""]) async throws -> DownloadBench {
    let bench = try DownloadBench()
    var headers = headers
    headers.add("Content-Length", String(large.count))
    let transport = ScriptedTransport { [large, headers] _, _ in
      .broken(
        status: 200, headers: headers, pieces: [Array(large[..<(3 << 20)])],
        KeepError(.unavailable, .none, "killed"))
    }
    #expect(await bench.failure(of: output, from: transport) == .unavailable)
    return bench
  }

  private func finish(_ bench: DownloadBench, url: String = "https://h/a") async throws -> [String?] {
    let transport = ScriptedTransport { [large] exchange, _ in
      guard exchange.request.headers["Range"] != nil else { return .ok(large) }
      return .status(
        206, Array(large[(3 << 20)...]),
        ["Content-Range": "bytes 3145728-5242879/5242880", "ETag": "\"v1\""])
    }
    let results = try await bench.retrieve([.file("a.bin", at: url)], from: transport)
    #expect(results[0].payload?.checksum == Checksum(of: large))
    #expect(try Checksum(of: bench.bytes("0000.data")) == Checksum(of: large))
    #expect(bench.files == ["0000.data"])
    return transport.exchanges.map { $0.request.headers["Range"] }
  }

  @Test func theNextProcessAsksForTheRestAlone() async throws {
    let bench = try await interrupted()
    #expect(bench.files == ["0000.part", "0000.resume"])
    #expect(try await finish(bench, url: "https://h/a?other=signature") == ["bytes=3145728-"])
  }

  @Test func whatIsThereToTheLastByteIsNotAskedForAgain() async throws {
    let bench = try await interrupted()
    try bench.folder.write(large, to: "spool/0000.part")
    let transport = ScriptedTransport { _, _ in .status(416) }
    #expect(try await bench.retrieve(output, from: transport)[0].payload?.checksum == Checksum(of: large))
    #expect(bench.files == ["0000.data"])
    #expect(transport.exchanges.isEmpty)
  }

  @Test func moreThanTheWholeStartsAgain() async throws {
    let bench = try await interrupted()
    try bench.folder.write(large + [1], to: "spool/0000.part")
    #expect(try await finish(bench) == [nil])
  }

  @Test func withoutAValidatorTheNextProcessStartsAgain() async throws {
    let bench = try await interrupted([:])
    #expect(bench.files == ["0000.part"])
    #expect(try await finish(bench) == [nil])
  }

  @Test func aRestartForgetsALongerBeginning() async throws {
    let bench = try await interrupted()
    let headers: HTTPHeaders = ["ETag": "\"v2\"", "Content-Length": String(large.count)]
    let changed = ScriptedTransport { _, _ in
      .broken(
        status: 200, headers: headers, pieces: [[1, 2]], KeepError(.unavailable, .none, "killed"))
    }
    #expect(await bench.failure(of: output, from: changed) == .unavailable)
    #expect(try bench.bytes("0000.part") == [1, 2])
    let third = ScriptedTransport { [large] _, _ in .ok(large) }
    _ = try await bench.retrieve(output, from: third)
    #expect(third.exchanges[0].request.headers["Range"] == "bytes=2-")
    #expect(third.exchanges[0].request.headers["If-Range"] == "\"v2\"")
  }

  @Test func anotherAddressStartsAgain() async throws {
    #expect(try await finish(try await interrupted(), url: "https://h/b") == [nil])
  }

  @Test(arguments: ["", "{}", "[", "{\"boot\":\"another\"}"])
  func aNoteThatCannotBeTrustedStartsAgain(note: String) async throws {
    let bench = try await interrupted()
    try bench.folder.write(Array(note.utf8), to: "spool/0000.resume")
    #expect(try await finish(bench) == [nil])
  }

  @Test func afterARestartOfTheMachineNothingIsTrusted() async throws {
    let bench = try await interrupted()
    let note = String(decoding: try bench.bytes("0000.resume"), as: UTF8.self)
    let boot = try #require(note.firstRange(of: "\"boot\":\""))
    let stale = note.replacingCharacters(after: boot.upperBound)
    #expect(stale != note)
    try bench.folder.write(Array(stale.utf8), to: "spool/0000.resume")
    #expect(try await finish(bench) == [nil])
  }

  @Test func aBeginningThatNoLongerExistsStartsAgain() async throws {
    let bench = try await interrupted()
    unlink(bench.spool.appending("0000.part").string)
    #expect(try await finish(bench) == [nil])
  }
}

extension String {
  /// With the character at a place replaced by another hexadecimal digit.
  fileprivate func replacingCharacters(after place: Index) -> String {
    self[..<place] + (self[place] == "0" ? "1" : "0") + self[index(after: place)...]
  }
}
