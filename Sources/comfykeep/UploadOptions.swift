import ArgumentParser
import KeepModel
import KeepPipeline
import SystemPackage

/// Where files are uploaded that are too large to travel inside a request. Secrets stay in the environment.
struct UploadOptions: ParsableArguments {
  @Option(
    name: .customLong("upload"),
    help: ArgumentHelp(
      RecipeKey.help("upload.to")
        + " s3://BUCKET/PREFIX; https://HOST/{sha256}.{ext} for PUT; webdavs://HOST/FOLDER/ for WebDAV.",
      valueName: "TARGET"))
  var target: String?

  @Option(
    name: .customLong("upload-command"),
    help: ArgumentHelp(
      RecipeKey.help("upload.command") + " Words parted by spaces, or a JSON array.", valueName: "WORDS"))
  var command: String?

  @Option(
    name: .customLong("upload-endpoint"),
    help: ArgumentHelp(RecipeKey.help("upload.endpoint"), valueName: "URL"))
  var endpoint: String?

  @Option(
    name: .customLong("upload-region"),
    help: ArgumentHelp(RecipeKey.help("upload.region"), valueName: "REGION"))
  var region: String?

  @Option(
    name: .customLong("upload-addressing"),
    help: ArgumentHelp(RecipeKey.help("upload.addressing"), valueName: "CHOICE"),
    transform: ChoiceArgument.reading)
  var addressing: S3Target.Addressing?

  @Option(
    name: .customLong("upload-public-url"),
    help: ArgumentHelp(RecipeKey.help("upload.public_url"), valueName: "TEMPLATE"))
  var publicURL: String?

  @Option(
    name: .customLong("upload-header"),
    help: ArgumentHelp(RecipeKey.help("upload.headers"), valueName: "NAME=VARIABLE"))
  var headers: [String] = []

  @Option(
    name: .customLong("upload-auth"),
    help: ArgumentHelp(
      """
      The login, from the environment: bearer:VARIABLE, basic:USER_VARIABLE:PASSWORD_VARIABLE, netrc[:FILE], or \
      keys:ID_VARIABLE:SECRET_VARIABLE[:TOKEN_VARIABLE] for S3 (else AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, \
      AWS_SESSION_TOKEN).
      """, valueName: "LOGIN"))
  var login: String?

  @Option(
    name: .customLong("upload-lifetime"),
    help: ArgumentHelp(RecipeKey.help("upload.lifetime"), valueName: "TIME"), transform: TimeSpan.reading)
  var lifetime: TimeSpan?

  /// Puts what these options say into a recipe.
  func fill(_ recipe: inout Recipe) throws(KeepError) {
    recipe.upload.target = target
    recipe.upload.command = try command.map(UploadArgument.words)
    recipe.upload.endpoint = try URLArgument.url(endpoint, of: "--upload-endpoint")
    recipe.upload.region = region
    recipe.upload.addressing = addressing
    recipe.upload.publicURL = publicURL
    recipe.upload.headers = headers.isEmpty ? nil : try headers.map(UploadArgument.header)
    recipe.upload.lifetime = lifetime?.duration
    if let login { recipe.upload.login = try UploadArgument.login(login) }
  }
}

/// An http or https URL on the command line. It may hold a secret, so the parser of arguments must not see what is
/// wrong with it: it would show it.
enum URLArgument {
  /// Reads an option's value.
  ///
  /// - Throws: ``KeepError`` with code `usage` for a text that is none.
  static func url(_ text: String?, of option: String) throws(KeepError) -> HTTPURL? {
    guard let text else { return nil }
    guard let url = HTTPURL(text) else {
      throw KeepError(.usage, .option(option), "is no http or https URL without a login in it")
    }
    return url
  }
}

/// The parts of an upload that flags put into one word. What is wrong is never shown: it may be a secret.
enum UploadArgument {
  /// A JSON array of texts, or words parted by spaces.
  static func words(_ text: String) throws(KeepError) -> [String] {
    guard text.hasPrefix("[") else { return text.split(separator: " ").map(String.init) }
    let value = try? JSONDocument(parsing: Array(text.utf8)).value
    guard let items = value?.array, !items.isEmpty else {
      throw KeepError(.usage, .option("--upload-command"), "is no JSON array of texts")
    }
    return try items.map { item throws(KeepError) in
      guard let word = item.string else {
        throw KeepError(.usage, .option("--upload-command"), "is no JSON array of texts")
      }
      return word
    }
  }

  /// `NAME=VARIABLE`.
  static func header(_ text: String) throws(KeepError) -> RecipeUpload.Header {
    let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
    guard parts.count == 2, isVariable(parts[1]) else {
      throw KeepError(
        .usage, .option("--upload-header"), "is not NAME=VARIABLE",
        hint: "export the value in an environment variable and give the variable's name")
    }
    return RecipeUpload.Header(name: parts[0], variable: parts[1])
  }

  /// `bearer:VARIABLE` and the like, as `option` takes them.
  static func login(
    _ text: String, of option: String = "--upload-auth"
  ) throws(KeepError) -> RecipeUpload.Login {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    var login = RecipeUpload.Login()
    switch (parts[0], parts.count) {
    case ("netrc", 1): login.netrc = Environment.home.appending(".netrc")
    case ("netrc", _): login.netrc = FilePath(String(text.dropFirst("netrc:".count)))
    case ("bearer", 2) where isVariable(parts[1]): login.bearer = parts[1]
    case ("basic", 3) where parts.dropFirst().allSatisfy(isVariable):
      (login.user, login.password) = (parts[1], parts[2])
    case ("keys", 3...4) where parts.dropFirst().allSatisfy(isVariable):
      (login.accessKey, login.secretKey) = (parts[1], parts[2])
      login.sessionToken = parts.count == 4 ? parts[3] : nil
    default:
      throw KeepError(
        .usage, .option(option), "names no login",
        hint: "write bearer:VARIABLE, basic:USER_VARIABLE:PASSWORD_VARIABLE, netrc[:FILE] or "
          + "keys:ID_VARIABLE:SECRET_VARIABLE[:TOKEN_VARIABLE]")
    }
    return login
  }

  private static func isVariable(_ text: String) -> Bool {
    !text.isEmpty && text.first?.isNumber == false
      && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
  }
}
