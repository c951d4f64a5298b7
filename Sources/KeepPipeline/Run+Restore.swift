import KeepArchive
import KeepFiles
import KeepLedger
import KeepModel
import SystemPackage

/// A bundle that the ledger knows and that is no longer there.
struct LostBundle: Sendable {
  /// Where it lay.
  let path: FilePath
  /// How its run ended.
  let state: SubmissionState
  /// What the ledger says of it.
  let kept: KeptRun

  /// Removes its checksum file and its receipt, where they are still there.
  func removeSidecars() throws(KeepError) {
    let sidecars = BundleSidecars(of: path)
    for sidecar in [sidecars.checksum, sidecars.receipt] { try Folder.removeFile(sidecar) }
  }
}

extension Run {
  /// Makes a lost bundle again from what the ledger and the service still have; submits nothing, whatever comes
  /// of it.
  func restored(_ lost: LostBundle, _ base: SubmissionOutcome) async -> SubmissionOutcome {
    await tell(.note("\(lost.path.string) is gone: it is fetched again"))
    do {
      let outcome = try await pipeline.interruption.orValue { () async throws in
        guard let record = try await ledger.record(of: lost.kept.request) else {
          throw KeepError(.ledgerUnusable, .request(lost.kept.request), "is not in the ledger")
        }
        return try await keep(
          record.request, try await result(of: record.request), base, insteadOf: lost)
      }
      guard let outcome else { return base.ending(.unfinished, lost.error(.interrupted, "stopped")) }
      guard let checksum = outcome.bundleChecksum else { return try notRestored(lost, outcome.error, base) }
      if checksum != lost.kept.checksum {
        await tell(.note("it has other bytes than before: its SHA-256 is now \(checksum)"))
      }
      return outcome
    } catch {
      let error = KeepError.foreign(error)
      do {
        return try notRestored(lost, error, base)
      } catch {
        return base.ending(.unfinished, error)
      }
    }
  }

  /// What may still be had by a later command is told as such, with what is in the spool; else only a copy of
  /// the bundle helps.
  private func notRestored(
    _ lost: LostBundle, _ error: KeepError?, _ base: SubmissionOutcome
  ) throws(KeepError) -> SubmissionOutcome {
    let passing: Set<KeepError.Code> = [
      .unavailable, .tokenRefused, .interrupted, .localIO, .ledgerUnusable, .bundleExists,
    ]
    if let error, passing.contains(error.code) {
      return base.ending(.unfinished, lost.error(error.code, error.reason))
    }
    try Folder.removeSpool(pipeline.archive.layout.spool(lost.kept.request))
    return base.ending(
      .unfinished,
      KeepError(
        .fixity, .path(lost.path), "the ledger says it was kept there, and it is gone",
        hint: "put it back from a copy; \(lost.copy)"))
  }
}

extension LostBundle {
  /// Why it could not be made again this time.
  fileprivate func error(_ code: KeepError.Code, _ reason: String) -> KeepError {
    KeepError(
      code, .path(path),
      "the ledger says it was kept there; it is gone and could not be fetched again: \(reason)",
      hint: "run the same command again, or put it back from a copy; \(copy)")
  }

  /// What is known of a copy, in words.
  fileprivate var copy: String {
    let place = kept.stored.map { ", and \($0.place) has it" } ?? ""
    return "its SHA-256 is \(kept.checksum)\(place)"
  }
}

extension RetrievedOutput {
  /// The checksum of its file, where there is one.
  var checksum: Checksum? {
    if case .file(let file) = retrieval { file.checksum } else { nil }
  }

  /// Whether it cannot be had.
  var isMissing: Bool { if case .missing = retrieval { true } else { false } }
}

extension KeepError {
  /// After the time that the service keeps results, what is missing stays missing: the rest is all there will be.
  static func lastPart(
    _ request: Request, _ outputs: [RetrievedOutput], retention: Duration
  ) -> KeepError? {
    let wanted = outputs.filter { $0.retrieval != .omitted }
    let missing = wanted.count(where: \.isMissing)
    guard missing > 0, missing < wanted.count else { return nil }
    return KeepError(
      .expired, .request(request.id),
      "\(missing) of its \(wanted.count) outputs can no longer be had: the service keeps them for \(retention.wordsInDays)",
      hint: "--allow-partial keeps the rest as a partial bundle")
  }
}
