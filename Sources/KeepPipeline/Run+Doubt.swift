import KeepLedger
import KeepModel

extension Run {
  private var settler: DoubtSettler { pipeline.settler }

  /// Follows a submission in doubt whose request a webhook has named, if the service knows that; any other stays in
  /// doubt. To be called by who has its lease.
  func doubtful(_ key: SubmissionKey, _ base: SubmissionOutcome) async -> SubmissionOutcome {
    do {
      // Nobody else is at it: what was being sent was cut off.
      try await ledger.doubtInterrupted(key)
      guard try await settler.settleAlone(key), let request = try await ledger.latestRequest(of: key) else {
        return base.ending(.inDoubt, .stillInDoubt(key))
      }
      await tell(.resumed(request.id))
      var resumed = base
      resumed.request = request.id
      return await follow(request, resumed, in: pipeline.lanes.placeAnyway(on: request.deployment))
    } catch {
      await tell(.note("what a webhook said cannot be checked: \(error.reason)"))
      return base.ending(.inDoubt, .stillInDoubt(key))
    }
  }

  /// Waits for a webhook, heard here or by another process, that settles a doubt, and goes on with the run then.
  ///
  /// It does not have the submission's lease meanwhile: who hears the webhook settles it.
  func settled(_ doubtful: SubmissionOutcome, _ submission: Submission) async -> SubmissionOutcome {
    let key = submission.key
    var pause = Duration.milliseconds(500)
    var waited = Duration.zero
    await tell(.note("in doubt; waiting for the service to announce it"))
    while waited < pipeline.configuration.doubtPatience {
      do {
        _ = try await settler.settle(key)
        guard let state = try await ledger.standing(of: key)?.state else { return doubtful }
        if state != .inDoubt {
          let ended = await pipeline.archive.turns.alone("submission \(key)", patience: patience) {
            await deposited(await outcome(of: submission, isSettled: true))
          }
          return ended ?? doubtful
        }
      } catch {
        guard error.code != .ledgerUnusable else { return doubtful }
        await tell(.note("what a webhook said cannot be checked yet: \(error.reason)"))
      }
      guard await waits(pause) else { return doubtful }
      waited += pause
      pause = min(pause * 2, .seconds(5))
    }
    return doubtful
  }
}
