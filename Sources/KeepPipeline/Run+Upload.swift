import KeepFiles
import KeepInput
import KeepLedger
import KeepModel
import SystemPackage

extension Run {
  /// The name under which one at a time uploads some bytes, finds them there, or removes them.
  static func turn(ofUpload checksum: Checksum) -> String { "upload \(checksum)" }

  /// The submission with its assets hosted that are to travel by a URL, and that recorded.
  ///
  /// The ledger knows from the claim on that the run needs them, so what is there when their turn comes stays there; the
  /// turns are taken one after the other and never two at once, so no two runs can wait for each other.
  ///
  /// - Throws: ``KeepError`` with `upload_failed`, `unavailable`, `input_rejected`; `interrupted` when a person wants to
  ///   stop before everything is uploaded: nothing was submitted then.
  func uploaded(_ submission: Submission) async throws(KeepError) -> Submission {
    var overrides = submission.overrides
    let copies = submission.reading(from: pipeline.inputs).overrides
    var isChanged = false
    for case (let input, .asset(.upload(let asset))) in overrides.sorted {
      guard case .asset(.upload(let copy)) = copies[input] else { continue }
      let object = try await host(copy, named: asset.filename)
      overrides[input] = .asset(.hosted(object.url, asset))
      isChanged = true
    }
    guard isChanged else { return submission }
    let hosted = submission.with(overrides)
    try await ledger.recordPlacement(of: hosted)
    CrashPoint.placementRecorded.pass()
    return hosted
  }

  private func host(_ copy: Asset, named name: String) async throws(KeepError) -> HostedObject {
    await tell(.uploading(name, 0, of: copy.size))
    let (steps, continuation) = AsyncStream.makeStream(of: UInt64.self, bufferingPolicy: .bufferingNewest(1))
    async let telling: Void = tell(name, steps, of: copy.size)
    let result: Result<HostedObject?, KeepError>
    do {
      let desk = pipeline.uploads
      let archive = pipeline.archive
      let inputs = pipeline.inputs
      // Another process may have it for as long as a large file takes.
      let patience = Patience(interruption: pipeline.interruption, clock: pipeline.clock)
      result = .success(
        try await pipeline.interruption.orValue {
          try await archive.turns.alone(Self.turn(ofUpload: copy.checksum), patience: patience) {
            let lent = inputs.lend(copy)
            defer { inputs.takeBack(lent) }
            return try await desk.host(lent, archive.ledger) { sent in continuation.yield(sent) }
          }
        }?.flatMap { $0 })
    } catch {
      // A program's last words may hold anything.
      let foreign = KeepError.foreign(error)
      result = .failure(foreign.saying(pipeline.configuration.api.redacting(foreign.reason)))
    }
    continuation.finish()
    await telling
    for note in pipeline.uploads.notes.take() { await tell(.note(note)) }
    guard let object = try result.get() else { throw .interruptedBeforeSubmit }
    if object.wasThere {
      await tell(.note("\(name == label ? "" : name + " ")is at the upload target already"))
    }
    return object
  }

  private func tell(_ name: String, _ steps: AsyncStream<UInt64>, of size: ByteCount) async {
    for await sent in steps {
      CrashPoint.uploading.pass()
      await tell(.uploading(name, ByteCount(sent), of: size))
    }
  }
}

extension KeepError {
  /// This error with its reason in other words.
  fileprivate func saying(_ reason: String) -> KeepError {
    KeepError(
      code, subject, reason, hint: hint, retry: retry, delivery: delivery, httpStatus: httpStatus)
  }
}
