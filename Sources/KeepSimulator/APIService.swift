internal import KeepModel

/// The API's origin: the endpoints of RunComfy under `/prod/v1` and `/prod/v2`, both on one store.
struct APIService: Sendable {
  let store: SimulatorStore
  /// Told of every accepted submission: the run's id and where to call back.
  let accepted: @Sendable (String, Webhook?) -> Void
  /// The media behind addresses of other origins that stand in the call in hand.
  private var fetched: [String: InputMedia] = [:]

  init(store: SimulatorStore, accepted: @escaping @Sendable (String, Webhook?) -> Void) {
    self.store = store
    self.accepted = accepted
  }

  private var wording: ServiceWording { ServiceWording(store: store) }

  /// Answers one call and logs it, with the token left out.
  ///
  /// - Parameter fetched: The media behind addresses of other origins that stand in the call.
  func reply(to call: Call, fetched: [String: InputMedia] = [:]) -> Reply {
    let isAuthorized = call[header: "authorization"] == "Bearer \(store.configuration.token.reveal())"
    var service = self
    service.fetched = fetched
    let reply = service.answer(call, isAuthorized: isAuthorized)
    let headers = call.headers.filter { $0.name.lowercased() != "authorization" }
    store.record(
      "api",
      [
        ("method", .string(call.method)), ("path", .string(call.rawPath)), ("query", .string(call.query)),
        ("status", .integer(reply.status)), ("authorized", .bool(isAuthorized)),
        ("request_bytes", .integer(call.body.count)), ("headers", Self.document(headers)),
      ])
    return reply
  }

  /// Headers as pairs, since one name may come twice.
  static func document(_ headers: [(name: String, value: String)]) -> JSONValue {
    .array(headers.map { [.string($0.name), .string($0.value)] })
  }

  private func answer(_ call: Call, isAuthorized: Bool) -> Reply {
    do throws(Refusal) {
      let path = call.path
      if path.first == "simulator" { return try SimulatorControl(store: store).reply(to: call) }
      guard isAuthorized, !store.strikes(.unauthorized) else {
        throw Refusal(status: 401, code: 401001, message: "Unauthorized")
      }
      guard path.count >= 3, path[0] == "prod", path[1] == "v1" || path[1] == "v2" else {
        return Self.noRoute
      }
      return try route(call, version: path[1], Array(path[2...]))
    } catch {
      return wording.refusal(error)
    }
  }

  private static let noRoute = Reply.json(404, ["detail": "Not Found"])
  private static let wrongMethod = Reply.json(405, ["detail": "Method Not Allowed"])

  /// Deployments and the balance are known under v2 alone, runs under both versions.
  private func route(_ call: Call, version: String, _ path: [String]) throws(Refusal) -> Reply {
    if path[0] == "deployments", path.count == 3 && path[2] == "inference" || path.count == 5 {
      if store.strikes(.versionUnknown, for: version) { return Self.noRoute }
      if path.count == 3, store.withState({ $0.deletedDeployments.contains(DeploymentID(path[1])) }) {
        throw Refusal(status: 410, code: 10003, message: "DeletedDeployment")
      }
      return try runRoute(call, try deployment(path[1]), version: version, Array(path[2...]))
    }
    guard version == "v2" else { return Self.noRoute }
    if path == ["balance"] {
      return call.method == "GET" ? AccountAnswers(store: store).balance() : Self.wrongMethod
    }
    guard path[0] == "deployments" else { return Self.noRoute }
    return try deploymentRoute(call, path)
  }

  private func deploymentRoute(_ call: Call, _ path: [String]) throws(Refusal) -> Reply {
    let answers = DeploymentAnswers(store: store)
    let changes = DeploymentChanges(store: store)
    if path.count == 1 {
      switch call.method {
      case "GET": return answers.list(call)
      case "POST": return try changes.create(try Self.json(call.body))
      default: return Self.wrongMethod
      }
    }
    let deployment = try deployment(path[1])
    switch (call.method, path.count, path.last) {
    case ("GET", 2, _): return .json(answers.document(deployment, includes: call.values("includes")))
    case ("PATCH", 2, _): return try changes.update(deployment, try Self.json(call.body))
    case ("DELETE", 2, _): return changes.delete(deployment)
    case ("GET", 3, "object_info"): return answers.objectInfo(deployment)
    default: return path.count == 2 ? Self.wrongMethod : Self.noRoute
    }
  }

