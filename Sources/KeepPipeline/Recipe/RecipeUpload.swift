public import KeepModel
public import SystemPackage

/// Where a recipe or flags have files uploaded. Secrets are named by environment variable and never part of it.
public struct RecipeUpload: Sendable, Equatable {
  /// A header whose value stands in an environment variable.
  public struct Header: Sendable, Equatable {
    /// The header's name.
    public var name: String
    /// The environment variable that holds its value.
    public var variable: String

    /// A header whose value stands in an environment variable.
    public init(name: String, variable: String) {
      self.name = name
      self.variable = variable
    }
  }

  /// The environment variables, or the file, that hold a login.
  public struct Login: Sendable, Equatable {
    /// Holds a bearer token.
    public var bearer: String?
    /// Holds a user's name.
    public var user: String?
    /// Holds that user's password.
    public var password: String?
    /// A netrc file.
    public var netrc: FilePath?
    /// Holds the id of an S3 access key (else `AWS_ACCESS_KEY_ID`).
    public var accessKey: String?
    /// Holds that key's secret (else `AWS_SECRET_ACCESS_KEY`).
    public var secretKey: String?
    /// Holds the token of temporary credentials (else `AWS_SESSION_TOKEN`).
    public var sessionToken: String?

    /// No login.
    public init() {}
  }

  /// `s3://BUCKET/PREFIX`, `https://…{sha256}.{ext}` for PUT, `webdavs://…` for WebDAV.
  public var target: String?
  /// A program that uploads a file and prints its URL, with its arguments.
  public var command: [String]?
  /// The S3 server (else AWS).
  public var endpoint: HTTPURL?
  /// The S3 region.
  public var region: String?
  /// How the bucket is named in the URL.
  public var addressing: S3Target.Addressing?
  /// Where the service fetches what was uploaded, if that is another URL.
  public var publicURL: String?
  /// Headers that go with each PUT.
  public var headers: [Header]?
  /// How long a URL lives.
  public var lifetime: Duration?
  /// The login.
  public var login = Login()

  /// Nothing is uploaded.
  public init() {}

  /// Whether it says where to.
  public var namesTarget: Bool { target != nil || command != nil }
}

extension RecipeUpload {
  /// The target with its secrets, which `environment` gives; `nil` where none is named.
  ///
  /// - Throws: ``KeepError`` with code `usage` for a target or setting that makes no sense, and for a variable
  ///   that is not set.
  public func target(
    environment: @escaping (String) -> String?
  ) throws(KeepError) -> UploadTarget? {
    let variables = UploadVariables(environment)
    if let command {
      guard target == nil else { throw Self.refusal("--upload-command", "cannot be combined with --upload") }
      try checkUnused(
        for: "a command", [.endpoint, .region, .addressing, .publicURL, .headers, .login, .s3Login])
      guard let program = command.first, !program.isEmpty else {
        throw Self.refusal("--upload-command", "names no program")
      }
      return .command(CommandTarget(arguments: command, linkLifetime: lifetime))
    }
    guard let target else {
      guard self == RecipeUpload() || self == Self.unused else {
        throw Self.refusal("--upload", "names no target, and other settings of the upload are given")
      }
      return nil
    }
    switch UploadScheme(of: target) {
    case .s3: return .s3(try s3(target, variables))
    case .put(let template):
      try checkUnused(for: "PUT", [.endpoint, .region, .addressing, .s3Login])
      return .put(
        PutTarget(
          template: try UploadTemplate.checked(template), publicTemplate: try publicTemplate(),
          headers: try headers(variables), credentials: try credentials(variables)))
    case .webDAV(let template):
      try checkUnused(for: "WebDAV", [.endpoint, .region, .addressing, .s3Login, .headers])
      return .webDAV(
        WebDAVTarget(
          template: try UploadTemplate.checked(template), publicTemplate: try publicTemplate(),
          credentials: try credentials(variables)))
    case nil:
      throw Self.refusal(
        "--upload", "is no place that files are uploaded to",
        hint: "write s3://BUCKET/PREFIX, https://HOST/{sha256}.{ext} for PUT, or webdavs://HOST/FOLDER/")
    }
  }

