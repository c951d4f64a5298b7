package import KeepModel

/// Decodes what the calls about deployments and the account answer.
package enum DeploymentAnswer {
  /// One deployment; `nil` without an id that can stand in a path.
  package static func deployment(_ value: JSONValue) -> Deployment? {
    guard let id = (value["id"] ?? value["deployment_id"])?.string.map({ DeploymentID($0) }), id.isPathSafe
    else { return nil }
    let payload = value["payload"]
    var deployment = Deployment(
      id: id, name: value["name"]?.string, isEnabled: value["is_enabled"]?.bool,
      status: value["status"]?.string, workflow: workflow(payload?["workflow_api_json"]),
      defaultOverrides: payload?["overrides"]?.object,
      objectInfoURL: payload?["object_info_url"]?.string.flatMap { HTTPURL($0) },
      maxInstances: integer(value["max_instances"]), minInstances: integer(value["min_instances"]),
      hardware: value["hardware"]?.array?.compactMap(\.string) ?? value["hardware"]?.string.map { [$0] }
        ?? [],
      workflowVersion: value["workflow_version"]?.string)
    deployment.workflowID = value["workflow_id"]?.string
    deployment.queueSize = integer(value["queue_size"])
    deployment.keepWarmSeconds = integer(value["keep_warm_duration_in_seconds"])
    deployment.createdAt = value["created_at"]?.string
    deployment.updatedAt = value["updated_at"]?.string
    deployment.readme = value["readme"]?.string
    return deployment
  }

  /// A list, bare or under `deployments`; `nil` if it is neither.
  package static func list(_ value: JSONValue) -> [Deployment]? {
    (value.array ?? value["deployments"]?.array)?.compactMap(deployment)
  }

  /// The balance: its millionths of a dollar where they are given, else its dollars, digit by digit; `nil` without
  /// a number, and for another currency, which no amount in dollars could be compared to.
  package static func balance(_ value: JSONValue) -> Balance? {
    guard (value["currency"]?.string ?? "USD") == "USD" else { return nil }
    if let exact = value["balance_microdollars"]?.number?.signed { return Balance(microdollars: exact) }
    return value["balance_usd"]?.number.flatMap { Balance(roundingDown: $0) }
  }

  /// The graph, given as an object or as its text; `nil` if it is none.
  private static func workflow(_ value: JSONValue?) -> Workflow? {
    guard let value else { return nil }
    let document = value.string.flatMap { text in
      try? JSONDocument(parsing: Array(text.utf8), options: .lenient).value
    }
    // A deployment whose graph cannot be read is usable all the same, only not checked against.
    return try? Workflow(document: document ?? value)
  }

  private static func integer(_ value: JSONValue?) -> Int? { value?.number.flatMap { Int($0.text) } }
}
