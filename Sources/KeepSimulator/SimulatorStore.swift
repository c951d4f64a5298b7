internal import KeepModel
internal import Synchronization

/// All that the simulated service remembers.
final class SimulatorStore: Sendable {
  /// What is remembered.
  struct State: Sendable {
    var deployments: [Simulator.Deployment]
    /// The ids of those that were deleted.
    var deletedDeployments: Set<DeploymentID> = []
    var faults: FaultBoard
    var runs: [String: SimulatedRun] = [:]
    /// The ids of all runs, oldest first.
    var order: [String] = []
    var pools: [DeploymentID: InstancePool] = [:]
    var naming = OutputNaming()
    /// What the second origin serves, by path.
    var files: [String: StoredFile] = [:]
    var submissions: [Simulator.AcceptedSubmission] = []
    var balance: Balance
    var violations: [String] = []
    /// Counts addresses given out, so that no two are alike.
    var signatures = 0
    var addresses = Simulator.Addresses(api: "", outputs: "")

    func deployment(_ id: String) -> Simulator.Deployment? {
      deployments.first { $0.id == DeploymentID(id) }
    }
  }

  let configuration: Simulator.Configuration
  let log: SimulatorLog
  private let state: Mutex<State>
  private let secret = UniqueID.random()

  /// - Throws: ``KeepError`` with code `localIO` when the log cannot be opened.
  init(_ configuration: Simulator.Configuration) throws(KeepError) {
    self.configuration = configuration
    self.log = try SimulatorLog(path: configuration.log)
    self.state = Mutex(
      State(
        deployments: configuration.deployments, faults: FaultBoard(configuration.faults),
        balance: configuration.balance))
  }

  var now: Timestamp { configuration.clock.now }

  func withState<Value: Sendable>(_ body: (inout State) throws -> Value) rethrows -> Value {
    try state.withLock { state in try body(&state) }
  }

  func strikes(_ fault: Fault) -> Bool { withState { $0.faults.strikes(fault) } }

  func strikes(_ fault: Fault, for value: String) -> Bool {
    withState { $0.faults.strikes(fault, for: value) }
  }

  func value(of fault: Fault) -> String? { withState { $0.faults.take(fault) } }

  func record(_ event: String, _ members: [(String, JSONValue)]) {
    log.write(event, members, at: now)
  }

  // MARK: - Runs

  /// Takes a submission; returns the id of its run.
  func accept(_ submission: ReadSubmission, deployment: Simulator.Deployment, hasWebhook: Bool) -> String {
    let now = now
    let id = UniqueID.random()
    let accepted = Simulator.AcceptedSubmission(
      request: RequestID(id), deployment: deployment.id, submission, hasWebhook: hasWebhook)
    let total = withState { state in
      let schedule = state.pools[deployment.id, default: InstancePool()].schedule(
        at: now, timing: configuration.timing)
      state.runs[id] = SimulatedRun(
        id: id, deployment: deployment.id, schedule: schedule,
        variation: RunVariation(from: &state.faults), submission: submission)
      state.order.append(id)
      state.submissions.append(accepted)
      state.balance = Balance(
        microdollars: state.balance.microdollars &- configuration.runCost.microdollars)
      return state.submissions.count
    }
    record("submission", accepted.logMembers + [("total", .integer(total))])
    return id
  }

  /// Runs what was submitted, unless it was canceled or has run.
  func execute(_ id: String) {
    guard let run = withState({ $0.runs[id] }), let submission = run.submission, run.canceledAt == nil
    else { return }
    let products: [NodeProduct]
    do throws(RunFailureText) {
      products = try Self.products(of: submission, run.variation, longestSide: configuration.longestSide)
    } catch {
      finish(id, .failed(error))
      return
    }
    let named = withState { state in Self.named(products, run, in: &state) }
    finish(id, .succeeded(named))
  }

  private static func products(
    of submission: ReadSubmission, _ variation: RunVariation, longestSide: Int
  ) throws(RunFailureText) -> [NodeProduct] {
    if let message = variation.failure {
      let node =
        submission.workflow.nodes.first { $0.classType.contains("Sampler") }
        ?? submission.workflow.nodes.first
      throw RunFailureText(
        node: node?.id.rawValue, classType: node?.classType, exception: "torch.OutOfMemoryError",
        message: message.isEmpty
          ? "Allocation on device 0 would exceed allowed memory. (out of memory)" : message)
    }
    if let failure = submission.failure { throw failure }
    let run = GraphRun(
      workflow: submission.workflow, media: submission.media, longestSide: longestSide)
    return variation.applied(to: try run.products())
  }

