import KeepInput
import KeepModel
import Synchronization
import SystemPackage

/// The recipe that holds for a file of a watched folder, with what was asked of the service for it.
final class WatchedRecipe: Sendable {
  /// How long what the service told of a deployment counts.
  static let freshFor = Duration.seconds(600)

  /// Tells it from others, and from itself before a change.
  let id: String
  let recipe: Recipe
  /// What it asks for, without files.
  let wish: RunWish
  private let prepared = Mutex<(wish: PreparedWish, at: Duration)?>(nil)
  private let pipelines = Mutex<[FilePath?: Pipeline]>([:])
  private let uploads = Mutex<UploadDesk?>(nil)

  /// - Throws: ``KeepError`` with `usage` where it does not tell what to run.
  init(id: String, recipe: Recipe, _ setting: WatchSetting) throws(KeepError) {
    self.id = id
    self.recipe = recipe
    var wish = try recipe.wish(
      allowsLocalURLs: setting.allowsLocalURLs, isConfirmed: true, environment: setting.environment)
    wish.paths = []
    wish.table = nil
    wish.allowsPlainUploads = setting.allowsPlainUploads
    self.wish = wish
  }

  /// What it asks for, checked against the deployment, where that was asked for a short while ago.
  func prepared(at now: Duration) -> ArrivalRecipe? {
    guard let known = prepared.withLock({ $0 }), now - known.at < Self.freshFor else { return nil }
    return ArrivalRecipe(recipe: self, wish: known.wish)
  }

  /// Asks the service for it.
  ///
  /// - Throws: ``KeepError`` as ``Planner/prepare(_:)``.
  func prepare(
    _ planner: Planner, at now: @Sendable () -> Duration
  ) async throws(KeepError) -> ArrivalRecipe {
    let fresh = try await planner.prepare(wish)
    let time = now()
    prepared.withLock { $0 = (fresh, time) }
    return ArrivalRecipe(recipe: self, wish: fresh)
  }

  /// Forgets what the service told.
  func forget() { prepared.withLock { $0 = nil } }

  /// The pipeline for its runs.
  ///
  /// - Parameter export: Where outputs go as plain files, if not where the recipe says.
  func pipeline(_ base: Pipeline, export: FilePath?) -> Pipeline {
    let desk = uploads.withLock { desk in
      let made =
        desk
        ?? UploadDesk(
          wish.upload, stores: base.planner.stores, allowsLocal: wish.allowsLocalURLs, now: base.now)
      desk = made
      return made
    }
    if let known = pipelines.withLock({ $0[export] }) { return known }
    let made = base.following(recipe, wish.upload, desk, export: export)
    made.clearExport()
    return pipelines.withLock { pipelines in
      // One for each folder that outputs are exported to beside their inputs.
      if pipelines.count > 100 { pipelines = [:] }
      pipelines[export] = made
      return made
    }
  }
}

extension Pipeline {
  /// This pipeline with a recipe's settings for its runs; the service, the archive and the limits stay.
  fileprivate func following(
    _ recipe: Recipe, _ upload: UploadTarget?, _ desk: UploadDesk, export: FilePath?
  ) -> Pipeline {
    var configuration = configuration
    let base = configuration
    recipe.configure(&configuration)
    configuration.api = base.api
    configuration.webhook = base.webhook
    configuration.webhookAnnouncesProgress = base.webhookAnnouncesProgress
    configuration.cancelsOnInterrupt = false
    configuration.repeatsKept = false
    configuration.allowsLocalURLs = base.allowsLocalURLs
    configuration.exportFolder = export ?? configuration.exportFolder
    configuration.upload = upload
    var pipeline = configured(configuration)
    pipeline.uploads = desk
    return pipeline
  }
}
