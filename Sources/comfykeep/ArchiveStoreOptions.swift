import ArgumentParser
import KeepModel
import KeepPipeline

/// The store of objects that an archive's bundles are put into. Secrets stay in the environment.
struct ArchiveStoreOptions: ParsableArguments {
  @Option(
    name: .customLong("archive-endpoint"),
    help: ArgumentHelp(RecipeKey.help("archive_store.endpoint"), valueName: "URL"))
  var endpoint: String?

  @Option(
    name: .customLong("archive-region"),
    help: ArgumentHelp(RecipeKey.help("archive_store.region"), valueName: "REGION"))
  var region: String?

  @Option(
    name: .customLong("archive-addressing"),
    help: ArgumentHelp(RecipeKey.help("archive_store.addressing"), valueName: "CHOICE"),
    transform: ChoiceArgument.reading)
  var addressing: S3Target.Addressing?

  @Option(
    name: .customLong("archive-auth"),
    help: ArgumentHelp(
      """
      The access key, from the environment: keys:ID_VARIABLE:SECRET_VARIABLE[:TOKEN_VARIABLE] (else \
      AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN).
      """, valueName: "LOGIN"))
  var login: String?

  @Flag(
    name: .customLong("keep-local"), inversion: .prefixedNo,
    help: ArgumentHelp(RecipeKey.help("archive_store.keep_local")))
  var keepsLocal: Bool?

  /// Puts what these options, and the store that `--archive` names, say into a recipe.
  func fill(_ recipe: inout Recipe, _ archive: ArchiveOptions) throws(KeepError) {
    recipe.archiveStore.target = archive.store
    recipe.archiveStore.endpoint = try URLArgument.url(endpoint, of: "--archive-endpoint")
    recipe.archiveStore.region = region
    recipe.archiveStore.addressing = addressing
    recipe.keepsLocal = keepsLocal
    if let login { recipe.archiveStore.login = try UploadArgument.login(login, of: "--archive-auth") }
  }
}

extension Recipe {
  /// Where bundles are put, with the secrets that the environment holds; `nil` for nowhere but the folder.
  ///
  /// - Throws: ``KeepError`` with code `usage` for what makes no sense, and for a secret that is not set.
  func deposit(_ service: ServiceOptions) throws(KeepError) -> DepositTarget? {
    try depositTarget(allowsPlain: service.allowsHTTP) { Environment[$0] }
  }
}
