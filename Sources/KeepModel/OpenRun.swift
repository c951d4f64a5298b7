/// A run that the service may still have and that is not kept: what is lost if nobody fetches it in time.
public struct OpenRun: Sendable, Hashable {
  /// The submission; `nil` for a run that was made elsewhere.
  public let key: SubmissionKey?
  /// The deployment.
  public let deployment: DeploymentID
  /// The remote run; `nil` for a submission in doubt.
  public let request: Request?
  /// When it finished; `nil` where that is not known, which is so as long as it runs.
  public let finishedAt: Timestamp?
  /// From when the service's time runs: when it finished, else when it was made, as far as is known.
  public let since: Timestamp

  package init(
    key: SubmissionKey?, deployment: DeploymentID, request: Request?, finishedAt: Timestamp?, since: Timestamp
  ) {
    self.key = key
    self.deployment = deployment
    self.request = request
    self.finishedAt = finishedAt
    self.since = since
  }

  /// When the service deletes it, if it keeps results for so long.
  public func deadline(after retention: Duration) -> Timestamp { since.advanced(by: retention) }
}
