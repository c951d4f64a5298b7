import KeepModel
import Synchronization

/// What keeps a batch from submitting more: a refusal that is no matter of one run, but of the token, the account
/// or the deployment; or runs that fail one after the other with the same error, each of which costs money.
final class SubmitHalt: Sendable {
  private struct Refusals {
    var ofToken: KeepError?
    var ofDeployments: [DeploymentID: KeepError] = [:]
    /// The error that the last runs of a deployment failed with, and how many of them in a row.
    var failures: [DeploymentID: (error: String, count: Int)] = [:]
  }

  private let refusals = Mutex(Refusals())
  private let maximumSameFailures: Int?
  private let pause: SubmitPause?

  /// - Parameter maximumSameFailures: After how many runs in a row that failed with the same error it is enough;
  ///   `nil` for never.
  /// - Parameter pause: What a person may set while runs are under way.
  init(maximumSameFailures: Int? = nil, pause: SubmitPause? = nil) {
    self.maximumSameFailures = maximumSameFailures
    self.pause = pause
  }

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

  /// Takes note of how a run ended.
  func learn(_ result: RunResult, of request: Request) {
    guard let maximumSameFailures else { return }
    let deployment = request.deployment
    refusals.withLock { refusals in
      guard result.verdict == .failed else {
        if result.verdict == .succeeded { refusals.failures[deployment] = nil }
        return
      }
      let failure = Self.likeness(of: result)
      var known = refusals.failures[deployment] ?? (failure, 0)
      known = known.error == failure ? (failure, known.count + 1) : (failure, 1)
      refusals.failures[deployment] = known
      guard known.count >= maximumSameFailures, refusals.ofDeployments[deployment] == nil else { return }
      refusals.ofDeployments[deployment] = .failingAlike(known.count, result)
    }
  }

  /// What two failures must have in common to be the same: their words, whatever the numbers in them.
  private static func likeness(of result: RunResult) -> String {
    result.failures.map { failure in
      failure.message.split { $0.isNumber }.joined(separator: "#")
    }.joined(separator: "\n")
  }

  /// Why a run must not be submitted, if so; the first one that was refused tells the whole reason.
  func reason(for deployment: DeploymentID) -> KeepError? {
    if let paused = pause?.error { return paused }
    let known = refusals.withLock { $0.ofToken ?? $0.ofDeployments[deployment] }
    guard let known else { return nil }
    if known.code == .remoteFailed { return known }
    return KeepError(
      known.code, known.subject, "not submitted, since another run of the batch was refused for good",
      hint: known.hint, delivery: .notDelivered, httpStatus: known.httpStatus)
  }
}

/// That nothing is to be submitted, at a person's word, and why.
final class SubmitPause: Sendable {
  private let state = Mutex<KeepError?>(nil)

  var error: KeepError? { state.withLock { $0 } }

  func set(_ error: KeepError?) { state.withLock { $0 = error } }
}

extension KeepError {
  fileprivate static func failingAlike(_ count: Int, _ result: RunResult) -> KeepError {
    let message = result.failures.first?.message ?? result.word
    return KeepError(
      .remoteFailed, .none,
      "not submitted, since \(count) runs in a row failed with the same error: \(message)",
      hint: "mend the cause, then the same command submits the rest; --stop-after sets how many are enough",
      delivery: .notDelivered)
  }
}