  private static let unused: RecipeUpload = {
    var upload = RecipeUpload()
    upload.lifetime = Recipe.standard.upload.lifetime
    return upload
  }()

  private func s3(_ target: String, _ variables: UploadVariables) throws(KeepError) -> S3Target {
    try checkUnused(for: "S3", [.headers, .login])
    let parts = target.dropFirst("s3://".count).split(
      separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    let bucket = String(parts[0])
    guard !bucket.isEmpty, bucket.utf8.allSatisfy(Self.isBucketByte) else {
      throw Self.refusal("--upload", "names no bucket", hint: "write s3://BUCKET/PREFIX")
    }
    let prefix = parts.count > 1 ? String(parts[1]) : ""
    try UploadTemplate.checkNames(prefix, UploadTemplate.names, "--upload")
    let ofAWS = try variables.first("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL").map { text throws(KeepError) in
      guard let url = HTTPURL(text) else {
        throw Self.refusal("--upload-endpoint", "AWS_ENDPOINT_URL is not an http or https URL")
      }
      return url
    }
    let named = endpoint ?? ofAWS
    let ownKeys = login.accessKey != nil || login.secretKey != nil
    let accessKey = try variables.value(login.accessKey ?? "AWS_ACCESS_KEY_ID", "access_key_env")
    let secretKey = try variables.value(login.secretKey ?? "AWS_SECRET_ACCESS_KEY", "secret_key_env")
    let session: String? =
      if let name = login.sessionToken {
        try variables.value(name, "session_token_env")
      } else {
        ownKeys ? nil : variables.first("AWS_SESSION_TOKEN")
      }
    return S3Target(
      endpoint: named, bucket: bucket, prefix: prefix,
      region: region ?? variables.first("AWS_REGION", "AWS_DEFAULT_REGION") ?? "us-east-1",
      addressing: addressing, accessKey: accessKey, secretKey: Secret(secretKey),
      sessionToken: session.map { Secret($0) },
      publicTemplate: try publicURL.map { template throws(KeepError) in
        try UploadTemplate.checked(
          template, names: UploadTemplate.names + ["key"], option: "--upload-public-url")
      }, linkLifetime: lifetime ?? Recipe.standard.upload.lifetime ?? .seconds(86_400))
  }

  private static func isBucketByte(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF) || "-._".utf8.contains(byte)
  }

  private func publicTemplate() throws(KeepError) -> String? {
    try publicURL.map { template throws(KeepError) in
      try UploadTemplate.checked(template, option: "--upload-public-url")
    }
  }

  private func headers(_ variables: UploadVariables) throws(KeepError) -> [PutTarget.Header] {
    var found: [PutTarget.Header] = []
    for header in headers ?? [] {
      let isToken =
        !header.name.isEmpty
        && header.name.utf8.allSatisfy { byte in
          (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF) || "-_".utf8.contains(byte)
        }
      guard isToken else { throw Self.refusal("--upload-header", "names no header") }
      let value = try variables.value(header.variable, "headers")
      found.append(PutTarget.Header(name: header.name, value: Secret(value)))
    }
    return found
  }

  private func credentials(_ variables: UploadVariables) throws(KeepError) -> UploadCredentials {
    let ways = [login.bearer != nil, login.user != nil || login.password != nil, login.netrc != nil]
    guard ways.count(where: { $0 }) <= 1 else {
      throw Self.refusal("--upload-auth", "names more than one login")
    }
    if let bearer = login.bearer { return .bearer(Secret(try variables.value(bearer, "bearer_env"))) }
    if let netrc = login.netrc { return .netrc(netrc) }
    guard login.user != nil || login.password != nil else { return .none }
    guard let user = login.user, let password = login.password else {
      throw Self.refusal("--upload-auth", "needs both user_env and password_env")
    }
    return .basic(
      user: try variables.value(user, "user_env"),
      password: Secret(try variables.value(password, "password_env")))
  }

