public import KeepModel
import KeepSubmit
public import KeepTransport

/// Asks the service to cancel runs.
public struct Canceller: Sendable {
  private let client: DeploymentClient

  /// A way to cancel at a service.
  public init(api: APIConfiguration, transport: any Transport) {
    self.client = DeploymentClient(transport: transport, api: api)
  }

  /// Asks for a cancel; the answer is a wish taken or not, never the end of the run.
  ///
  /// - Throws: ``KeepError`` as every call to the service.
  public func cancel(_ request: Request) async throws(KeepError) -> CancelAnswer {
    do {
      return try await client.cancel(request)
    } catch {
      throw .foreign(error)
    }
  }
}
