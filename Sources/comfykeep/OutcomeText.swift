import KeepModel
import SystemPackage

/// An outcome in words: the bundle's path on standard output, trouble on standard error.
enum OutcomeText {
  static func print(_ outcome: SubmissionOutcome) {
    if let bundle = outcome.bundle { Terminal.print(Terminal.safe(bundle.string)) }
    if let error = outcome.error {
      let input = outcome.inputs.first
      // What is about the file itself names it already.
      let name = input.map { error.subject == .path($0) ? "" : "\($0.string): " } ?? ""
      Terminal.note(Terminal.safe("\(name)\(word(outcome.state)): \(error.description)"))
      if let hint = error.hint { Terminal.note("hint: \(Terminal.safe(hint))") }
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
