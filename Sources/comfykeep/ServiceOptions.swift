import ArgumentParser
import KeepHTTP
import KeepModel
import KeepPipeline
import SystemPackage

/// The service's address and the token.
struct ServiceOptions: ParsableArguments {
  @Option(
    name: .customLong("api-url"),
    help: ArgumentHelp(RecipeKey.help("api.url"), valueName: "URL"))
  var apiURL: String?

  @Option(
    name: .customLong("api-version"),
    help: ArgumentHelp(RecipeKey.help("api.version"), valueName: "VERSION"))
  var apiVersion: String?

  @Option(
    name: .customLong("token-file"),
    help: ArgumentHelp(
      "A file with the token, readable by you alone (else RUNCOMFY_API_TOKEN).", valueName: "FILE"))
  var tokenFile: String?

  @Option(
    name: .customLong("ca-file"),
    help: ArgumentHelp(
      "Certificates to trust besides the system's (else SSL_CERT_FILE).", valueName: "FILE"))
  var caFile: String?

  @Flag(name: .customLong("allow-http"), help: "Allow plain http:// to a host that is not this machine.")
  var allowsHTTP = false

  /// The service that these options and the environment name.
  ///
  /// - Throws: ``KeepError`` with `usage` for a bad address or version, `token_refused` without a token.
  func configuration() throws -> APIConfiguration {
    let (url, version) = try place()
    return APIConfiguration(
      baseURL: url, version: version, token: try token(),
      coreAPIKey: Environment["COMFY_ORG_API_KEY"].map { Secret($0) })
  }

  /// The service's address, and which version of its paths.
  ///
  /// - Throws: ``KeepError`` with `usage` for a bad address or version.
  func place() throws -> (url: HTTPURL, version: APIConfiguration.Version) {
    let text = address
    guard let url = HTTPURL(text) else {
      throw KeepError(.usage, .option("--api-url"), "is not an http or https URL: \(Terminal.safe(text))")
    }
    guard url.origin.scheme == "https" || url.isLoopback || allowsHTTP else {
      throw KeepError(
        .usage, .option("--api-url"), "the token would travel unencrypted to \(url.origin)",
        hint: "use https, or --allow-http if you mean it")
    }
    let spelled = apiVersion ?? Recipe.standard.apiVersion?.rawValue ?? ""
    guard let version = APIConfiguration.Version(rawValue: spelled) else {
      throw KeepError(.usage, .option("--api-version"), "is v1 or v2, not \(Terminal.safe(spelled))")
    }
    return (url, version)
  }

  private var address: String {
    apiURL ?? Environment["RUNCOMFY_API_URL"] ?? Recipe.standard.apiURL?.description ?? ""
  }

  /// With what a recipe says where neither flags nor environment do.
  func filled(from recipe: Recipe) -> ServiceOptions {
    var filled = self
    if Environment["RUNCOMFY_API_URL"] == nil { filled.apiURL = apiURL ?? recipe.apiURL?.description }
    filled.apiVersion = apiVersion ?? recipe.apiVersion?.rawValue
    return filled
  }

  /// Whether the service may fetch assets from plain HTTP or private addresses: one on this machine can.
  var reachesLocalURLs: Bool { allowsHTTP || HTTPURL(address)?.isLoopback == true }

  private func token() throws -> Secret {
    if let tokenFile { return try TokenSource.file(FilePath(tokenFile)) }
    return try TokenSource.environment("RUNCOMFY_API_TOKEN", Environment["RUNCOMFY_API_TOKEN"])
  }

  func transport() throws -> CurlTransport {
    var configuration = CurlTransport.Configuration()
    configuration.userAgent = "comfykeep/\(Version.current)"
    // Said of in KeepSubmit's article on the submit protocol: tests cannot wait for minutes.
    if let wait = Environment["COMFYKEEP_ANSWER_WAIT"].flatMap({ TimeSpan(argument: $0) }) {
      configuration.slowWindow = wait.duration
      configuration.slowWindowWithBody = wait.duration
    }
    configuration.caFile = (caFile ?? Environment["SSL_CERT_FILE"]).map { FilePath($0) }
    return try CurlTransport(configuration)
  }
}
