/// What we intend to run: a deployment, overrides and the assets in them.
public struct Submission: Sendable, Hashable {
  /// How the graph travels.
  public enum Mode: Sendable, Hashable {
    /// Overrides on the deployment's own workflow.
    case overrides
    /// The whole graph, overrides already in it, as `workflow_api_json`.
    case inlineWorkflow
  }

  /// The deployment that is to run it.
  public let deployment: DeploymentID
  /// How the graph travels.
  public let mode: Mode
  /// The workflow that it was checked against; sent in inline mode. `nil` if none could be had.
  public let workflow: Workflow?
  /// The values that differ from the workflow.
  public let overrides: Overrides

  /// An intent to run.
  public init(
    deployment: DeploymentID, mode: Mode = .overrides, workflow: Workflow?, overrides: Overrides
  ) {
    self.deployment = deployment
    self.mode = mode
    self.workflow = workflow
    self.overrides = overrides
  }

  /// SHA-256 of the canonical JSON of what defines the run: deployment, overrides with assets as their
  /// checksums, and in inline mode the workflow. File names and drawn seeds play no part.
  public var key: SubmissionKey {
    var nodes = JSONObject()
    for (input, value) in overrides.sorted {
      var inputs = nodes[input.node.rawValue]?.object ?? JSONObject()
      inputs[input.name.rawValue] = Self.identity(of: value)
      nodes[input.node.rawValue] = .object(inputs)
    }
    var document: JSONObject = JSONObject()
    document["deployment"] = .string(deployment.rawValue)
    document["overrides"] = .object(nodes)
    if mode == .inlineWorkflow { document["workflow"] = .optional(workflow?.checksum.hexadecimal) }
    return SubmissionKey(
      Checksum(of: CanonicalJSON.compact(.object(document))).hexadecimal)
  }

  private static func identity(of value: OverrideValue) -> JSONValue {
    switch value {
    case .json(let json): ["value": json]
    case .randomSeed(_, draw: 1): ["random": true]
    case .randomSeed(_, let draw): ["random": true, "draw": .integer(draw)]
    case .asset(.inline(let asset)), .asset(.upload(let asset)), .asset(.hosted(_, let asset?)):
      ["sha256": .string(asset.checksum.hexadecimal), "type": .string(asset.mediaType.rawValue)]
    case .asset(.hosted(let url, nil)): ["url": .string(url.description)]
    }
  }
}

/// A piece of a request body that is never in memory as a whole.
public enum BodySegment: Sendable, Hashable {
  /// These bytes.
  case bytes([UInt8])
  /// `data:…;base64,` and the file, encoded as it is read.
  case dataURI(Asset)
}
