import KeepModel
import KeepPipeline
import Synchronization
import SystemPackage

extension PipelineSession {
  /// Keeps once what has ended and is not kept.
  func sweep() async throws {
    // A mistyped folder is no archive in which all is well.
    _ = try await archive.open(for: .reading)
    let swept = try await attended { session in
      let transport = try service.transport()
      let opened = try await archive.open(for: .keeping)
      let depositor = try depositor(session, opened, transport)
      let pipeline = pipeline(configuration, session, opened, transport, depositor)
      let open = try await opened.openRuns()
      await session.progress.begin(count: open.count { $0.request != nil })
      let outcomes = try await session.depositing(depositor) { try await ArchiveSweep(pipeline).once() }
      await tellRest(opened, session, outcomes)
      // What goes on running is no news to people, and counted above.
      return (output.json ? outcomes : outcomes.filter { $0.error?.code != .unfinished }, outcomes)
    }
    try end(swept.aside.sweepStatus)
  }

  /// Keeps what ends, until a person wants to stop.
  ///
  /// - Parameters:
  ///   - setting: Where webhooks are heard, if anywhere.
  ///   - showsAddress: Whether the whole address for them is printed.
  func sweep(
    every interval: Duration, hearing setting: WebhookSetting? = nil, showsAddress: Bool = false
  ) async throws {
    let tally = SweepTally()
    _ = try await attended { session in
      let transport = try service.transport()
      let opened = try await archive.open(for: .keeping)
      let depositor = try depositor(session, opened, transport)
      let plain = pipeline(configuration, session, opened, transport, depositor) { event in
        await session.progress.show(event)
        guard case .ended(let outcome) = event.change else { return }
        tally.count(outcome)
        tell(outcome, session)
      }
      let pipeline = try heard(plain, session, at: setting, tellsAll: true)
      await session.progress.begin(count: 0)
      try await pipeline.listening(whenReady: { session.tellListening(at: $0) }) {
        if showsAddress, let address = pipeline.webhookAddress { session.progress.result(address) }
        session.progress.note("sweeping \(archive.root.string), Ctrl-C stops")
        try await ArchiveSweep(pipeline).run(every: interval) {
          do {
            session.tell(try await depositor?.depositWaiting() ?? [])
          } catch {
            session.progress.note("what waits for the store cannot be told: \(error)")
          }
        }
      }
      return ([], ())
    }
    try end(tally.status)
  }

  /// A pipeline that hears webhooks, if it is to. Those that are taken are told only where it does nothing else.
  func heard(
    _ pipeline: Pipeline, _ session: Attendance, at setting: WebhookSetting?, tellsAll: Bool
  ) throws(KeepError) -> Pipeline {
    guard let setting else { return pipeline }
    return try pipeline.heard(at: setting) { line in
      if tellsAll || !line.hasPrefix("webhook: 200 ") { session.progress.note(line) }
    }
  }

  /// One outcome, as soon as it is known.
  private func tell(_ outcome: SubmissionOutcome, _ session: Attendance) {
    // What goes on when the command is stopped is no news.
    guard outcome.error?.code != .interrupted else { return }
    if output.json {
      session.progress.result(JSONReport.outcome(outcome))
    } else if let place = outcome.bundle?.string ?? outcome.stored {
      session.progress.result(Terminal.safe(place))
    }
  }

  /// What a sweep leaves, and until when.
  private func tellRest(_ archive: Archive, _ session: Attendance, _ outcomes: [SubmissionOutcome]) async {
    guard let open = try? await archive.openRuns() else { return }
    let doubts = open.count { $0.request == nil }
    let running = outcomes.count { $0.error?.code == .unfinished }
    if running > 0, let first = open.first {
      let deadline = first.deadline(after: configuration.retention)
      session.progress.note(
        "\(running) not finished yet; the first is deleted on \(deadline.minute) at the earliest")
    }
    if doubts > 0 {
      session.progress.note("\(doubts) in doubt: comfykeep list --state in_doubt tells which")
    }
  }
}

extension Attendance {
  /// Tells where webhooks are heard.
  func tellListening(at port: UInt16) { progress.note("listening for webhooks on port \(port)") }
}

/// Whether a long sweep lost a run.
private final class SweepTally: Sendable {
  private let lost = Mutex(0)

  func count(_ outcome: SubmissionOutcome) { if outcome.state == .expired { lost.withLock { $0 += 1 } } }

  /// The exit status once it is stopped: 0 where nothing was lost.
  var status: Int32 { lost.withLock { $0 } > 0 ? KeepError.Code.expired.exitStatus : 0 }
}
