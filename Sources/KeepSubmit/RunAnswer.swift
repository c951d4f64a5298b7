package import KeepModel

/// Decodes what the status, result and cancel calls answer.
package enum RunAnswer {
  /// Where a run stands; `nil` if the answer does not say.
  package static func status(_ answer: ServiceAnswer) -> RequestStatus? {
    guard answer.isSuccess, let word = answer.document?.value["status"]?.string, !word.isEmpty else {
      return nil
    }
    let phase = RunWord.phase(word)
    let isEnd = phase == .finished || phase == .failed || phase == .canceled
    guard answer.errorCode == nil || isEnd else { return nil }
    let document = answer.document?.value
    let position = document?["queue_position"]?.number.flatMap { Int($0.text) }
    return RequestStatus(
      phase: phase, word: word,
      queuePosition: phase == .queued ? position.flatMap { $0 >= 0 ? $0 : nil } : nil,
      instanceID: document?["instance_id"]?.string)
  }

  /// How a run ended, or that it has not; `nil` if the answer does not say.
  package static func result(_ answer: ServiceAnswer) -> RunResult? {
    if answer.errorCode == 400_005 { return result(answer, .pending, word: "not_ready") }
    guard answer.isSuccess, let document = answer.document?.value, document.object != nil else {
      return nil
    }
    let outputs = document["outputs"]?.object ?? document["output"]?.object
    let failures = RunFailureReader.failures(in: document["error"])
    let word = document["status"]?.string ?? ""
    // With a word that says how the run ended, an error code is the run's and not the call's.
    let isEnd = [.finished, .failed, .canceled].contains(RunWord.phase(word))
    guard isEnd || answer.errorCode == nil else { return nil }
    guard let verdict = verdict(word, hasOutputs: outputs != nil, hasError: !failures.isEmpty) else {
      return nil
    }
    guard verdict == .failed, failures.isEmpty else {
      return result(answer, verdict, word: word, failures: failures)
    }
    return result(answer, verdict, word: word, failures: [unsaid(answer, word: word)])
  }

  private static func verdict(
    _ word: String, hasOutputs: Bool, hasError: Bool
  ) -> RunResult.Verdict? {
    switch RunWord.phase(word) {
    case .queued, .running: .pending
    case .failed: .failed
    case .canceled: .canceled
    case .finished where RunWord.normalized(word) == "succeeded": .succeeded
    case .finished: hasOutputs && !hasError ? .succeeded : .failed
    case .unknown where word.isEmpty: hasError ? .failed : hasOutputs ? .succeeded : nil
    case .unknown: .pending
    }
  }

  /// What a failure says that has no `error`.
  private static func unsaid(_ answer: ServiceAnswer, word: String) -> RunFailure {
    let message = answer.message.isEmpty ? answer.details.joined(separator: "; ") : answer.message
    let nothing = "the service says \"\(Excerpt.of(word, limit: 60))\" and names neither outputs nor an error"
    return RunFailure(
      code: answer.errorCode.map(String.init), message: message.isEmpty ? nothing : message)
  }

  private static func result(
    _ answer: ServiceAnswer, _ verdict: RunResult.Verdict, word: String, failures: [RunFailure] = []
  ) -> RunResult {
    let document = answer.document?.value ?? .null
    func time(_ key: String) -> Timestamp? {
      document[key]?.string.flatMap { Timestamp(parsing: $0) }
    }
    return RunResult(
      verdict: verdict, word: word, failures: failures, createdAt: time("created_at"),
      finishedAt: time("finished_at"), document: document,
      irregularities: answer.document?.irregularities ?? [], raw: answer.body)
  }

  /// What a cancel call said, in either shape: `outcome` first, then `status`; `nil` for an error.
  package static func cancel(_ answer: ServiceAnswer) -> CancelAnswer? {
    let document = answer.document?.value
    let word = document?["outcome"]?.string ?? document?["status"]?.string ?? ""
    if RunWord.normalized(word) == "not_cancellable" { return .notCancellable(word: word) }
    guard answer.isSuccess, answer.errorCode == nil else { return nil }
    switch RunWord.phase(word) {
    case .finished, .failed: return .notCancellable(word: word)
    default: return .accepted(word: word)
    }
  }
}