  private func deployment(_ id: String) throws(Refusal) -> Simulator.Deployment {
    guard let deployment = store.withState({ $0.deployment(id) }) else {
      throw Refusal(status: 404, code: 404001, message: "Deployment not found")
    }
    if deployment.isForeign {
      throw Refusal(status: 403, code: 403003, message: "Deployment belongs to another account")
    }
    return deployment
  }

  /// `inference`, or `requests`, an id and what is asked of the run.
  private func runRoute(
    _ call: Call, _ deployment: Simulator.Deployment, version: String, _ path: [String]
  ) throws(Refusal) -> Reply {
    let answers = RunAnswers(store: store)
    switch (call.method, path[0], path.count > 2 ? path[2] : "") {
    case ("POST", "inference", _): return try submit(call, deployment, version: version)
    case ("GET", "requests", "status"):
      if let retryAfter = store.value(of: .throttleStatus) { return .throttled(retryAfter) }
      return answers.status(of: try run(path[1], of: deployment), version: version)
    case ("GET", "requests", "result"):
      if let retryAfter = store.value(of: .throttleResult) { return .throttled(retryAfter) }
      return answers.result(of: try run(path[1], of: deployment))
    case ("POST", "requests", "cancel"): return answers.cancel(try run(path[1], of: deployment))
    case (_, "inference", ""), (_, "requests", "status"), (_, "requests", "result"),
      (_, "requests", "cancel"):
      return Self.wrongMethod
    default: return Self.noRoute
    }
  }

  private func run(_ id: String, of deployment: Simulator.Deployment) throws(Refusal) -> SimulatedRun {
    guard let run = store.withState({ $0.runs[id] }), run.deployment == deployment.id else {
      throw Refusal(status: 404, code: 404001, message: "Request not found")
    }
    return run
  }

  // MARK: - Submit

  private func submit(
    _ call: Call, _ deployment: Simulator.Deployment, version: String
  ) throws(Refusal) -> Reply {
    if let retryAfter = store.value(of: .throttleSubmit) { return .throttled(retryAfter) }
    if let status = store.value(of: .errorSubmit).flatMap({ Int($0) }) { return .gateway(status) }
    if store.strikes(.dropBeforeAccept) { return .dropped }
    try passGate(deployment)
    let body = try Self.json(call.body)
    let webhook = try Webhook(call, body)
    let reader = SubmissionReader(
      deployment: deployment, isLenient: store.strikes(.lenientOverrides),
      fetch: { address in fetched[address].map { .media($0) } ?? store.upload(at: address) })
    let submission = try reader.read(body)
    let id = store.accept(submission, deployment: deployment, hasWebhook: webhook != nil)
    accepted(id, webhook)
    return answer(to: id, version: version)
  }

  /// The answer to an accepted submission, or what came of it on the way.
  private func answer(to id: String, version: String) -> Reply {
    if store.strikes(.dropAfterAccept) { return .dropped }
    if let status = store.value(of: .errorAfterAccept).flatMap({ Int($0) }) { return .gateway(status) }
    guard let run = store.withState({ $0.runs[id] }) else { return .gateway(500) }
    var object = JSONObject()
    for (key, value) in RunAnswers(store: store).addresses(of: run, version: version) { object[key] = value }
    let body = wording.shaped(object, needed: ["request_id"])
    return store.value(of: .garbageSubmit).map { .garbage($0, instead: body) } ?? .json(body)
  }

  private func passGate(_ deployment: Simulator.Deployment) throws(Refusal) {
    let code = store.value(of: .gate).flatMap { Int($0) } ?? (deployment.isEnabled ? nil : 10002)
    switch code {
    case nil: return
    case 10001?:
      throw Refusal(
        status: 402, code: 10001, message: "InsufficientFunds: add funds and re-enable the deployment")
    case 10003?: throw Refusal(status: 410, code: 10003, message: "DeletedDeployment")
    default: throw Refusal(status: 403, code: 10002, message: "DisabledDeployment")
    }
  }

  private static func json(_ body: [UInt8]) throws(Refusal) -> JSONValue {
    do throws(JSONError) {
      return try JSONDocument(parsing: body).value
    } catch {
      throw .invalid([Refusal.entry(["body"], error.description, "value_error.jsondecode")])
    }
  }
}
