package import KeepModel
import KeepTransport

/// Deployments and the account.
extension DeploymentClient {
  // MARK: Reading

  /// One deployment; with its workflow and overrides where `includesPayload`, with its description where
  /// `includesReadme`.
  ///
  /// - Throws: ``KeepError`` as every call to the service.
  package func deployment(
    _ id: DeploymentID, includesPayload: Bool = false, includesReadme: Bool = false
  ) async throws -> Deployment {
    let parts = (includesPayload ? ["payload"] : []) + (includesReadme ? ["readme"] : [])
    let url = try address.deployment(id)
    let answer = try await exchange(
      .get, parts.isEmpty ? url : url.adding(query: parts.map { ("includes", $0) }), limit: .mebibytes(64))
    return try decoded(answer, .deployment(id), DeploymentAnswer.deployment)
  }

  /// All deployments of the account.
  ///
  /// - Throws: ``KeepError`` as every call to the service.
  package func deployments() async throws -> [Deployment] {
    let answer = try await exchange(.get, address.deployments, limit: .mebibytes(64))
    return try decoded(answer, .none, DeploymentAnswer.list)
  }

  /// What is left in the account.
  ///
  /// - Throws: ``KeepError`` as every call to the service; `unavailable` for an answer without an amount in dollars.
  package func balance() async throws -> Balance {
    let answer = try await exchange(.get, address.balance, limit: .mebibytes(1))
    return try decoded(answer, .none, DeploymentAnswer.balance)
  }

  private func decoded<Value>(
    _ answer: ServiceAnswer, _ subject: KeepError.Subject, _ decode: (JSONValue) -> Value?
  ) throws(KeepError) -> Value {
    guard !answer.isError, let value = answer.document.flatMap({ decode($0.value) }) else {
      throw refusal.ofRead(answer, subject)
    }
    return value
  }

  // MARK: Schema

  /// The schema of those nodes of a deployment that a workflow has; `nil` where the deployment names no place.
  ///
  /// - Throws: ``KeepError`` as every call to the service; `unavailable` for an answer that is no `object_info`.
  package func objectInfo(of deployment: Deployment, for workflow: Workflow) async throws -> JSONValue? {
    try await objectInfo(of: deployment, sieve: ObjectInfoSieve(for: workflow)) { _ in }
  }

  /// The schema of some nodes of a deployment, and its pieces as they come; `nil` where the deployment names no
  /// place. The token goes there only if it is the API's own origin, and what is there may not lie on this machine
  /// or in a private network otherwise.
  ///
  /// - Throws: ``KeepError`` as every call to the service, `unavailable` for an answer that is no `object_info`, and
  ///   what `copy` throws.
  package func objectInfo(
    of deployment: Deployment, sieve: ObjectInfoSieve,
    copy: @escaping @Sendable ([UInt8]) throws(KeepError) -> Void
  ) async throws -> JSONValue? {
    guard let url = deployment.objectInfoURL else { return nil }
    let place = KeepError.Subject.address(url.withoutQuery.description)
    var request = request(.get, url, isLong: true)
    // Nobody waits a quarter of an hour for what is only an aid.
    request.timeLimit = .seconds(300)
    let outcome = try await transport.withResponse(to: request) { response in
      guard (200..<300).contains(response.status) else { return try await Self.refused(response) }
      var sieve = sieve
      var size = 0
      while let piece = try await response.body.next() {
        size += piece.count
        guard size <= Self.mostOfObjectInfo else {
          throw KeepError(
            .unavailable, place, "the answer is larger than \(ByteCount(UInt64(Self.mostOfObjectInfo)))")
        }
        do throws(KeepError) {
          try sieve.take(piece)
        } catch {
          throw KeepError(.unavailable, place, "the answer \(error.reason)")
        }
        try copy(piece)
      }
      do throws(KeepError) {
        return Fetched.schema(try sieve.finish())
      } catch {
        throw KeepError(.unavailable, place, "the answer \(error.reason)")
      }
    }
    switch outcome {
    case .schema(let schema): return schema
    case .refused(let answer): throw refusal.ofSchema(answer, place)
    }
  }

