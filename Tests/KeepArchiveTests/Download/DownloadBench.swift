import KeepModel
import KeepTestKit
import KeepTransport
import Synchronization
import SystemPackage

@testable import KeepArchive

/// A clock on which every sleep is over at once, and which remembers how long it would have been.
final class RushingClock: Clock {
  struct Instant: InstantProtocol {
    var offset: Duration = .zero
    func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
    func duration(to other: Instant) -> Duration { other.offset - offset }
    static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
  }

  private let state = Mutex<(now: Instant, sleeps: [Duration])>((Instant(), []))
  var now: Instant { state.withLock { $0.now } }
  var minimumResolution: Duration { .nanoseconds(1) }
  var sleeps: [Duration] { state.withLock { $0.sleeps } }

  func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    try Task.checkCancellation()
    state.withLock { state in
      state.sleeps.append(state.now.duration(to: deadline))
      state.now = max(state.now, deadline)
    }
  }
}

/// A downloader with a scripted service, a rushing clock and a spool of its own.
struct DownloadBench {
  let folder: TemporaryFolder
  let clock = RushingClock()
  let events = EventLog()
  var policy = DownloadPolicy()
  var limiter = DownloadLimiter(limit: 4)
  var options = Manifest.Options()
  /// What is free at a path; `nil` where that is not known.
  var room: @Sendable (FilePath) -> ByteCount? = { _ in nil }
  var destination: FilePath?

  init() throws { folder = try TemporaryFolder() }

  var spool: FilePath { folder("spool") }
  /// The names in the spool, without the journal.
  var files: [String] {
    folder.files().map { $0.replacing("spool/", with: "") }.filter { $0 != "finished.jsonl" }
  }

  func bytes(_ name: String) throws -> [UInt8] { try folder.read("spool/" + name) }

  func retrieve(
    _ outputs: [NodeOutput], from transport: any Transport,
    refresh: (@Sendable () async throws -> [NodeOutput])? = nil
  ) async throws -> [RetrievedOutput] {
    let downloader = OutputDownloader(
      transport: transport, clock: clock, limiter: limiter, policy: policy, room: room, jitter: { 1 })
    return try await downloader.retrieve(
      outputs, options: options, into: spool, keptIn: destination,
      progress: { [events] in events.add($0.event) },
      refresh: refresh)
  }

  /// The failure that a retrieval ends with.
  func error(of outputs: [NodeOutput], from transport: any Transport) async -> KeepError? {
    do {
      _ = try await retrieve(outputs, from: transport)
      return nil
    } catch {
      return error as? KeepError
    }
  }

  /// The code of the failure that a retrieval ends with.
  func failure(
    of outputs: [NodeOutput], from transport: any Transport,
    refresh: (@Sendable () async throws -> [NodeOutput])? = nil
  ) async -> KeepError.Code? {
    do {
      _ = try await retrieve(outputs, from: transport, refresh: refresh)
      return nil
    } catch {
      return (error as? KeepError)?.code
    }
  }
}

/// What a downloader reported.
final class EventLog: Sendable {
  private let events = Mutex<[DownloadProgress.Event]>([])
  var all: [DownloadProgress.Event] { events.withLock { $0 } }
  var notes: [DownloadNote] {
    all.compactMap { if case .note(let note) = $0 { note } else { nil } }
  }
  func add(_ event: DownloadProgress.Event) { events.withLock { $0.append(event) } }
}

extension NodeOutput {
  static func file(
    _ name: String, at url: String?, type: String = "output", node: NodeID = "9", index: Int = 0
  ) -> NodeOutput {
    NodeOutput(
      node: node, key: "images", index: index, pointer: JSONPointer(),
      content: .file(FileRecord(filename: name, subfolder: "", type: type, url: url)))
  }
}

extension ScriptedTransport.Answer {
  static func ok(_ bytes: [UInt8], _ headers: HTTPHeaders = HTTPHeaders()) -> Self {
    .status(200, bytes, headers)
  }

  static func status(
    _ status: Int, _ bytes: [UInt8] = [], _ headers: HTTPHeaders = HTTPHeaders()
  ) -> Self {
    var headers = headers
    if headers["Content-Length"] == nil { headers.add("Content-Length", String(bytes.count)) }
    return .response(BufferedResponse(status: status, headers: headers, body: bytes))
  }

  static func redirect(_ location: String) -> Self { .status(302, [], ["Location": location]) }
}

extension RetrievedOutput {
  var payload: PayloadFile? {
    if case .file(let payload) = retrieval { payload } else { nil }
  }
}

/// A connection that broke.
let dropped = KeepError(.unavailable, .none, "the connection broke", retry: .backOff)
