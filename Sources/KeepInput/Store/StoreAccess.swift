internal import KeepModel
internal import KeepTransport

/// The way to a store: exchanges that are tried again while that may help.
struct StoreAccess: Sendable {
  let transport: any Transport
  let policy: RetryPolicy
  let clock: any Clock<Duration>
  let now: @Sendable () -> Timestamp
  let random: @Sendable () -> Double
  /// Which hosts may be connected to.
  let reach: HTTPRequest.Reach
  /// Told, in words, of what does not change the outcome and is worth saying; the same may be said often.
  var note: @Sendable (String) -> Void = { _ in }

  /// An answer that counts is at most this large: lists of parts are.
  private static let answerLimit = ByteCount.mebibytes(4)

  /// Says that a store is sent to without the condition that nothing has the name, which it does not know.
  func noteUnconditional() {
    note(
      "the store does not know If-None-Match (501): files are sent without it, and looked for before and after alone"
    )
  }

  /// One exchange.
  ///
  /// - Throws: ``KeepError`` as `Transport.response(to:limit:)`.
  func once(_ request: HTTPRequest) async throws(KeepError) -> BufferedResponse {
    var request = request
    request.reach = reach
    do {
      return try await transport.response(to: request, limit: Self.answerLimit)
    } catch let error as KeepError {
      throw error
    } catch {
      throw KeepError(
        .failure, .address(request.url.withoutQuery.description), "the exchange failed: \(error)")
    }
  }

  /// An exchange that may be made again without harm, and is while the answer or the failure may pass.
  ///
  /// - Parameter isTemporary: whether an answer may pass, beyond the statuses that say so.
  /// - Throws: ``KeepError`` of the last failure.
  func answer(
    to request: HTTPRequest, isTemporary: @Sendable (BufferedResponse) -> Bool = { _ in false }
  ) async throws(KeepError) -> BufferedResponse {
    var pauses = Pauses(self)
    while true {
      do throws(KeepError) {
        let answer = try await once(request)
        guard RetryPolicy.isTemporary(answer.status) || isTemporary(answer),
          try await pauses.pause(after: answer, request.url)
        else { return answer }
      } catch {
        guard try await pauses.pause(after: error, request.url) else { throw error }
      }
    }
  }

  /// The waits between the tries of one purpose.
  struct Pauses {
    private let access: StoreAccess
    private var attempt = 1
    private var waited = Duration.zero

    init(_ access: StoreAccess) { self.access = access }

    /// Waits before the try after an answer; `false` when there is to be none.
    mutating func pause(after answer: BufferedResponse, _ url: HTTPURL) async throws(KeepError) -> Bool {
      let named = answer.headers["Retry-After"].flatMap { RetryAfter.wait($0, now: access.now()) }
      return try await pause(named, url)
    }

    /// Waits before the try after a failure; `false` when there is to be none.
    mutating func pause(after error: KeepError, _ url: HTTPURL) async throws(KeepError) -> Bool {
      switch error.retry {
      case .never: false
      case .backOff: try await pause(nil, url)
      case .after(let named): try await pause(named, url)
      }
    }

    private mutating func pause(_ named: Duration?, _ url: HTTPURL) async throws(KeepError) -> Bool {
      guard
        let wait = access.policy.wait(
          after: attempt, named: named, waited: waited, random: access.random())
      else { return false }
      attempt += 1
      waited += wait
      do {
        try await access.clock.sleep(for: wait)
      } catch {
        throw KeepError(
          .interrupted, .address(url.withoutQuery.description),
          "the upload was interrupted while waiting to try again")
      }
      return true
    }
  }
}
