public import KeepModel

/// What `run` would do with a run of a plan.
public enum RunStanding: String, Sendable, Hashable, CaseIterable {
  /// Submit it.
  case submit
  /// Nothing: it is kept.
  case kept
  /// Follow the run that was submitted before.
  case underWay = "under_way"
  /// Nothing, until a person settles whether it was submitted.
  case inDoubt = "in_doubt"
  /// Nothing, unless another run is asked for: an earlier one came to nothing worth keeping.
  case ended
  /// Nothing of its own: an earlier file of the plan makes the same submission.
  case repeated

  /// As a claim of a submission in this state would go.
  init(_ state: SubmissionState?) {
    switch state {
    case nil, .claimed, .rejected: self = .submit
    case .submitting, .inDoubt: self = .inDoubt
    case .submitted, .finished: self = .underWay
    case .archived, .partial: self = .kept
    case .failed, .canceled, .empty, .abandoned, .expired: self = .ended
    }
  }
}

extension RunPlan {
  /// How each run stands in an archive, which is only looked at; `nil` for a run that was refused. Without an
  /// archive nothing is known.
  ///
  /// - Throws: ``KeepError`` with code `ledger_unusable`.
  public func standings(in archive: Archive?) async throws(KeepError) -> [RunStanding?] {
    var states: [SubmissionKey: SubmissionState] = [:]
    if let archive {
      for entry in try await archive.entries() { if let key = entry.key { states[key] = entry.state } }
    }
    var seen: Set<SubmissionKey> = []
    return runs.map { run in
      run.key.map { seen.insert($0).inserted ? RunStanding(states[$0]) : .repeated }
    }
  }
}
