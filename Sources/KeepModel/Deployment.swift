/// The remote endpoint pinned to a workflow version.
public struct Deployment: Sendable, Hashable {
  /// Its id.
  public let id: DeploymentID
  /// The name that its owner gave it.
  public let name: String?
  /// Whether it takes requests; `nil` if the service did not say.
  public let isEnabled: Bool?
  /// The service's own word for its state.
  public let status: String?
  /// The workflow that it runs, if asked for and given.
  public let workflow: Workflow?
  /// Values that the deployment itself sets: node id → `inputs`.
  public let defaultOverrides: JSONObject?
  /// Where the schema of its nodes can be had.
  public let objectInfoURL: HTTPURL?
  /// How many requests may run at once.
  public let maxInstances: Int?
  /// How many instances are kept, and billed, while idle.
  public let minInstances: Int?
  /// The machines that it may run on.
  public let hardware: [String]
  /// The version of its workflow, such as `v1`.
  public let workflowVersion: String?
  /// The id of the workflow that was saved at the service.
  public var workflowID: String?
  /// How many requests wait for each instance before another one is added.
  public var queueSize: Int?
  /// How many seconds an idle instance stays, and is billed, before it stops.
  public var keepWarmSeconds: Int?
  /// When it was made, in the service's own spelling.
  public var createdAt: String?
  /// When it was last changed, in the service's own spelling.
  public var updatedAt: String?
  /// Its description in Markdown, if asked for and given.
  public var readme: String?

  /// Describes a deployment.
  public init(
    id: DeploymentID, name: String? = nil, isEnabled: Bool? = nil, status: String? = nil,
    workflow: Workflow? = nil, defaultOverrides: JSONObject? = nil, objectInfoURL: HTTPURL? = nil,
    maxInstances: Int? = nil, minInstances: Int? = nil, hardware: [String] = [],
    workflowVersion: String? = nil
  ) {
    self.id = id
    self.name = name
    self.isEnabled = isEnabled
    self.status = status
    self.workflow = workflow
    self.defaultOverrides = defaultOverrides
    self.objectInfoURL = objectInfoURL
    self.maxInstances = maxInstances
    self.minInstances = minInstances
    self.hardware = hardware
    self.workflowVersion = workflowVersion
  }
}

/// What the service said to a wish to cancel. It is a wish: the run goes on until its status says otherwise.
public enum CancelAnswer: Sendable, Hashable {
  /// The service will try; in its own word.
  case accepted(word: String)
  /// The run has ended already; in the service's own word.
  case notCancellable(word: String)
}
