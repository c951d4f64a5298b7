/// Where the service is and who we are to it.
public struct APIConfiguration: Sendable, Hashable {
  /// Which of the two spellings of the request paths is used first.
  public enum Version: String, Sendable, Hashable, CaseIterable {
    case v1
    case v2

    package var other: Version { self == .v1 ? .v2 : .v1 }
  }

  /// The service's address, `https://api.runcomfy.net` unless set otherwise.
  public let baseURL: HTTPURL
  /// The version of the request paths.
  public let version: Version
  /// The token; sent to the base URL's origin alone.
  public let token: Secret
  /// The Comfy Org key for nodes that call paid models; sent in the body of a submission alone.
  public let coreAPIKey: Secret?
  /// What makes the address of webhooks unguessable, where there is one; the service may repeat it.
  package var webhookSecret: Secret?

  /// Where the service is and who we are to it.
  public init(
    baseURL: HTTPURL, version: Version = .v1, token: Secret, coreAPIKey: Secret? = nil
  ) {
    self.baseURL = baseURL
    self.version = version
    self.token = token
    self.coreAPIKey = coreAPIKey
  }

  /// Equal if addresses, version and secrets are.
  public static func == (left: Self, right: Self) -> Bool {
    left.baseURL == right.baseURL && left.version == right.version && left.token == right.token
      && left.coreAPIKey == right.coreAPIKey
  }

  /// Hashes address and version, never a secret.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(baseURL)
    hasher.combine(version)
  }

  /// Text from the service with our secrets struck out.
  package func redacting(_ text: String) -> String {
    [token, coreAPIKey, webhookSecret].compactMap { $0 }.reduce(text) { $1.redacting($0) }
  }
}
