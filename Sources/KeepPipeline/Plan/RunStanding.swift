import KeepFiles
public import KeepModel
import SystemPackage

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
  init(_ state: SubmissionState?, repeatsEnded: Bool = false, repeatsKept: Bool = false) {
    switch state {
    case nil, .claimed, .rejected: self = .submit
    case .submitting, .inDoubt: self = .inDoubt
    case .submitted, .finished: self = .underWay
    case .archived, .partial: self = repeatsKept ? .submit : .kept
    case .failed, .canceled, .empty, .abandoned, .expired:
      self = repeatsKept || repeatsEnded ? .submit : .ended
    }
  }
}

/// What `run` would do with a run of a plan, and why.
public struct RunOutlook: Sendable, Hashable {
  /// What it would do.
  public let standing: RunStanding
  /// Why it would not simply submit it: where it is kept, as which request it runs, how it ended, or which run it
  /// repeats; and what becomes of an earlier one that is not to count.
  public let reason: String?
}

extension RunPlan {
  /// How each run stands in an archive, which is only looked at; `nil` for a run that was refused. Without an
  /// archive nothing is known.
  ///
  /// - Parameters:
  ///   - repeatsEnded: As ``Pipeline/Configuration/repeatsEnded``.
  ///   - repeatsKept: As ``Pipeline/Configuration/repeatsKept``.
  /// - Throws: ``KeepError`` with code `ledger_unusable`.
  public func outlooks(
    in archive: Archive?, repeatsEnded: Bool = false, repeatsKept: Bool = false
  ) async throws(KeepError) -> [RunOutlook?] {
    var known: [SubmissionKey: LedgerEntry] = [:]
    if let archive {
      for entry in try await archive.entries() { if let key = entry.key { known[key] = entry } }
    }
    var firsts: [SubmissionKey: String] = [:]
    return runs.map { run in
      guard let key = run.key else { return nil }
      if let first = firsts[key] {
        return RunOutlook(standing: .repeated, reason: "the same submission as \(first)")
      }
      firsts[key] = run.item.label
      let standing: RunStanding =
        known[key]?.standing != nil && !repeatsKept
        ? .kept : RunStanding(known[key]?.state, repeatsEnded: repeatsEnded, repeatsKept: repeatsKept)
      return RunOutlook(standing: standing, reason: known[key].flatMap { Self.reason($0, in: archive) })
    }
  }

  /// Where a run is kept, in words.
  private static func place(of kept: KeptRun?, in archive: Archive?) -> String {
    guard let kept, let archive else { return "kept before" }
    let bundle = archive.layout.absolute(kept.bundle)
    return "kept at \(kept.stored.flatMap { FileReader.exists(bundle) ? nil : $0.place } ?? bundle.string)"
  }

  /// What is known of a submission, in words.
  private static func reason(_ entry: LedgerEntry, in archive: Archive?) -> String? {
    let why = entry.reason.map { ": \($0)" } ?? ""
    let request = entry.request.map { "request \($0)" } ?? "a request"
    if let standing = entry.standing { return place(of: standing, in: archive) }
    switch entry.state {
    case .claimed: return nil
    case .rejected: return "was rejected before\(why)"
    case .submitting, .inDoubt: return "may have been submitted on \(entry.createdAt.day)\(why)"
    case .submitted: return "was submitted as \(request)"
    case .finished: return "finished as \(request), not kept yet"
    case .archived, .partial: return place(of: entry.kept, in: archive)
    case .failed, .canceled, .empty, .abandoned, .expired:
      let word = entry.state == .empty ? "gave no output" : entry.state.word
      return "\(entry.state == .failed || entry.state == .expired ? "" : "was ")\(word) before\(why)"
    }
  }
}

extension RunPlan {
  /// The bytes that would be sent for the runs that would be submitted: request bodies, and each file to be uploaded
  /// once, but for what the ledger knows at its target. What others have put there is not known without asking it.
  public func sending(
    _ outlooks: [RunOutlook?], uploaded: [UploadRecord] = []
  ) -> (bodies: ByteCount, uploads: ByteCount) {
    var there: [String: Set<Checksum>] = [:]
    for upload in uploaded where upload.removedAt == nil {
      there[upload.target, default: []].insert(upload.checksum)
    }
    var bodies: UInt64 = 0
    var uploads: [Checksum: UInt64] = [:]
    for (run, outlook) in zip(runs, outlooks) where outlook?.standing == .submit {
      bodies += run.bodySize?.bytes ?? 0
      for placement in run.placements where placement.way == .upload {
        guard let asset = placement.asset, there[placement.target ?? ""]?.contains(asset.checksum) != true
        else {
          continue
        }
        uploads[asset.checksum] = asset.size.bytes
      }
    }
    return (ByteCount(bodies), ByteCount(uploads.values.reduce(0, +)))
  }

  /// Refuses a plan that would spend more than a person allowed.
  ///
  /// - Throws: ``KeepError`` with `usage` for too many runs or bytes, with the numbers and what allows them.
  public func check(
    _ budget: RunBudget, _ outlooks: [RunOutlook?], uploaded: [UploadRecord] = []
  ) throws(KeepError) {
    if let refusal = refusal(budget, outlooks, uploaded: uploaded) { throw refusal }
  }

  /// Why a plan would spend more than a person allowed; `nil` if it would not.
  public func refusal(
    _ budget: RunBudget, _ outlooks: [RunOutlook?], uploaded: [UploadRecord] = []
  ) -> KeepError? {
    let count = outlooks.count { $0?.standing == .submit }
    if let limit = budget.maximumRuns, count > limit {
      return KeepError(
        .usage, .option("--max-runs"), "\(count) runs would be submitted, and at most \(limit) are allowed",
        hint: "nothing was submitted; comfykeep plan, or rerun --dry-run, shows them")
    }
    if budget.maximumRuns == nil, !budget.isConfirmed, count > RunBudget.unconfirmedRuns {
      return KeepError(
        .usage, .option("--yes"),
        "\(count) runs would be submitted, each of which costs money; more than \(RunBudget.unconfirmedRuns) need a word",
        hint: "comfykeep plan, or rerun --dry-run, shows them; then add --yes, or --max-runs \(count)")
    }
    let (bodies, uploads) = sending(outlooks, uploaded: uploaded)
    let bytes = ByteCount(bodies.bytes + uploads.bytes)
    if let limit = budget.maximumBytes, bytes > limit {
      return KeepError(
        .usage, .option("--max-upload-bytes"),
        "\(bytes) (\(bytes.bytes) bytes) would be sent, and at most \(limit) (\(limit.bytes) bytes) are allowed",
        hint: "nothing was submitted; comfykeep plan, or rerun --dry-run, shows them")
    }
    return nil
  }
}
