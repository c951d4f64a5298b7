import Foundation
import Glibc
import KeepModel
import KeepTestKit
import KeepTransport
import SystemPackage
import Testing

@testable import KeepInput

@Suite(.timeLimit(.minutes(10))) struct CommandStoreTests {
  private let sample: SampleAsset

  init() throws { self.sample = try SampleAsset() }

  private func store(
    _ script: String, _ more: String..., allowsLocal: Bool = false, lifetime: Duration? = nil
  ) throws -> any ObjectStore {
    let target = CommandTarget(
      arguments: ["sh", "-c", script, "upload", "{path}"] + more, linkLifetime: lifetime)
    let transport = ScriptedTransport { _, _ in .response(BufferedResponse(status: 404, body: [])) }
    return try UploadTarget.command(target).store(
      over: transport, clock: ManualClock(), now: { Timestamp(milliseconds: 1000) }, allowsLocal: allowsLocal)
  }

  private func failure(_ store: any ObjectStore) async throws -> KeepError {
    let error = await #expect(throws: KeepError.self) { try await store.put(sample.asset) { _ in } }
    return try #require(error)
  }

  @Test func theLastLineIsTheURL() async throws {
    let store = try store(
      "echo sending; printf '%s\\r\\n\\n  \\n' https://media.example.org/a.png", lifetime: .seconds(60))
    let object = try await store.put(sample.asset) { _ in }
    #expect(object.url.description == "https://media.example.org/a.png")
    #expect(object.expiresAt == Timestamp(milliseconds: 61_000))
    #expect(!object.wasThere)
    #expect(try await store.find(sample.asset) == nil)
    #expect(store.plannedURL(for: sample.asset) == nil)
    await #expect(throws: KeepError(.uploadFailed, .option("upload.command"), "")) {
      try await store.remove("x")
    }
  }

  @Test func theFileIsGivenByItsWholePathWhateverItsName() async throws {
    let odd = try SampleAsset(100, named: "-rf $(touch x) '\"; .png")
    let store = try store(
      "test -f \"$1\" && case $1 in /*) echo https://a.example/$2;; esac", "{sha256}.{ext}")
    let object = try await store.put(odd.asset) { _ in }
    #expect(object.url.path == "/\(odd.asset.checksum.hexadecimal).png")
  }

  @Test func theEnvironmentIsKept() async throws {
    let store = try store(#"echo https://a.example/$(test -n "$PATH" && echo kept)"#)
    #expect(try await store.put(sample.asset) { _ in }.url.path == "/kept")
  }

  @Test(arguments: ["RUNCOMFY_API_TOKEN=x", "COMFY_ORG_API_KEY=x", "RUNCOMFY_API_TOKEN="])
  func theServicesSecretsAreNotPassedOn(variable: String) {
    #expect(!CommandRun.isPassedOn(variable))
    #expect(CommandRun.isPassedOn("MY_" + variable))
  }

  @Test func aFailureIsToldWithItsLastWords() async throws {
    let error = try await failure(
      store("for n in 1 2 3 4 5; do echo line $n >&2; done; printf 'a\\033[31mb' >&2; exit 7"))
    #expect(error.code == .uploadFailed)
    #expect(error.reason.contains("ended with status 7: line 4 / line 5 / a?[31mb"), "\(error.reason)")
    #expect(try await failure(store("kill -9 $$")).reason.contains("was ended by signal 9"))
  }

  @Test(arguments: [
    "true", "echo not a url", "echo http://media.example.org/a.png", "echo https://127.0.0.1/a.png",
    "echo https://user:pw@media.example.org/", "printf 'https://a.example/\\377'",
    "echo https://a.example/x; echo done",
  ])
  func anythingElseThanAPublicURLIsRefused(_ script: String) async throws {
    #expect(try await failure(store(script)).code == .uploadFailed)
  }

  @Test func endlessOutputIsStopped() async throws {
    #expect(try await failure(store("yes")).reason.contains("more than 64 KiB"))
    #expect(try await failure(store("yes >&2 & sleep 0.2; kill $!; exit 3")).reason.contains("status 3"))
  }

  @Test func whatItLeavesRunningIsNotWaitedFor() async throws {
    let object = try await store("sleep 60 & echo https://a.example/x").put(sample.asset) { _ in }
    #expect(object.url.path == "/x")
  }

  @Test func aProgramThatIsNotThereIsNamed() async throws {
    let target = CommandTarget(arguments: ["no-such-program-here", "{path}"])
    let transport = ScriptedTransport { _, _ in .response(BufferedResponse(status: 404, body: [])) }
    let store = try UploadTarget.command(target).store(over: transport, now: { Timestamp(milliseconds: 0) })
    let error = try await failure(store)
    #expect(error.reason.contains("no-such-program-here"))
    #expect(error.reason.contains("no such file"))
  }

  @Test func aChangedFileIsRefusedBeforeAndAfter() async throws {
    let store = try store("echo x >>\"$1\"; echo https://a.example/x")
    #expect(try await failure(store) == KeepError(.inputRejected, .path(sample.asset.path), ""))
    #expect(try await failure(store) == KeepError(.inputRejected, .path(sample.asset.path), ""))
  }

  @Test func cancellingKillsTheProgramAndWhatItStarted() async throws {
    let folder = try TemporaryFolder()
    let fifo = folder("started").string
    #expect(mkfifo(fifo, 0o600) == 0)
    let store = try store("sleep 600 & echo $! >\"$2\"; wait", fifo)
    let sample = sample
    let upload = Task { try await store.put(sample.asset) { _ in } }
    let child: pid_t = try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread { continuation.resume(with: Result { try Blocking.number(in: fifo) }) }
    }
    upload.cancel()
    let error = await #expect(throws: KeepError.self) { try await upload.value }
    #expect(error?.code == .interrupted)
    // The grandchild is nobody's here: it is gone once its new parent has seen its end, or a zombie until then.
    while kill(child, 0) == 0, !Blocking.isZombie(child) { await Task.yield() }
  }
}

/// Reads of files that may block.
enum Blocking {
  static func number(in path: String) throws -> pid_t {
    let text = try String(decoding: bytes(path), as: UTF8.self).filter(\.isNumber)
    return try #require(pid_t(text))
  }

  static func isZombie(_ process: pid_t) -> Bool {
    let text = (try? String(decoding: bytes("/proc/\(process)/stat"), as: UTF8.self)) ?? ""
    return text.isEmpty || text.contains(") Z ")
  }

  private static func bytes(_ path: String) throws -> [UInt8] {
    let file = try FileDescriptor.open(FilePath(path), .readOnly)
    return try file.closeAfter {
      var buffer = [UInt8](repeating: 0, count: 1000)
      let count = try buffer.withUnsafeMutableBytes { try file.read(into: $0) }
      return Array(buffer[..<count])
    }
  }
}
