public import SystemPackage

/// A place that assets are uploaded to and that the service can fetch them from by a URL.
///
/// Names there come from the asset: `{sha256}` (64 hexadecimal digits), `{ext}` (the extension of the media type,
/// without a dot), `{stem}` (the file's name without its extension, made safe for a URL) and `{date}`
/// (`YYYY-MM-DD`, UTC) may stand in every template.
public enum UploadTarget: Sendable, Equatable {
  /// HTTPS PUT to a URL made from a template.
  case put(PutTarget)
  /// A bucket of an S3-compatible store.
  case s3(S3Target)
  /// A folder of a WebDAV server.
  case webDAV(WebDAVTarget)
  /// A program that uploads a file and prints its URL.
  case command(CommandTarget)
}

extension UploadTarget {
  /// Where it is, if files would go there by plain HTTP and beyond this machine.
  public var plainOrigin: HTTPURL.Origin? {
    let place: HTTPURL? =
      switch self {
      case .put(let target): HTTPURL(target.template.prefix { $0 != "{" && $0 != "?" }.description)
      case .webDAV(let target): HTTPURL(target.template.prefix { $0 != "{" && $0 != "?" }.description)
      case .s3(let target): target.endpoint
      case .command: nil
      }
    guard let place, place.origin.scheme == "http", !place.isLoopback else { return nil }
    return place.origin
  }
}

/// Who we are to an upload server. Never part of a URL, and sent to that server's origin alone.
public enum UploadCredentials: Sendable, Equatable {
  /// Nobody in particular.
  case none
  /// `Authorization: Bearer …`.
  case bearer(Secret)
  /// `Authorization: Basic …`.
  case basic(user: String, password: Secret)
  /// The login of a netrc file for the server's host.
  case netrc(FilePath)
}

/// HTTPS PUT to a URL made from a template.
public struct PutTarget: Sendable, Equatable {
  /// A header that goes with each upload; its value is a secret to everybody but the server.
  public struct Header: Sendable, Equatable {
    /// The name.
    public var name: String
    /// The value.
    public var value: Secret

    /// A header.
    public init(name: String, value: Secret) {
      self.name = name
      self.value = value
    }
  }

  /// Where it is put, such as `https://media.example.org/in/{sha256}.{ext}`.
  public var template: String
  /// Where the service fetches it, if that is another URL.
  public var publicTemplate: String?
  /// Headers that go with each upload.
  public var headers: [Header]
  /// Who we are.
  public var credentials: UploadCredentials

  /// HTTPS PUT to a URL made from a template.
  public init(
    template: String, publicTemplate: String? = nil, headers: [Header] = [],
    credentials: UploadCredentials = .none
  ) {
    self.template = template
    self.publicTemplate = publicTemplate
    self.headers = headers
    self.credentials = credentials
  }
}

/// A bucket of an S3-compatible store.
public struct S3Target: Sendable, Equatable {
  /// How the bucket is named in the URL.
  public enum Addressing: String, Sendable, Hashable, CaseIterable {
    /// `https://endpoint/bucket/key`, which every store other than AWS takes.
    case path
    /// `https://bucket.endpoint/key`.
    case virtualHost = "host"
  }

  /// The server; `nil` for AWS in ``region``.
  public var endpoint: HTTPURL?
  /// The bucket.
  public var bucket: String
  /// What every key begins with, a template such as `comfykeep/{date}`; empty for none.
  public var prefix: String
  /// The region that requests are signed for.
  public var region: String
  /// How the bucket is named in the URL; `nil` for virtual host at AWS and path elsewhere.
  public var addressing: Addressing?
  /// The access key's id.
  public var accessKey: String
  /// The access key's secret.
  public var secretKey: Secret
  /// The token of temporary credentials.
  public var sessionToken: Secret?
  /// Where the service fetches objects without a signature, for a public bucket or a CDN in front of it, a template
  /// that may also hold `{key}`; `nil` for presigned URLs.
  public var publicTemplate: String?
  /// How long a presigned URL lives, at most seven days. It has to outlast the queue.
  public var linkLifetime: Duration

  /// A bucket of an S3-compatible store.
  public init(
    endpoint: HTTPURL? = nil, bucket: String, prefix: String = "", region: String = "us-east-1",
    addressing: Addressing? = nil, accessKey: String, secretKey: Secret, sessionToken: Secret? = nil,
    publicTemplate: String? = nil, linkLifetime: Duration = .seconds(86_400)
  ) {
    self.endpoint = endpoint
    self.bucket = bucket
    self.prefix = prefix
    self.region = region
    self.addressing = addressing
    self.accessKey = accessKey
    self.secretKey = secretKey
    self.sessionToken = sessionToken
    self.publicTemplate = publicTemplate
    self.linkLifetime = linkLifetime
  }
}

/// A folder of a WebDAV server.
public struct WebDAVTarget: Sendable, Equatable {
  /// Where it is put, such as `https://dav.example.org/in/{date}/{sha256}.{ext}`; folders are made as needed.
  public var template: String
  /// Where the service fetches it, if that is another URL.
  public var publicTemplate: String?
  /// Who we are.
  public var credentials: UploadCredentials

  /// A folder of a WebDAV server.
  public init(
    template: String, publicTemplate: String? = nil, credentials: UploadCredentials = .none
  ) {
    self.template = template
    self.publicTemplate = publicTemplate
    self.credentials = credentials
  }
}

/// A program that uploads a file and prints its URL, run without a shell.
public struct CommandTarget: Sendable, Equatable {
  /// The program and its arguments; `{path}` stands for the file, and the templates' names may be used too.
  public var arguments: [String]
  /// How long its URLs live; `nil` for ever.
  public var linkLifetime: Duration?

  /// A program that uploads a file and prints its URL.
  public init(arguments: [String], linkLifetime: Duration? = nil) {
    self.arguments = arguments
    self.linkLifetime = linkLifetime
  }
}
