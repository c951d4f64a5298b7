import GRDB
import KeepModel
import KeepTestKit
import KeepTransport
import Synchronization
import SystemPackage

@testable import KeepLedger
@testable import KeepPipeline

/// A folder with photos and an archive, a service, and time.
final class Bench: Sendable {
  static let token = Secret("tok-never-to-be-seen")
  static let noon = Timestamp(milliseconds: 1_790_000_000_000)

  let folder: TemporaryFolder
  let service: FakeService
  let transport: ScriptedTransport
  let clock: ManualClock
  let interruption: Interruption
  let events = Mutex<[PipelineEvent]>([])
  let time = Mutex<Timestamp>(noon)

  init(
    _ scripts: [FakeService.Kind: FakeService.Script] = [:],
    interruption: Interruption = Interruption(),
    onSleep: @escaping @Sendable (Int) throws -> Void = { _ in }
  ) throws {
    let service = FakeService(scripts)
    self.folder = try TemporaryFolder()
    self.service = service
    self.transport = ScriptedTransport { exchange, _ in try service.answer(exchange) }
    self.clock = ManualClock(onSleep: onSleep)
    self.interruption = interruption
  }

  /// One whose run is stopped by a person as soon as it is looked at, with the answer to a cancel.
  static func stopped(cancel answer: ScriptedTransport.Answer) throws -> Bench {
    let interruption = Interruption()
    return try Bench(
      [
        .status: { _ in
          interruption.raise()
          return FakeService.json(#"{"status":"in_progress"}"#)
        },
        .cancel: { _ in answer },
      ], interruption: interruption)
  }

  var root: FilePath { folder("archive") }
  var posts: Int { service.count(.submit) }

  func archive(_ purpose: Archive.Purpose = .writing) async throws -> Archive {
    try await Archive(at: root, for: purpose, now: { self.time.withLock { $0 } })
  }

  static func api() throws -> APIConfiguration {
    guard let url = HTTPURL(FakeService.base) else { throw KeepError(.usage, .none, "is no URL") }
    return APIConfiguration(baseURL: url, token: token)
  }

  func pipeline(
    _ archive: Archive, over transport: (any Transport)? = nil, stoppedBy other: Interruption? = nil,
    _ configure: (inout Pipeline.Configuration) -> Void = { _ in }
  ) throws -> Pipeline {
    var configuration = Pipeline.Configuration(api: try Self.api())
    configure(&configuration)
    return Pipeline(
      configuration, archive: archive, transport: transport ?? self.transport, clock: clock,
      now: { self.time.withLock { $0 } }, interruption: other ?? interruption,
      report: { event in self.events.withLock { $0.append(event) } })
  }

  /// A photo that was read, at a path of its own.
  func asset(_ value: UInt8 = 1, name: String = "cat.png") throws -> Asset {
    let bytes = Pictures.png(value)
    let path = try folder.write(bytes, to: "photos/\(name)")
    return Asset(
      path: path, size: ByteCount(UInt64(bytes.count)), checksum: Checksum(of: bytes), mediaType: "image/png")
  }

  func submission(_ value: UInt8 = 1, name: String = "cat.png", seed: UInt64? = nil) throws -> Submission {
    var overrides = Overrides()
    overrides[NodeInput(node: "189", name: "image")] = .asset(.inline(try asset(value, name: name)))
    if let seed { overrides[NodeInput(node: "25", name: "noise_seed")] = .randomSeed(seed) }
    return try submission(overrides)
  }

  func submission(_ overrides: Overrides) throws -> Submission {
    let graph = try JSONDocument(parsing: Array(FakeService.workflow.utf8)).value
    return Submission(deployment: "d-1", workflow: try Workflow(document: graph), overrides: overrides)
  }

  func item(_ submission: Submission) -> Pipeline.BatchItem {
    let inputs = submission.overrides.assets.map(\.asset.path)
    return Pipeline.BatchItem(
      label: inputs.first?.lastComponent?.string ?? "run", inputs: inputs, submission: .success(submission))
  }

  /// Opens the archive, runs, and closes it again.
  func run(
    _ submission: Submission, _ configure: (inout Pipeline.Configuration) -> Void = { _ in }
  ) async throws -> SubmissionOutcome {
    try await pipeline(try await archive(), configure).run(submission, label: "cat.png")
  }

  /// What the ledger says of the one submission.
  func entry() async throws -> LedgerEntry? { try await archive(.reading).entries().first }

  func state() async throws -> SubmissionState? { try await entry()?.state }

  /// The names of everything that happened to the one submission.
  func story() async throws -> [String] {
    let archive = try await archive(.reading)
    guard let entry = try await archive.entries().first else { return [] }
    return try await archive.events(of: entry).map(\.name)
  }

  /// The archive's files beside the ledger and the lock.
  var left: [String] {
    folder.files().filter { name in
      name.hasPrefix("archive/") && !name.contains("ledger.sqlite") && !name.contains("/lock")
        && !name.hasSuffix("/begun") && !name.contains("/.comfykeep/writing")
    }
  }

  var notes: [String] {
    events.withLock { events in
      events.compactMap { if case .note(let text) = $0.change { text } else { nil } }
    }
  }
}

/// Tells of each exchange before it goes on.
struct ObservedTransport: Transport {
  let base: ScriptedTransport
  let before: @Sendable (HTTPRequest) async throws -> Void

  func withResponse<Value: Sendable>(
    to request: HTTPRequest, _ consume: @Sendable (HTTPResponse) async throws -> Value
  ) async throws -> Value {
    try await before(request)
    return try await base.withResponse(to: request, consume)
  }
}

extension Ledger {
  /// Executes SQL on the open connection, to make later writes fail.
  func execute(_ sql: String) throws {
    try database.writeWithoutTransaction { try $0.execute(sql: sql) }
  }

  /// Makes every change of a submission to `state` fail.
  func refuse(_ state: SubmissionState) throws {
    try execute(
      """
      CREATE TEMP TRIGGER refused BEFORE UPDATE ON main.submission WHEN NEW.state = '\(state.rawValue)'
      BEGIN SELECT RAISE(ABORT, 'the disk says no'); END
      """)
  }
}
