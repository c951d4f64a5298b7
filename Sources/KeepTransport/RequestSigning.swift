public import KeepModel

/// Signing with AWS Signature Version 4, which every S3-compatible store checks.
///
/// The signature covers method, path, query, all headers of the request and the body by its hash. That hash is the
/// caller's to give, as the header `x-amz-content-sha256`: a signed request without one is refused. A session token is
/// a header like any other, `x-amz-security-token`.
public struct RequestSigning: Sendable, Equatable {
  /// The region that the store believes to be in, such as `us-east-1`.
  public var region: String
  /// The service, `s3`.
  public var service: String
  /// The access key's id.
  public var accessKey: String
  /// The access key's secret. It is never sent.
  public var secretKey: Secret

  /// Signing for a region and a service.
  public init(region: String, service: String = "s3", accessKey: String, secretKey: Secret) {
    self.region = region
    self.service = service
    self.accessKey = accessKey
    self.secretKey = secretKey
  }
}
