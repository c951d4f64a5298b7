internal import KeepModel

/// The way that leads to a state from the beginning, along allowed transitions.
enum LedgerPath {
  /// The states that a new submission passes on its way to a state, itself included; `claimed` is where it begins.
  static func steps(to state: SubmissionState) -> [SubmissionState] {
    switch state {
    case .claimed: []
    case .submitting, .rejected: [state]
    case .inDoubt, .submitted: [.submitting, state]
    case .abandoned: [.submitting, .inDoubt, state]
    case .finished, .expired, .archived, .partial, .failed, .canceled, .empty:
      [.submitting, .submitted, state]
    }
  }
}
