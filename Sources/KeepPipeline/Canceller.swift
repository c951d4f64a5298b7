public import KeepModel
import KeepSubmit
public import KeepTransport

/// Asks the service to cancel runs.
public struct Canceller: Sendable {
  private let client: DeploymentClient

  /// A way to cancel at a service.
  public init(api: APIConfiguration, transport: any Transport) {
    self.init(client: DeploymentClient(transport: transport, api: api))
  }

  init(client: DeploymentClient) { self.client = client }

  /// Asks for a cancel; the answer is a wish taken or not, never the end of the run.
  ///
  /// - Parameter archive: Where the answer is written down, if the run is known there.
  /// - Throws: ``KeepError`` as every call to the service.
  public func cancel(
    _ request: Request, recordedIn archive: Archive? = nil
  ) async throws(KeepError) -> CancelAnswer {
    do {
      let answer = try await client.cancel(request)
      await archive?.recordCancel(of: request.id, answer.record)
      return answer
    } catch {
      let failure = KeepError.foreign(error)
      await archive?.recordCancel(of: request.id, "failed: \(failure.reason)")
      throw failure
    }
  }
}

extension CancelAnswer {
  /// The answer as the ledger tells it.
  fileprivate var record: String {
    switch self {
    case .accepted(let word): "accepted: \(word)"
    case .notCancellable(let word): "not cancellable: \(word)"
    }
  }
}
