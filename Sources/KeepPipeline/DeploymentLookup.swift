public import KeepModel
import KeepSubmit
public import KeepTransport

/// Finds the deployment that a person named by its id or its name.
public struct DeploymentLookup: Sendable {
  private let client: DeploymentClient

  /// A way to look names up at a service.
  public init(
    api: APIConfiguration, transport: any Transport, clock: any Clock<Duration>,
    now: @escaping @Sendable () -> Timestamp
  ) {
    let retrying = RetryingTransport(transport, policy: RetryPolicy(attempts: 4), clock: clock, now: now)
    self.init(client: DeploymentClient(transport: retrying, api: api))
  }

  init(client: DeploymentClient) { self.client = client }

  /// The id that a text stands for. A UUID is one; any other text is looked for among the account's deployments: as
  /// an id, as a name, as a name in other case.
  ///
  /// - Throws: ``KeepError`` with code `usage` when nothing fits (near names are given), or when several do (their
  ///   ids are given); and as every call to the service.
  public func id(of text: String) async throws(KeepError) -> DeploymentID {
    if let id = Self.uuid(text) { return id }
    guard !text.isEmpty else { throw Self.empty }
    let all: [Deployment]
    do {
      all = try await client.deployments()
    } catch {
      throw .foreign(error)
    }
    return try Self.choose(text, among: all).id
  }

  /// The id that a text stands for where nobody can be asked, and what is worth saying about it: a text that is no
  /// UUID may be an id all the same, or a name.
  ///
  /// - Throws: ``KeepError`` with code `usage` for what can only be a name.
  static func idUnasked(_ text: String) throws(KeepError) -> (id: DeploymentID, warning: String?) {
    if let id = uuid(text) { return (id, nil) }
    guard !text.isEmpty else { throw empty }
    let id = DeploymentID(text)
    guard id.isPathSafe else {
      throw KeepError(
        .usage, .option("--deployment"),
        "\(text) is no id, and names are not looked up where nothing is asked of the service",
        hint: "give the id that comfykeep deployments list shows")
    }
    return (
      id,
      "\(text) is taken for the deployment's id; if it is its name, what was submitted before is not recognised, "
        + "since names are not looked up where nothing is asked of the service"
    )
  }

  private static var empty: KeepError { KeepError(.usage, .option("--deployment"), "is empty") }

  /// 8-4-4-4-12 hexadecimal digits, in lower case: spelled otherwise it would be another submission.
  static func uuid(_ text: String) -> DeploymentID? {
    let groups = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard groups.map(\.count) == [8, 4, 4, 4, 12],
      groups.allSatisfy({ group in group.allSatisfy { Hexadecimal.value(of: $0) != nil } })
    else { return nil }
    return DeploymentID(text.lowercased())
  }

  /// The one deployment that a text fits.
  static func choose(_ text: String, among all: [Deployment]) throws(KeepError) -> Deployment {
    let id = DeploymentID(text)
    if let deployment = all.first(where: { $0.id == id }) { return deployment }
    for isExact in [true, false] {
      let fitting = all.filter { deployment in
        guard let name = deployment.name else { return false }
        return isExact ? name == text : name.lowercased() == text.lowercased()
      }
      if fitting.count == 1 { return fitting[0] }
      if fitting.count > 1 {
        let ids = fitting.map(\.id.rawValue).joined(separator: ", ")
        throw KeepError(
          .usage, .option("--deployment"), "\(fitting.count) deployments are named \(text): \(ids)",
          hint: "name it by its id")
      }
    }
    let near = NearMiss.question(near: text, among: all.compactMap(\.name))
    let names = all.prefix(12).map { $0.name ?? $0.id.rawValue }.joined(separator: ", ")
    let rest = near.isEmpty && !names.isEmpty ? "; there \(all.count == 1 ? "is" : "are") \(names)" : ""
    throw KeepError(
      .usage, .option("--deployment"), "no deployment is named \(text)\(near)\(rest)",
      hint: "comfykeep deployments list shows them all")
  }
}

extension DeploymentID {
  /// Whether it is spelled as every id of the service is, and is no name.
  public var isUUID: Bool { DeploymentLookup.uuid(rawValue) != nil }
}
