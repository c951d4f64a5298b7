import KeepModel

/// Deployments for people, and as objects of `--json`.
enum DeploymentText {
  /// A line each, in columns.
  static func rows(_ deployments: [Deployment]) -> [String] {
    let table = deployments.map { deployment in
      [
        deployment.id.rawValue, deployment.name ?? "-", state(deployment),
        deployment.hardware.isEmpty ? "-" : deployment.hardware.joined(separator: ","),
        instances(deployment), deployment.workflowVersion ?? "-",
      ].map(Terminal.safe)
    }
    let widths = (0..<6).map { column in table.map { $0[column].count }.max() ?? 0 }
    return table.map { row in
      zip(row, widths).enumerated().map { column, cell in
        column == 5 ? cell.0 : cell.0 + String(repeating: " ", count: cell.1 - cell.0.count)
      }.joined(separator: "  ")
    }
  }

  /// Everything that is known of one.
  static func facts(_ deployment: Deployment) -> [String] {
    let facts: [(String, String?)] = [
      ("deployment", deployment.id.rawValue), ("name", deployment.name), ("state", state(deployment)),
      ("workflow", deployment.workflowID), ("version", deployment.workflowVersion),
      ("nodes", deployment.workflow.map { String($0.nodes.count) }),
      ("hardware", deployment.hardware.isEmpty ? nil : deployment.hardware.joined(separator: ", ")),
      ("instances", "\(instances(deployment))\(idleWords(deployment))"),
      ("queue size", deployment.queueSize.map(String.init)),
      ("keep warm", deployment.keepWarmSeconds.map { "\($0) s" }),
      ("created", deployment.createdAt), ("updated", deployment.updatedAt),
    ]
    let lines = facts.compactMap { name, value in
      value.map { Terminal.safe(name + String(repeating: " ", count: 14 - name.count) + $0) }
    }
    let readme = deployment.readme.map { text in
      [""] + text.split(separator: "\n", omittingEmptySubsequences: false).map { Terminal.safe(String($0)) }
    }
    return lines + (readme ?? [])
  }

  private static func state(_ deployment: Deployment) -> String {
    deployment.isEnabled == false ? "paused" : deployment.status ?? "enabled"
  }

  private static func instances(_ deployment: Deployment) -> String {
    let least = deployment.minInstances.map(String.init) ?? "?"
    return "\(least) to \(deployment.maxInstances.map(String.init) ?? "?")"
  }

  private static func idleWords(_ deployment: Deployment) -> String {
    guard let least = deployment.minInstances, least > 0 else { return "" }
    return ", \(least) of them kept running and billed while idle"
  }
}

extension JSONReport {
  /// `{"type":"deployment", …}`.
  static func deployment(_ deployment: Deployment, adding more: [(String, JSONValue)] = []) -> String {
    func number(_ value: Int?) -> JSONValue { value.map(JSONValue.integer) ?? .null }
    return line(
      "deployment",
      [
        ("deployment_id", .string(deployment.id.rawValue)), ("name", .optional(deployment.name)),
        ("is_enabled", deployment.isEnabled.map(JSONValue.bool) ?? .null),
        ("service_word", .optional(deployment.status)),
        ("workflow_id", .optional(deployment.workflowID)),
        ("workflow_version", .optional(deployment.workflowVersion)),
        ("hardware", .array(deployment.hardware.map(JSONValue.string))),
        ("min_instances", number(deployment.minInstances)),
        ("max_instances", number(deployment.maxInstances)),
        ("queue_size", number(deployment.queueSize)),
        ("keep_warm_seconds", number(deployment.keepWarmSeconds)),
        ("created_at", .optional(deployment.createdAt)), ("updated_at", .optional(deployment.updatedAt)),
        ("readme", .optional(deployment.readme)),
      ] + more)
  }
}
