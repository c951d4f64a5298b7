public import KeepModel
internal import SystemPackage

/// A local service that speaks RunComfy's Serverless API, without account and cost.
///
/// It queues, starts up, runs and keeps; its outputs are true files that follow from the submission alone;
/// and it misbehaves on request in all the ways of ``Fault``.
public struct Simulator: Sendable {
  /// How the service was set up.
  public let configuration: Configuration
  private let store: SimulatorStore

  /// Sets up a service; nothing listens yet.
  ///
  /// - Throws: ``KeepError`` with code `localIO` when the log cannot be opened.
  public init(_ configuration: Configuration = Configuration()) throws(KeepError) {
    self.configuration = configuration
    self.store = try SimulatorStore(configuration)
  }

  /// The submissions taken so far, in order.
  public var submissions: [AcceptedSubmission] { store.withState { $0.submissions } }

  /// What was done on the second origin that must not be done, such as sending the token there.
  public var violations: [String] { store.withState { $0.violations } }

  /// Switches faults on while it runs; one that is on already is set anew.
  public func arm(_ faults: ArmedFault...) { store.withState { $0.faults.arm(faults) } }

  /// Serves until the task is canceled, then returns.
  ///
  /// - Parameter whenReady: Called once both origins listen.
  /// - Throws: ``KeepError`` with code `localIO` when an address cannot be listened on.
  public func run(whenReady: @escaping @Sendable (Addresses) async -> Void) async throws {
    let (events, sink) = AsyncStream.makeStream(of: Event.self)
    let api = APIService(store: store) { sink.yield(.accepted($0, $1)) }
    let foreign = ForeignMedia(store: store)
    let storage = StorageService(store: store)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        try await serve(port: configuration.port) { call in
          api.reply(to: call, fetched: await foreign.media(in: call))
        } _: {
          sink.yield(.apiListens($0))
        }
      }
      group.addTask {
        try await serve(port: configuration.outputPort, storage.reply) { sink.yield(.storageListens($0)) }
      }
      group.addTask { await handle(events, whenReady) }
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  /// Serves while `body` runs, and gives what it gives.
  ///
  /// - Throws: What `body` throws, or ``KeepError`` with code `localIO` when an address cannot be listened on.
  public func whileRunning<Value: Sendable>(
    _ body: @escaping @Sendable (Addresses) async throws -> Value
  ) async throws -> Value {
    let (ready, sink) = AsyncStream.makeStream(of: Addresses.self)
    return try await withThrowingTaskGroup(of: Value?.self) { group in
      group.addTask {
        defer { sink.finish() }
        try await run { sink.yield($0) }
        return nil
      }
      group.addTask {
        for await addresses in ready { return try await body(addresses) }
        return nil
      }
      defer { group.cancelAll() }
      while let value = try await group.next() {
        if let value { return value }
      }
      throw CancellationError()
    }
  }

  private enum Event: Sendable {
    case apiListens(Int)
    case storageListens(Int)
    case accepted(String, Webhook?)
  }

  private func serve(
    port: Int, _ answer: @escaping @Sendable (Call) async -> Reply,
    _ onListening: @escaping @Sendable (Int) -> Void
  ) async throws {
    let server = SimulatorServer(
      maximumBody: Int(clamping: configuration.maximumBody.bytes), clock: configuration.clock,
      answer: answer)
    do {
      try await server.run(host: configuration.host, port: port, onListening: onListening)
    } catch {
      if Task.isCancelled { return }
      throw KeepError(
        .localIO, .address("\(configuration.host):\(port)"),
        "cannot be listened on: \(Self.reason(in: "\(error)"))", hint: "choose a free port, or 0 for any")
    }
  }

  /// What the system says of the error number that ends the server's text, such as `…(errno: 98)`; without one
  /// the text in one line.
  static func reason(in text: String) -> String {
    guard let mark = text.utf8.lastIndex(of: UInt8(ascii: ":")),
      let number = CInt(text[mark...].dropFirst().filter { $0 != " " && $0 != ")" })
    else { return text.split(whereSeparator: \.isNewline).joined(separator: "; ") }
    let words = "\(Errno(rawValue: number))"
    return words.prefix(1).lowercased() + words.dropFirst()
  }

  /// Runs what is submitted, one graph after the other, and calls back, all side by side.
  private func handle(
    _ events: AsyncStream<Event>, _ whenReady: @escaping @Sendable (Addresses) async -> Void
  ) async {
    var ports: (api: Int?, storage: Int?) = (nil, nil)
    let (graphs, queue) = AsyncStream.makeStream(of: String.self)
    await withDiscardingTaskGroup { group in
      group.addTask { for await id in graphs { store.execute(id) } }
      for await event in events {
        switch event {
        case .accepted(let id, let webhook):
          queue.yield(id)
          guard let webhook else { continue }
          // Fails only by cancellation, when nobody is left to call back.
          group.addTask { try? await WebhookDelivery(store: store, run: id, webhook: webhook).deliver() }
          continue
        case .apiListens(let port): ports.api = port
        case .storageListens(let port): ports.storage = port
        }
        guard let api = ports.api, let storage = ports.storage else { continue }
        let addresses = listen(api: api, storage: storage)
        group.addTask { await whenReady(addresses) }
      }
      queue.finish()
    }
  }

  private func listen(api: Int, storage: Int) -> Addresses {
    let host =
      configuration.host.utf8.contains(UInt8(ascii: ":")) ? "[\(configuration.host)]" : configuration.host
    let addresses = Addresses(api: "http://\(host):\(api)", outputs: "http://\(host):\(storage)")
    store.withState { $0.addresses = addresses }
    store.record(
      "listening",
      [
        ("api", .string(addresses.api)), ("outputs", .string(addresses.outputs)),
        ("uploads", .string(addresses.uploads)),
      ])
    return addresses
  }
}
