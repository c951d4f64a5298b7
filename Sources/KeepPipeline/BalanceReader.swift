public import KeepModel
import KeepSubmit
public import KeepTransport

/// Looks at what is left in the account. It costs nothing, so what fails in passing is asked again.
public struct BalanceReader: Sendable {
  private let client: DeploymentClient

  /// The account that the token belongs to.
  public init(
    api: APIConfiguration, transport: any Transport, clock: any Clock<Duration>,
    now: @escaping @Sendable () -> Timestamp
  ) {
    let retrying = RetryingTransport(transport, policy: RetryPolicy(attempts: 4), clock: clock, now: now)
    self.client = DeploymentClient(transport: retrying, api: api)
  }

  /// What is left.
  ///
  /// - Throws: ``KeepError`` with code `token_refused`; `interrupted` when cancelled; `unavailable` where the service
  ///   does not tell, after four tries.
  public func balance() async throws(KeepError) -> Balance {
    do {
      return try await client.balance()
    } catch {
      let error = KeepError.foreign(error)
      guard error.code != .tokenRefused, error.code != .interrupted else { throw error }
      throw KeepError(
        .unavailable, .none, "the balance cannot be read: \(error.description)", hint: error.hint,
        retry: error.retry, httpStatus: error.httpStatus)
    }
  }
}
