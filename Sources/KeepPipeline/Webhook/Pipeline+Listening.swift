public import KeepModel
import KeepSubmit
import KeepTransport

/// Where webhooks are listened for, and which address the service is given for that.
public struct WebhookSetting: Sendable {
  /// The port; 0 for any free one.
  public var port: UInt16
  /// The address of this machine that is listened on.
  public var host: String
  /// The address by which the service reaches the port, such as that of a proxy with a certificate.
  public var publicURL: String
  /// Whether the user asked for another address than the loopback.
  public var isOpenToOthers: Bool
  /// Whether runs that were made elsewhere are taken in, if the service knows them.
  public var takesForeign: Bool

  /// Listens on this machine's loopback.
  public init(
    port: UInt16, host: String = "127.0.0.1", publicURL: String, isOpenToOthers: Bool = false,
    takesForeign: Bool = false
  ) {
    self.port = port
    self.host = host
    self.publicURL = publicURL
    self.isOpenToOthers = isOpenToOthers
    self.takesForeign = takesForeign
  }
}

extension Pipeline {
  /// The whole address that the service announces runs at, secret included: for the eyes of who runs programs that
  /// submit elsewhere; `nil` where nobody listens.
  public var webhookAddress: String? { hearing == nil ? nil : configuration.webhook?.description }

  /// This pipeline, with the service announcing its runs to a listener of ours; it is asked itself less often then.
  ///
  /// - Parameter log: Gets a line for each delivery.
  /// - Throws: ``KeepError`` with `usage` for an address that cannot be listened on or given away, `local_io` for a
  ///   secret that cannot be used.
  public func heard(
    at setting: WebhookSetting, log: @escaping @Sendable (String) -> Void = { _ in }
  ) throws(KeepError) -> Pipeline {
    let secret = try WebhookSecret(keptIn: archive.layout.hidden)
    let address = try WebhookAddress(setting.publicURL, secret: secret)
    var heard = self
    heard.configuration.api.webhookSecret = secret.secret
    heard.client = client.redacting(secret.secret)
    let hints = RunHints(heard.settler, takesForeign: setting.takesForeign)
    let listener = try WebhookListener(
      port: setting.port, host: setting.host, isOpenToOthers: setting.isOpenToOthers, secret: secret, log: log
    ) { hint in await hints.take(hint) }
    heard.configuration.webhook = address.url
    heard.configuration.webhookAnnouncesProgress = true
    heard.hearing = (hints, listener)
    let interval = configuration.pollInterval
    heard.tracker = RequestTracker(
      client: heard.client, policy: PollPolicy(first: interval * 5, longest: interval * 30), clock: clock,
      limiter: limiter)
    return heard
  }

  /// The value of `body`, while webhooks are heard, if they are to be.
  ///
  /// - Parameter whenReady: Gets the port, before `body` begins.
  /// - Throws: ``KeepError`` with `usage` when nobody can listen there, before `body` begins; and what `body` throws.
  public func listening<Value: Sendable>(
    whenReady: (UInt16) async -> Void = { _ in }, _ body: () async throws -> Value
  ) async throws -> Value {
    guard let listener = hearing?.listener else { return try await body() }
    let (ports, continuation) = AsyncStream.makeStream(of: UInt16.self)
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        defer { continuation.finish() }
        try await listener.run { port in continuation.yield(port) }
      }
      var iterator = ports.makeAsyncIterator()
      guard let port = await iterator.next() else {
        try await group.next()
        throw KeepError(.failure, .none, "the webhook listener ended before it began")
      }
      defer { group.cancelAll() }
      await whenReady(port)
      return try await body()
    }
  }
}