  private static func named(
    _ products: [NodeProduct], _ run: SimulatedRun, in state: inout State
  ) -> [NamedProduct] {
    products.map { product in
      let channels = product.channels.map { channel in
        (
          name: channel.name,
          items: channel.items.map { item -> NamedProduct.Item in
            switch item {
            case .value(let value): return .value(value)
            case .file(let file):
              let (path, entry) = state.naming.name(
                file, channel: channel.name, run: run.id, deployment: run.deployment)
              state.files[path] = StoredFile(
                bytes: file.bytes, mediaType: MediaType(extension: file.fileExtension) ?? .octetStream,
                run: run.id, synthetic: file.synthetic)
              return .file(path: path, entry: entry)
            }
          }
        )
      }
      let named = NamedProduct(node: product.node, channels: channels)
      return run.variation.hasDuplicates ? named.duplicated : named
    }
  }

  private func finish(_ id: String, _ ending: SimulatedRun.Ending) {
    withState { state in
      state.runs[id]?.ending = ending
      state.runs[id]?.submission = nil
    }
  }

  /// How many runs of the deployment are ahead in the queue.
  func queuePosition(of run: SimulatedRun) -> Int {
    let now = now
    return withState { state in
      state.runs.values.filter {
        $0.deployment == run.deployment && $0.id != run.id && $0.phase(at: now) == .queued
          && $0.schedule.startsAt < run.schedule.startsAt
      }.count
    }
  }

  /// Whether the results of a run are deleted by now.
  func isExpired(_ run: SimulatedRun) -> Bool {
    run.phase(at: now) == .finished && run.endedAt.advanced(by: configuration.retention) <= now
  }

  // MARK: - Addresses

  /// A signed address of a stored file; each one differs.
  func signedAddress(of path: String) -> String {
    let expires = now.advanced(by: .seconds(3600)).milliseconds / 1000
    let (origin, nonce) = withState { state in
      state.signatures += 1
      return (state.addresses.outputs, state.signatures)
    }
    let encoded = path.split(separator: "/").map { HTTPURL.encoded(String($0)) }.joined(separator: "/")
    return "\(origin)/\(encoded)?Expires=\(expires)&Key-Pair-Id=SIM\(nonce)&Signature="
      + signature(path, expires: String(expires), nonce: "SIM\(nonce)")
  }

  func signature(_ path: String, expires: String, nonce: String) -> String {
    Checksum(of: Array("\(secret) \(path) \(expires) \(nonce)".utf8)).hexadecimal
  }

  /// The bytes behind an address of our own uploads.
  func upload(at address: String) -> FetchedUpload {
    let uploads = withState { $0.addresses.uploads } + "/"
    let plain = String(address.prefix { $0 != "?" && $0 != "#" })
    guard plain.utf8.starts(with: uploads.utf8) else { return .foreign }
    let path = "/uploads/" + PercentText.decoded(plain.utf8.dropFirst(uploads.utf8.count))
    let file = withState { $0.files[path] }
    record("fetch", [("path", .string(path)), ("found", .bool(file != nil))])
    return file.map { .found($0.bytes) } ?? .missing
  }
}

/// What the simulator found behind the address of a media input.
enum FetchedUpload: Sendable {
  case found([UInt8])
  /// Of another origin, fetched already.
  case media(InputMedia)
  case missing
  /// Not an upload of ours; it is not fetched.
  case foreign
}

/// Percent-encoding as it stands in a path or query.
enum PercentText {
  static func decoded(_ text: some Sequence<UInt8>) -> String {
    var bytes: [UInt8] = []
    let source = Array(text)
    var index = 0
    while index < source.count {
      if source[index] == UInt8(ascii: "%"), index + 2 < source.count,
        let high = Hexadecimal.value(of: source[index + 1]),
        let low = Hexadecimal.value(of: source[index + 2])
      {
        bytes.append(high << 4 | low)
        index += 3
      } else {
        bytes.append(source[index])
        index += 1
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
