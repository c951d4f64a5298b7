package import KeepModel

/// Builds the service's addresses, and judges those that it names itself.
package struct APIAddress: Sendable {
  /// What can be asked of a request.
  package enum Call: String, Sendable {
    case status
    case result
    case cancel
  }

  private let base: HTTPURL

  package init(base: HTTPURL) {
    self.base = base.withoutQuery
  }

  package func inference(
    _ deployment: DeploymentID, version: APIConfiguration.Version
  ) throws(KeepError) -> HTTPURL {
    base.appending(
      "prod", version.rawValue, "deployments", try Self.component(deployment, .deployment(deployment)),
      "inference")
  }

  package func request(
    _ request: Request, _ call: Call, version: APIConfiguration.Version
  ) throws(KeepError) -> HTTPURL {
    base.appending(
      "prod", version.rawValue, "deployments",
      try Self.component(request.deployment, .deployment(request.deployment)), "requests",
      try Self.component(request.id, .request(request.id)), call.rawValue)
  }

  package func deployment(_ id: DeploymentID) throws(KeepError) -> HTTPURL {
    base.appending("prod", "v2", "deployments", try Self.component(id, .deployment(id)))
  }

  package var deployments: HTTPURL { base.appending("prod", "v2", "deployments") }
  package var balance: HTTPURL { base.appending("prod", "v2", "balance") }

  /// Whether the token may go there.
  package func isOurs(_ url: HTTPURL) -> Bool { url.origin == base.origin }

  /// The address that the service named for a call, if it is on the API's own origin and ends in the call:
  /// a "cancel" address that ends in `inference` would start a run.
  package func trusted(_ url: HTTPURL?, for call: Call) -> HTTPURL? {
    guard let url, isOurs(url), url.path.hasSuffix("/\(call.rawValue)") else { return nil }
    return url
  }

  private static func component<Kind>(
    _ id: Identifier<Kind>, _ subject: KeepError.Subject
  ) throws(KeepError) -> String {
    guard id.isPathSafe else {
      throw KeepError(
        .inputRejected, subject, "is not an id: it may hold letters, digits, \"-\", \"_\", \":\" and \".\"")
    }
    return id.rawValue
  }
}