  private enum Fetched: Sendable {
    case schema(JSONValue)
    case refused(ServiceAnswer)
  }

  /// One of 2,436 nodes had about 12 MB.
  private static let mostOfObjectInfo = 256 << 20

  /// The beginning of an answer that is an error.
  private static func refused(_ response: HTTPResponse) async throws -> Fetched {
    var bytes: [UInt8] = []
    while bytes.count < 65_536, let piece = try await response.body.next() { bytes += piece }
    return .refused(
      ServiceAnswer(BufferedResponse(status: response.status, headers: response.headers, body: bytes)))
  }

  // MARK: Changing

  /// Makes a deployment. Never tried again by itself: a second one would be made, and billed.
  ///
  /// - Throws: ``KeepError``; with code `in_doubt` where it may have been made all the same.
  package func create(_ settings: DeploymentSettings) async throws(KeepError) -> Deployment {
    let answer = try await change(.post, address.deployments, settings.json(for: .create), .none, .create)
    guard let deployment = answer.document.flatMap({ DeploymentAnswer.deployment($0.value) }) else {
      throw ServiceRefusal.doubt(
        .none, "create", "the service answered HTTP \(answer.status) and no id", answer.status)
    }
    return deployment
  }

  /// Changes a deployment; `settings` must have a name. Never tried again by itself.
  ///
  /// - Returns: the deployment as it is now, `nil` where the service does not say.
  /// - Throws: ``KeepError``; with code `in_doubt` where it may have been changed all the same.
  package func update(
    _ id: DeploymentID, _ settings: DeploymentSettings
  ) async throws(KeepError) -> Deployment? {
    let url = try address.deployment(id)
    let answer = try await change(.patch, url, settings.json(for: .update), .deployment(id), .update)
    return answer.document.flatMap { DeploymentAnswer.deployment($0.value) }
  }

  /// Deletes a deployment. Never tried again by itself.
  ///
  /// - Throws: ``KeepError``; with code `in_doubt` where it may have been deleted all the same.
  package func delete(_ id: DeploymentID) async throws(KeepError) {
    _ = try await change(.delete, try address.deployment(id), nil, .deployment(id), .delete)
  }

  /// What is done to a deployment, in the word of the command.
  enum Change: String, Sendable {
    case create, update, delete
  }

  private func change(
    _ method: HTTPRequest.Method, _ url: HTTPURL, _ body: JSONValue?, _ subject: KeepError.Subject,
    _ change: Change
  ) async throws(KeepError) -> ServiceAnswer {
    let body = body.map {
      RequestBody(bytes: CanonicalJSON.compact($0), contentType: "application/json")
    }
    let answer: ServiceAnswer
    do {
      answer = try await exchange(method, url, body: body, limit: .mebibytes(64))
    } catch {
      guard let error = error as? KeepError else {
        throw ServiceRefusal.doubt(subject, change.rawValue, "the exchange broke off")
      }
      guard error.delivery != .notDelivered else { throw error }
      throw ServiceRefusal.doubt(subject, change.rawValue, error.reason, error.httpStatus)
    }
    guard !answer.isError else { throw refusal.ofChange(answer, subject, change.rawValue) }
    return answer
  }
}

extension DeploymentSettings {
  /// The body of a create or update; the service wants `hardware` as an array of exactly one.
  func json(for change: DeploymentClient.Change) -> JSONValue {
    var object = JSONObject()
    object["name"] = name.map(JSONValue.string)
    object["workflow_id"] = workflowID.map(JSONValue.string)
    object["workflow_version"] = workflowVersion.map(JSONValue.string)
    object["hardware"] = hardware.map { [.string($0)] }
    object["min_instances"] = minInstances.map(JSONValue.integer)
    object["max_instances"] = maxInstances.map(JSONValue.integer)
    object["queue_size"] = queueSize.map(JSONValue.integer)
    object["keep_warm_duration_in_seconds"] = keepWarmSeconds.map(JSONValue.integer)
    // The documents know it in changes alone.
    if change == .update { object["is_enabled"] = isEnabled.map(JSONValue.bool) }
    return .object(object)
  }
}
