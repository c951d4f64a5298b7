package import KeepModel
package import KeepTransport
import Synchronization

/// The service's API: one call a function, none of them tried again by itself.
package struct DeploymentClient: Sendable {
  let transport: any Transport
  let api: APIConfiguration
  let address: APIAddress
  let refusal: ServiceRefusal
  private let learned = LearnedVersion()

  /// How long the service keeps results.
  let retention: Duration

  /// A client of the service at `api.baseURL`, which keeps results for seven days unless told otherwise.
  package init(
    transport: any Transport, api: APIConfiguration, retention: Duration = .seconds(7 * 86_400)
  ) {
    self.retention = retention
    self.transport = transport
    self.api = api
    self.address = APIAddress(base: api.baseURL)
    self.refusal = ServiceRefusal(api: api)
  }

  /// This client, which strikes one more secret out of what the service says.
  package func redacting(_ webhookSecret: Secret) -> DeploymentClient {
    var api = api
    api.webhookSecret = webhookSecret
    return DeploymentClient(transport: transport, api: api, retention: retention)
  }

  /// The service's address.
  package var service: HTTPURL { api.baseURL }

  // MARK: Submitting

  /// Submits once and returns the run.
  ///
  /// - Throws: ``KeepError``; whether the run may have started all the same is told by
  ///   ``SubmitVerdict/leavesDoubt(_:)``.
  package func submit(
    _ body: RequestBody, to deployment: DeploymentID, webhook: Webhook? = nil
  ) async throws -> Request {
    try await attempt(body, to: deployment, webhook: webhook).request()
  }

  /// Submits once and judges what came of it.
  ///
  /// - Throws: ``KeepError`` with code `input_rejected` when the deployment's id is none; nothing was sent.
  package func attempt(
    _ body: RequestBody, to deployment: DeploymentID, webhook: Webhook? = nil
  ) async throws(KeepError) -> SubmitVerdict {
    var url = try address.inference(deployment, version: api.version)
    if let webhook { url = url.adding(query: webhook.query) }
    // Enough for 8 KiB a second, and for an answer that is long in coming.
    let limit = Duration.seconds(600 + Int64(clamping: body.length / 8192))
    let request = HTTPRequest(
      .post, url, headers: ["Accept": "application/json"], body: body, bearer: api.token, timeLimit: limit)
    do {
      guard !Task.isCancelled else {
        throw KeepError(.interrupted, .none, "stopped", delivery: .notDelivered)
      }
      let (response, breakage) = try await transport.withResponse(to: request) { response in
        await Self.gather(response)
      }
      return SubmitVerdict(
        answer: ServiceAnswer(response), breakage: breakage, deployment: deployment, api: api)
    } catch {
      return SubmitVerdict(failure: error, deployment: deployment)
    }
  }

  /// Up to 1 MiB of an answer, and what cut it: a request id in half an answer is worth money.
  private static func gather(_ response: HTTPResponse) async -> (BufferedResponse, (any Error)?) {
    var bytes: [UInt8] = []
    var breakage: (any Error)?
    do {
      while bytes.count < 1 << 20, let chunk = try await response.body.next() { bytes += chunk }
    } catch {
      breakage = error
    }
    return (
      BufferedResponse(status: response.status, headers: response.headers, body: bytes), breakage
    )
  }

  // MARK: Following a run

  /// Where a run stands.
  ///
  /// - Throws: ``KeepError``; with `httpStatus` 404 where the service knows the run under neither version.
  package func status(of request: Request) async throws -> RequestStatus {
    let answer = try await read(request, .status, named: request.statusURL, limit: .mebibytes(1))
    guard let status = RunAnswer.status(answer) else {
      throw refusal.ofRead(answer, .request(request.id))
    }
    return status
  }

  /// How a run ended, or that it has not (`pending`).
  ///
  /// - Parameter age: how long ago the run was made, if known; results are deleted after seven days.
  /// - Throws: ``KeepError`` with code `expired` for a 404 after seven days; else with `httpStatus` 404
  ///   where the service knows the run under neither version.
  package func result(of request: Request, age: Duration? = nil) async throws -> RunResult {
    let answer = try await read(request, .result, named: request.resultURL, limit: .mebibytes(64))
    if let result = RunAnswer.result(answer) { return result }
    let error = refusal.ofRead(answer, .request(request.id))
    guard answer.isNotFound, let age, age > retention else { throw error }
    throw KeepError(
      .expired, .request(request.id),
      "the service keeps results for \(retention.wordsInDays) and has deleted this one",
      httpStatus: 404)
  }

  /// Asks the service to cancel a run; only its status tells when it is.
  package func cancel(_ request: Request) async throws -> CancelAnswer {
    let url = try url(of: request, .cancel, named: request.cancelURL)
    let answer = try await exchange(.post, url, limit: .mebibytes(1))
    guard let cancel = RunAnswer.cancel(answer) else {
      throw refusal.ofRead(answer, .request(request.id))
    }
    return cancel
  }

  // MARK: Exchanges

  /// Reads from the address in use; on a 404 looks once under the other version, and stays there if it is
  /// known there.
  private func read(
    _ request: Request, _ call: APIAddress.Call, named: HTTPURL?, limit: ByteCount
  ) async throws -> ServiceAnswer {
    let url = try url(of: request, call, named: named)
    let answer = try await exchange(.get, url, limit: limit)
    guard answer.isNotFound else { return answer }
    let other: APIConfiguration.Version =
      try url == address.request(request, call, version: api.version) ? api.version.other : api.version
    let second = try await exchange(
      .get, try address.request(request, call, version: other), limit: limit)
    if !second.isError { learned.version = other }
    let isPassing = second.status == 429 || second.status >= 500
    return second.isError && !isPassing ? answer : second
  }

  private func url(
    of request: Request, _ call: APIAddress.Call, named: HTTPURL?
  ) throws(KeepError) -> HTTPURL {
    if let version = learned.version {
      return try address.request(request, call, version: version)
    }
    let built = try address.request(request, call, version: api.version)
    return address.trusted(named, for: call) ?? built
  }

  /// One exchange, with the token if the address is the API's own.
  func exchange(
    _ method: HTTPRequest.Method, _ url: HTTPURL, body: RequestBody? = nil, limit: ByteCount
  ) async throws -> ServiceAnswer {
    ServiceAnswer(
      try await transport.response(
        to: request(method, url, body: body, isLong: limit > .mebibytes(1)), limit: limit))
  }

  /// A request that bears the token if the address is the API's own.
  func request(
    _ method: HTTPRequest.Method, _ url: HTTPURL, body: RequestBody? = nil, isLong: Bool
  ) -> HTTPRequest {
    let isOurs = address.isOurs(url)
    return HTTPRequest(
      method, url, headers: ["Accept": "application/json"], body: body, bearer: isOurs ? api.token : nil,
      reach: isOurs ? .anywhere : .publicOnly, timeLimit: .seconds(isLong ? 900 : 120))
  }
}

/// Where the service is to announce how a run goes.
package struct Webhook: Sendable, Hashable {
  /// The address that it posts to.
  package let url: HTTPURL
  /// Whether it also announces that a run is queued and started.
  package let includesIntermediate: Bool

  package init(url: HTTPURL, includesIntermediate: Bool = false) {
    self.url = url
    self.includesIntermediate = includesIntermediate
  }

  /// The query of the submit that asks for it.
  package var query: [(String, String)] {
    [
      ("webhook", url.description),
      ("webhook_intermediate_status", includesIntermediate ? "true" : "false"),
    ]
  }
}

/// The version under which runs turned out to be known.
private final class LearnedVersion: Sendable {
  private let held = Mutex<APIConfiguration.Version?>(nil)

  var version: APIConfiguration.Version? {
    get { held.withLock { $0 } }
    set { held.withLock { $0 = newValue } }
  }
}
