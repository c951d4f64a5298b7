import KeepModel
import Synchronization

/// What keeps a batch from submitting more: a refusal that is no matter of one run, but of the token, the account
/// or the deployment. Every further run would send its whole body only to hear the same.
final class SubmitHalt: Sendable {
  private struct Refusals {
    var ofToken: KeepError?
    var ofDeployments: [DeploymentID: KeepError] = [:]
  }

  private let refusals = Mutex(Refusals())

  /// Takes note of why a deployment refused a run.
  func learn(_ error: KeepError, from deployment: DeploymentID) {
    refusals.withLock { refusals in
      switch error.code {
      case .tokenRefused: refusals.ofToken = error
      case .deploymentUnusable: refusals.ofDeployments[deployment] = error
      default: break
      }
    }
  }

  /// Why a run must not be submitted, if so; the first one that was refused tells the whole reason.
  func reason(for deployment: DeploymentID) -> KeepError? {
    let known = refusals.withLock { $0.ofToken ?? $0.ofDeployments[deployment] }
    return known.map { error in
      KeepError(
        error.code, error.subject, "not submitted, since another run of the batch was refused for good",
        hint: error.hint, delivery: .notDelivered, httpStatus: error.httpStatus)
    }
  }
}
