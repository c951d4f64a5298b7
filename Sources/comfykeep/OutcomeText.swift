import KeepModel
import SystemPackage

/// An outcome in words: the bundle's path on standard output, trouble on standard error.
enum OutcomeText {
  /// Tells outcomes in their order, and every hint once at the end.
  static func print(_ outcomes: [SubmissionOutcome]) {
    for outcome in outcomes { print(outcome) }
    var told: Set<String> = []
    for hint in outcomes.compactMap({ $0.error?.hint }) where told.insert(hint).inserted {
      Terminal.note("hint: \(Terminal.safe(hint))")
    }
  }

  private static func print(_ outcome: SubmissionOutcome) {
    if let bundle = outcome.bundle { Terminal.print(Terminal.safe(bundle.string)) }
    if let error = outcome.error {
      let input = outcome.inputs.first
      // What is about the file itself names it already.
      let name = input.map { error.subject == .path($0) ? "" : "\($0.string): " } ?? ""
      Terminal.note(Terminal.safe("\(name)\(word(outcome.state)): \(error.description)"))
    }
  }

  /// The outcome's word for people.
  static func word(_ state: SubmissionOutcome.State) -> String {
    switch state {
    case .archived: "kept"
    case .partial: "partly kept"
    case .failed: "failed"
    case .canceled: "canceled"
    case .empty: "empty"
    case .expired: "expired"
    case .inDoubt: "in doubt"
    case .rejected: "rejected"
    case .unfinished: "not finished"
    }
  }
}
