internal import KeepModel
internal import KeepTransport

/// What lies under a name, held against an asset.
enum Presence: Sendable, Equatable {
  case absent
  /// The asset's bytes, as far as the store can tell.
  case same
  /// Something else, in words.
  case other(String)
  /// The store does not let us look.
  case hidden
}

/// Sends an asset to a name that other bytes must not lose: looks first, sends on the condition that nothing is there,
/// and looks again afterwards.
///
/// The condition alone is not enough, since some stores ignore it; nor is looking alone, since another may come
/// between. A store that does not know conditions (501) is sent to without, and that is noted.
struct GuardedUpload {
  let access: StoreAccess
  let url: HTTPURL
  /// Set once a byte of the body was sent.
  let mark: SentMark
  /// Looks at what is there.
  let look: () async throws(KeepError) -> Presence
  /// Sends the bytes, on the condition that nothing is there or without one.
  let send: (_ isConditional: Bool) async throws(KeepError) -> BufferedResponse
  /// Removes what we have left there half sent.
  let remove: () async throws(KeepError) -> Void
  /// The error for an answer that refuses the bytes.
  let refusal: (BufferedResponse) -> KeepError
  /// Whether an answer says that another write came between and that this one may be tried again.
  var isConflict: (BufferedResponse) -> Bool = { _ in false }

  /// Returns whether the bytes were there already.
  ///
  /// - Throws: ``KeepError`` with `upload_failed` when other bytes lie there or the store refuses; `unavailable` after
  ///   retries; what the body of the request throws.
  func run() async throws(KeepError) -> Bool {
    switch try await look() {
    case .same: return true
    case .other(let what): throw occupied(what)
    case .absent, .hidden: break
    }
    var course = Course(pauses: StoreAccess.Pauses(access))
    while true {
      if let wasThere = try await attempt(&course) { return wasThere }
    }
  }

  /// How it has gone so far.
  private struct Course {
    var pauses: StoreAccess.Pauses
    var isConditional = true
    /// Set once a try of ours may have left something: what lies there then is not somebody else's.
    var mayBeOurs = false
  }

  /// One try; whether the bytes were there already, or `nil` where there is to be another.
  private func attempt(_ course: inout Course) async throws(KeepError) -> Bool? {
    let answer: BufferedResponse
    do throws(KeepError) {
      answer = try await send(course.isConditional)
    } catch {
      if mark.isSet { course.mayBeOurs = true }
      switch try await presence(after: error, &course.pauses) {
      case .same: return false
      case .absent: return nil
      case .other(let what) where !course.mayBeOurs: throw occupied(what)
      case .other, .hidden:
        if course.mayBeOurs { course.isConditional = false }
        return nil
      }
    }
    switch answer.status {
    case 200...299:
      try await confirm(answer)
      return false
    case 501 where course.isConditional:
      course.isConditional = false
      access.noteUnconditional()
      return nil
    case 412,
      409 where isConflict(answer):
      return try await settle(answer, &course)
    default:
      // A server that fails, or one before it, may have kept a part.
      course.mayBeOurs = course.mayBeOurs || answer.status >= 500
      guard RetryPolicy.isTemporary(answer.status), try await course.pauses.pause(after: answer, url) else {
        if course.mayBeOurs { await tidy() }
        throw refusal(answer)
      }
      return nil
    }
  }

  /// Sees who was faster, after an answer that says somebody was.
  private func settle(
    _ answer: BufferedResponse, _ course: inout Course
  ) async throws(KeepError) -> Bool? {
    switch try await look() {
    case .same: return !course.mayBeOurs
    case .other where course.mayBeOurs: course.isConditional = false
    case .other(let what): throw occupied(what)
    // Something has a name that only these bytes are given; what it is shows when it is fetched.
    case .hidden where answer.status == 412 && !course.mayBeOurs: return true
    case .absent, .hidden: break
    }
    guard try await course.pauses.pause(after: answer, url) else { throw refusal(answer) }
    return nil
  }

  /// What is there after a try that failed and is worth another; what it may have left is removed where it is not.
  private func presence(
    after error: KeepError, _ pauses: inout StoreAccess.Pauses
  ) async throws(KeepError) -> Presence {
    guard error.code == .unavailable, try await pauses.pause(after: error, url) else {
      await tidy()
      throw error
    }
    return try await look()
  }

  /// Looks at what is there after the store has said that it took the bytes; several times, since one that others
  /// write to as well may show it late.
  private func confirm(_ answer: BufferedResponse) async throws(KeepError) {
    var found = try await look()
    for _ in 0..<3 where found == .absent {
      do {
        try await access.clock.sleep(for: access.policy.firstWait)
      } catch {
        throw KeepError(.interrupted, .address(url.withoutQuery.description), "the upload was interrupted")
      }
      found = try await look()
    }
    switch found {
    case .same, .hidden: return
    case .absent:
      throw failed("the store said that it took the file, and has nothing under its name", answer.status)
    case .other(let what):
      await tidy()
      throw failed("the store said that it took the file, and has \(what)", answer.status)
    }
  }

  /// Removes what is there and not the asset. Only once nothing but ours can be there.
  ///
  /// Looks several times: a server may see late that a connection broke, and hold the file until then.
  private func tidy() async {
    for round in 0..<3 {
      guard !Task.isCancelled else { return }
      do {
        if round > 0 { try await access.clock.sleep(for: access.policy.firstWait) }
        switch try await look() {
        case .same, .hidden: return
        case .absent: continue
        case .other: try await remove()
        }
      } catch {
        // The failure that led here is what the caller is told.
        continue
      }
    }
  }

  private func occupied(_ what: String) -> KeepError {
    failed(
      "the name is taken by other bytes: \(what)", nil,
      hint: "remove them if they are what a broken upload left behind; nothing is overwritten")
  }

  private func failed(_ reason: String, _ status: Int?, hint: String? = nil) -> KeepError {
    KeepError(
      .uploadFailed, .address(url.withoutQuery.description), reason, hint: hint, httpStatus: status)
  }
}
