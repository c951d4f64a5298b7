import KeepModel
import Synchronization

/// Why nothing is submitted just now, to one deployment or to any, though files wait.
final class WatchHolds: Sendable {
  /// One reason.
  struct Hold: Sendable {
    let error: KeepError
    /// When it began, and when it is tried again, on the stopwatch; `nil` to wait for a person.
    let since: Timestamp
    let until: Duration?
    /// Whether it stays so until a person does something.
    let needsPerson: Bool
    /// Whether it is one recipe that is wrong, and files of others go on.
    var isPartial = false

    fileprivate var urgency: Int { needsPerson ? (isPartial ? 1 : 2) : 0 }
  }

  private struct State {
    var overall: Hold?
    var deployments: [DeploymentID: Hold] = [:]
    var recipes: [String: Hold] = [:]
    /// How often the service could not be reached in a row.
    var failures: [DeploymentID: Int] = [:]
    var halt: SubmitHalt
  }

  private let maximumSameFailures: Int?
  private let paused = SubmitPause()
  private let state: Mutex<State>

  /// - Parameter maximumSameFailures: As ``Pipeline/Configuration/maximumSameFailures``.
  init(maximumSameFailures: Int?) {
    self.maximumSameFailures = maximumSameFailures
    self.state = Mutex(State(halt: SubmitHalt(maximumSameFailures: maximumSameFailures, pause: paused)))
  }

  /// What keeps runs from being submitted that are under way to it.
  var halt: SubmitHalt { state.withLock { $0.halt } }

  /// Why nothing is submitted to a deployment, if so; what is over is forgotten.
  func reason(for deployment: DeploymentID, at now: Duration) -> Hold? {
    state.withLock { state in
      Self.end(&state.overall, at: now)
      if Self.end(&state.deployments[deployment], at: now) {
        state.halt = SubmitHalt(maximumSameFailures: maximumSameFailures, pause: paused)
      }
      return state.overall ?? state.deployments[deployment]
    }
  }

  /// Why a recipe cannot be used, if so.
  func reason(forRecipe id: String, at now: Duration) -> Hold? {
    state.withLock { state in
      Self.end(&state.recipes[id], at: now)
      return state.overall ?? state.recipes[id]
    }
  }

  /// The reason to show: one that needs a person first, and of those one that is not of a single recipe.
  func shown(at now: Duration) -> Hold? {
    state.withLock { state in
      let all = [state.overall].compactMap { $0 } + state.deployments.values + state.recipes.values
      return all.filter { $0.until.map { $0 > now } ?? true }.max { left, right in
        (left.urgency, right.since) < (right.urgency, left.since)
      }
    }
  }

  /// Holds everything for a while, or until a person does something.
  ///
  /// - Returns: Whether it is news.
  func hold(_ error: KeepError, since: Timestamp, until: Duration?) -> Bool {
    state.withLock { state in
      let isNews = state.overall?.error.description != error.description
      state.overall = Hold(
        error: error, since: state.overall?.since ?? since, until: until, needsPerson: false)
      return isNews
    }
  }

  /// Holds what is for a recipe that cannot be used.
  func hold(recipe id: String, _ error: KeepError, since: Timestamp, until: Duration) -> Bool {
    let needsPerson = error.code != .unavailable
    return state.withLock { state in
      let isNews = state.recipes[id]?.error.description != error.description
      state.recipes[id] = Hold(
        error: error, since: state.recipes[id]?.since ?? since, until: until, needsPerson: needsPerson,
        isPartial: error.code == .usage)
      return isNews
    }
  }

  /// Takes note of what kept a run from being submitted.
  ///
  /// - Returns: Whether it is news.
  func learn(_ error: KeepError, from deployment: DeploymentID, since: Timestamp, at now: Duration) -> Bool {
    state.withLock { state in
      let failures = state.failures[deployment, default: 0] + 1
      state.failures[deployment] = failures
      let wait: Duration?
      switch error.code {
      case .remoteFailed: wait = nil
      case .tokenRefused, .deploymentUnusable: wait = .seconds(300)
      default: wait = min(.seconds(5) * (1 << min(failures - 1, 10)), .seconds(300))
      }
      let known = state.deployments[deployment]
      // What is under way tells of the same trouble again.
      if let known, known.until.map({ $0 > now }) ?? true { return false }
      let needsPerson = [.remoteFailed, .tokenRefused, .deploymentUnusable].contains(error.code)
      state.deployments[deployment] = Hold(
        error: error, since: known?.since ?? since, until: wait.map { now + $0 }, needsPerson: needsPerson)
      return known?.error.description != error.description
    }
  }

  /// Takes note that a deployment took a run.
  func succeed(_ deployment: DeploymentID) {
    state.withLock { $0.failures[deployment] = nil }
  }

  /// Keeps what is begun and not sent from being sent; `nil` lets it.
  func pause(_ error: KeepError?) { paused.set(error) }

  /// Tries a deployment again whose runs failed alike.
  func forgive(_ deployment: DeploymentID) {
    state.withLock { state in
      guard state.deployments[deployment]?.error.code == .remoteFailed else { return }
      state.deployments[deployment] = nil
      state.halt = SubmitHalt(maximumSameFailures: maximumSameFailures, pause: paused)
    }
  }

  /// Tries everything again, at a person's wish.
  func forget() {
    state.withLock { $0 = State(halt: SubmitHalt(maximumSameFailures: maximumSameFailures, pause: paused)) }
  }

  @discardableResult
  private static func end(_ hold: inout Hold?, at now: Duration) -> Bool {
    guard let until = hold?.until, until <= now else { return false }
    hold = nil
    return true
  }
}
