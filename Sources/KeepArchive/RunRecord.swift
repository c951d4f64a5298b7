package import KeepModel
package import SystemPackage

/// All that is known of a finished run and goes into its bundle, beside the outputs.
package struct RunRecord: Sendable {
  /// The deployment that ran it.
  package var deployment: DeploymentID
  /// The run's id.
  package var request: RequestID
  /// The result as the service gave it.
  package var result: RunResult
  /// What was submitted; `nil` for a run that was made elsewhere.
  package var submission: Submission?
  /// Whether a Core API key travelled in `extra_data` (never the key itself).
  package var usedCoreKey: Bool
  /// Where the bytes of each asset of the submission are kept, by their checksum.
  package var keptInputs: [Checksum: FilePath]
  /// The options that change bytes.
  package var options: Manifest.Options

  package init(
    deployment: DeploymentID, request: RequestID, result: RunResult, submission: Submission? = nil,
    usedCoreKey: Bool = false, keptInputs: [Checksum: FilePath] = [:],
    options: Manifest.Options = Manifest.Options()
  ) {
    self.deployment = deployment
    self.request = request
    self.result = result
    self.submission = submission
    self.usedCoreKey = usedCoreKey
    self.keptInputs = keptInputs
    self.options = options
  }
}
