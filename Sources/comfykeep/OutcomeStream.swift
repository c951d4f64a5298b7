import KeepModel
import Synchronization

/// The objects of outcomes on standard output, in the order of the runs, each as soon as all before it are known.
final class OutcomeStream: Sendable {
  private struct State {
    var next = 0
    var waiting: [Int: SubmissionOutcome] = [:]
  }

  private let state = Mutex(State())

  /// Takes the outcome of one run, and hands over the lines that can now be printed.
  func add(_ outcome: SubmissionOutcome, at index: Int, _ print: (String) -> Void) {
    state.withLock { state in
      state.waiting[index] = outcome
      while let outcome = state.waiting.removeValue(forKey: state.next) {
        print(JSONReport.outcome(outcome))
        state.next += 1
      }
    }
  }

  /// Prints what was not printed yet.
  func finish(_ outcomes: [SubmissionOutcome]) {
    state.withLock { state in
      for outcome in outcomes.dropFirst(state.next) { Terminal.print(JSONReport.outcome(outcome)) }
      state.next = outcomes.count
    }
  }
}