  /// Settings that belong to some kinds of targets alone.
  private enum Setting: String {
    case endpoint, region, addressing
    case publicURL = "public_url"
    case headers
    case login = "a login other than an access key"
    case s3Login = "an access key"
  }

  private func checkUnused(for target: String, _ settings: [Setting]) throws(KeepError) {
    let isGiven: (Setting) -> Bool = { setting in
      switch setting {
      case .endpoint: endpoint != nil
      case .region: region != nil
      case .addressing: addressing != nil
      case .publicURL: publicURL != nil
      case .headers: headers != nil
      case .login: [login.bearer, login.user, login.password].contains { $0 != nil } || login.netrc != nil
      case .s3Login: [login.accessKey, login.secretKey, login.sessionToken].contains { $0 != nil }
      }
    }
    if let found = settings.first(where: isGiven) {
      throw Self.refusal("--upload", "\(target) does not take \(found.rawValue)")
    }
  }

  static func refusal(_ option: String, _ reason: String, hint: String? = nil) -> KeepError {
    KeepError(.usage, .option(option), reason, hint: hint)
  }
}

/// What a target's text begins with.
private enum UploadScheme {
  case s3
  case put(String)
  case webDAV(String)

  init?(of target: String) {
    let scheme = target.prefix { $0 != ":" }.lowercased()
    let rest = target.dropFirst(scheme.count)
    guard rest.hasPrefix("://") else { return nil }
    switch scheme {
    case "s3": self = .s3
    case "https", "http": self = .put(target)
    case "webdavs": self = .webDAV("https" + rest)
    case "webdav": self = .webDAV("http" + rest)
    default: return nil
    }
  }
}

/// Where the secrets come from.
private struct UploadVariables {
  private let environment: (String) -> String?

  init(_ environment: @escaping (String) -> String?) { self.environment = environment }

  /// The first of the variables that is set.
  func first(_ names: String...) -> String? {
    names.lazy.compactMap { environment($0) }.first { !$0.isEmpty }
  }

  /// A variable that has to be set. Its name is not shown: it may be a secret that was put in the wrong place.
  func value(_ name: String, _ key: String) throws(KeepError) -> String {
    guard let value = environment(name), !value.isEmpty else {
      let shown = name.hasPrefix("AWS_") ? name : "the environment variable that \(key) names"
      throw RecipeUpload.refusal(
        key == "headers" ? "--upload-header" : "--upload-auth", "\(shown) is not set or empty")
    }
    guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
      throw RecipeUpload.refusal("--upload-auth", "the value that \(key) names holds control characters")
    }
    return value
  }
}

/// URLs in which names of the asset may stand.
enum UploadTemplate {
  /// What may stand in braces.
  static let names = ["sha256", "ext", "stem", "date"]

  /// A template that gives every asset a URL of its own; a folder takes `{sha256}.{ext}`.
  static func checked(
    _ template: String, names: [String] = names, option: String = "--upload"
  ) throws(KeepError) -> String {
    let whole = template.hasSuffix("/") ? template + "{sha256}.{ext}" : template
    try checkNames(whole, names, option)
    let sample = names.reduce(whole) { $0.replacing("{\($1)}", with: "x") }
    guard HTTPURL(sample) != nil else {
      throw RecipeUpload.refusal(
        option, "is no http or https URL without a login in it", hint: "a login is given by --upload-auth")
    }
    guard whole.contains("{sha256}") || whole.contains("{key}") else {
      throw RecipeUpload.refusal(
        option, "holds no {sha256}, so that several files would get the same address",
        hint: "write …/{sha256}.{ext}")
    }
    return whole
  }

  static func checkNames(_ template: String, _ names: [String], _ option: String) throws(KeepError) {
    var rest = names.reduce(template) { $0.replacing("{\($1)}", with: "") }[...]
    guard let open = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) else { return }
    rest = rest[open...].prefix { $0 != "}" }
    let known = names.map { "{\($0)}" }.joined(separator: ", ")
    throw RecipeUpload.refusal(option, "\(rest)} is not known; there are \(known)")
  }
}
