public import KeepModel
public import SystemPackage

/// What a person asks to be run again.
public struct RerunWish: Sendable {
  /// The bundles of the runs.
  public var bundles: [FilePath]
  /// The deployment that is to run them, by id or name; `nil` for the one that did.
  public var deployment: DeploymentID?
  /// Whether the workflow that a bundle holds is sent, whatever the deployment's own is by now.
  public var sendsWorkflow: Bool
  /// What is to be otherwise than it was, and how files travel. Its deployment, paths, table and sweeps play no part.
  public var changes: RunWish

  /// What a person asks to be run again.
  public init(
    bundles: [FilePath], deployment: DeploymentID? = nil, sendsWorkflow: Bool = false, changes: RunWish
  ) {
    self.bundles = bundles
    self.deployment = deployment
    self.sendsWorkflow = sendsWorkflow
    self.changes = changes
  }
}
