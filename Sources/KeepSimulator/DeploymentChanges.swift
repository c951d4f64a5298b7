internal import KeepModel

/// Makes, changes and deletes deployments, as endpoints 8 to 10 do.
struct DeploymentChanges {
  let store: SimulatorStore

  private static let machines = [
    "TURING_16", "AMPERE_24", "AMPERE_48", "ADA_48_PLUS", "AMPERE_80", "ADA_80_PLUS", "HOPPER_141",
  ]

  /// POST: everything but `is_enabled` is required. The answer has the whole graph.
  ///
  /// - Throws: ``Refusal`` with 422001 and an entry for each wrong field, 404001 for a workflow or version that is
  ///   not saved.
  func create(_ body: JSONValue) throws(Refusal) -> Reply {
    let problems = problems(body, required: true)
    guard problems.isEmpty else { throw .invalid(problems) }
    var deployment = Simulator.Deployment(
      id: DeploymentID(UniqueID.random()), name: body["name"]?.string ?? "",
      workflow: try saved(body["workflow_id"]?.string ?? ""))
    deployment.createdAt = store.now
    let made = try applied(body, to: deployment)
    store.withState { $0.deployments.append(made) }
    return answer(made, includes: ["payload"])
  }

  /// PATCH: the service refuses one without `name`.
  ///
  /// - Throws: ``Refusal`` with 422001 and an entry for each wrong field, 404001 for a workflow or version that is
  ///   not saved.
  func update(_ deployment: Simulator.Deployment, _ body: JSONValue) throws(Refusal) -> Reply {
    var problems = problems(body, required: false)
    if body["name"] == nil { problems.append(Self.missing("name")) }
    let least = body["min_instances"]?.number?.signed ?? Int64(deployment.minInstances)
    let most =
      body["max_instances"]?.number?.signed
      ?? Int64(deployment.maxInstances ?? store.configuration.timing.instances)
    if problems.isEmpty, most < least { problems.append(Self.crossed) }
    guard problems.isEmpty else { throw .invalid(problems) }
    let changed = try applied(body, to: deployment)
    store.withState { state in
      state.deployments = state.deployments.map { $0.id == changed.id ? changed : $0 }
    }
    return answer(changed, includes: [])
  }

  /// DELETE: answers with an empty body.
  func delete(_ deployment: Simulator.Deployment) -> Reply {
    store.withState { state in
      state.deployments.removeAll { $0.id == deployment.id }
      state.deletedDeployments.insert(deployment.id)
    }
    return store.strikes(.dropAfterChange) ? .dropped : Reply(status: 204)
  }

  private func answer(_ deployment: Simulator.Deployment, includes: [String]) -> Reply {
    store.strikes(.dropAfterChange)
      ? .dropped : .json(DeploymentAnswers(store: store).document(deployment, includes: includes))
  }

  /// The graph that is saved under an id: those that the simulator was started with.
  private func saved(_ id: String) throws(Refusal) -> Workflow {
    let workflow = store.configuration.deployments.map(\.workflow)
      .first { DeploymentAnswers.workflowID(of: $0) == id }
    guard let workflow else { throw Self.notSaved }
    return workflow
  }

  private static let notSaved = Refusal(status: 404, code: 404001, message: "Workflow version not found")

  private func applied(
    _ body: JSONValue, to deployment: Simulator.Deployment
  ) throws(Refusal) -> Simulator.Deployment {
    var changed = deployment
    // Of each graph there is the first version alone.
    if let version = body["workflow_version"], version != "v1" { throw Self.notSaved }
    if let id = body["workflow_id"]?.string { changed.workflow = try saved(id) }
    func number(_ key: String) -> Int? { body[key]?.number?.signed.map { Int($0) } }
    changed.name = body["name"]?.string ?? changed.name
    changed.hardware = body["hardware"]?[0]?.string ?? changed.hardware
    changed.minInstances = number("min_instances") ?? changed.minInstances
    changed.maxInstances = number("max_instances") ?? changed.maxInstances
    changed.queueSize = number("queue_size") ?? changed.queueSize
    changed.keepWarmSeconds = number("keep_warm_duration_in_seconds") ?? changed.keepWarmSeconds
    changed.isEnabled = body["is_enabled"]?.bool ?? changed.isEnabled
    changed.updatedAt = store.now
    return changed
  }

  // MARK: - Checking

  /// An entry for each field that is missing or wrong.
  private func problems(_ body: JSONValue, required: Bool) -> [JSONValue] {
    guard body.object != nil else {
      return [Refusal.entry(["body"], "value is not a valid dict", "type_error.dict")]
    }
    let rules: [(key: String, check: (JSONValue) -> JSONValue?)] = [
      ("name", { Self.text("name", $0) }), ("workflow_id", { Self.text("workflow_id", $0) }),
      ("workflow_version", { Self.text("workflow_version", $0) }), ("hardware", Self.hardware),
      ("min_instances", { Self.number("min_instances", $0, 0...30) }),
      ("max_instances", { Self.number("max_instances", $0, 1...60) }),
      ("queue_size", { Self.number("queue_size", $0, 0...Int64(Int32.max)) }),
      (
        "keep_warm_duration_in_seconds",
        { Self.number("keep_warm_duration_in_seconds", $0, 0...Int64(Int32.max)) }
      ),
    ]
    let problems = rules.compactMap { rule in
      body[rule.key].map(rule.check) ?? (required ? Self.missing(rule.key) : nil)
    }
    guard problems.isEmpty, let least = body["min_instances"]?.number?.signed,
      let most = body["max_instances"]?.number?.signed, most < least
    else { return problems }
    return [Self.crossed]
  }

  private static func missing(_ key: String) -> JSONValue {
    Refusal.entry(["body", key], "field required", "value_error.missing")
  }

  private static let crossed = Refusal.entry(
    ["body", "max_instances"], "must be greater than or equal to min_instances", "value_error")

  private static func text(_ key: String, _ value: JSONValue) -> JSONValue? {
    value.string?.isEmpty == false
      ? nil : Refusal.entry(["body", key], "str type expected", "type_error.str")
  }

  private static func number(_ key: String, _ value: JSONValue, _ range: ClosedRange<Int64>) -> JSONValue? {
    guard let number = value.number?.signed else {
      return Refusal.entry(["body", key], "value is not a valid integer", "type_error.integer")
    }
    return range.contains(number)
      ? nil
      : Refusal.entry(
        ["body", key], "ensure this value is from \(range.lowerBound) to \(range.upperBound)",
        "value_error.number")
  }

  private static func hardware(_ value: JSONValue) -> JSONValue? {
    let place = ["body", "hardware"]
    guard let items = value.array else {
      return Refusal.entry(place, "value is not a valid list", "type_error.list")
    }
    guard items.count == 1 else {
      return Refusal.entry(place, "exactly one item is expected", "value_error.list")
    }
    return items[0].string.map(machines.contains) == true
      ? nil
      : Refusal.entry(
        place, "value is not a valid enumeration member; permitted: \(machines.joined(separator: ", "))",
        "type_error.enum")
  }
}
