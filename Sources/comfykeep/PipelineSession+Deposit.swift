import KeepModel
import KeepPipeline
import SystemPackage

extension PipelineSession {
  /// Only puts into the archive's store what waits for it.
  func depositWaiting() async throws {
    let deposits: [Deposit] = try await attended { session -> ([SubmissionOutcome], [Deposit]) in
      let opened = try await archive.open(for: .keeping)
      guard let depositor = try depositor(session, opened, try service.transport()) else { return ([], []) }
      let deposits = try await depositor.depositWaiting()
      session.tell(deposits)
      if !output.json { DepositText.print(deposits) }
      let elsewhere = try await depositor.waitingElsewhere().sorted { $0.key < $1.key }
      if deposits.isEmpty { session.progress.note("nothing waits for \(depositor.name)") }
      for (store, count) in elsewhere {
        session.progress.note(
          "\(count == 1 ? "1 bundle waits" : "\(count) bundles wait") for \(store); if that is wrong, "
            + "comfykeep archive REQUEST with the right store puts it there")
      }
      return ([], deposits)
    }.aside
    try end(deposits.exitStatus)
  }
}

extension Attendance {
  /// What `body` comes to; after it, what waits from earlier commands is put into the archive's store. What fails of
  /// that is told, and is no failure of these runs.
  func depositing(
    _ depositor: Depositor?, _ body: @Sendable () async throws -> [SubmissionOutcome]
  ) async throws -> [SubmissionOutcome] {
    guard let depositor else { return try await body() }
    let outcomes = try await body()
    guard !interruption.isRaised else { return outcomes }
    do {
      tell(try await depositor.depositWaiting(but: Set(outcomes.compactMap(\.request))))
    } catch {
      progress.note("what waits for the store cannot be told: \(error)")
    }
    return outcomes
  }

  /// Gives each an object with `--json`.
  func tell(_ deposits: [Deposit]) {
    guard stream != nil else { return }
    for deposit in deposits { progress.result(JSONReport.deposit(deposit)) }
  }
}

/// What came of bundles that waited for the archive's store, in words.
enum DepositText {
  /// The places on standard output, trouble on standard error, and every hint once.
  static func print(_ deposits: [Deposit]) {
    var told: Set<String> = []
    for deposit in deposits {
      if let place = deposit.place { Terminal.print(Terminal.safe(place)) }
      guard let error = deposit.error else { continue }
      Terminal.note(Terminal.safe("request \(deposit.request): not in the store: \(error)"))
      if let hint = error.hint { told.insert(hint) }
    }
    for hint in told.sorted() { Terminal.note("hint: \(Terminal.safe(hint))") }
  }
}

extension JSONReport {
  /// `{"type":"deposit", …}`, a bundle of an earlier command that waited for the archive's store.
  static func deposit(_ deposit: Deposit) -> String {
    line(
      "deposit",
      [
        ("request_id", .string(deposit.request.rawValue)),
        ("bundle", .optional(deposit.bundle?.string)),
        ("bundle_sha256", .optional(deposit.checksum?.hexadecimal)),
        ("stored", .optional(deposit.place)),
        ("error", deposit.error.map(value) ?? .null),
      ])
  }
}
