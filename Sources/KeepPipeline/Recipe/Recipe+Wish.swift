public import KeepModel
import SystemPackage

extension Recipe {
  /// What the environment says that a recipe could say too.
  ///
  /// AWS's variables are not among them: they only fill in what neither flags nor recipe name.
  public init(environment: (String) -> String?) {
    self.init()
    apiURL = environment("RUNCOMFY_API_URL").flatMap { HTTPURL($0) }
    archive = environment("COMFYKEEP_ARCHIVE").map { FilePath($0) }
  }

  /// What is asked for, with the defaults for what nobody says.
  ///
  /// - Parameters:
  ///   - allowsLocalURLs: Whether an asset may be a plain HTTP or private address.
  ///   - isConfirmed: Whether a person confirmed a large batch.
  ///   - environment: Gives the secrets that the upload names.
  /// - Throws: ``KeepError`` with code `usage` where no deployment is named, the workflow that is to be sent is
  ///   missing, or the upload makes no sense.
  public func wish(
    allowsLocalURLs: Bool = false, isConfirmed: Bool = false, environment: @escaping (String) -> String?
  ) throws(KeepError) -> RunWish {
    let all = overriding(.standard)
    guard let deployment = all.deployment else {
      throw KeepError(
        .usage, .option("--deployment"), "no deployment is named",
        hint: "give --deployment ID, or write deployment: ID into the recipe")
    }
    guard all.isInline != true || all.workflow != nil else {
      throw KeepError(.usage, .option("--inline-workflow"), "--inline-workflow needs --workflow FILE")
    }
    var wish = RunWish(
      deployment: DeploymentID(deployment), paths: all.paths ?? [], isRecursive: all.isRecursive == true,
      assets: (all.assets ?? []).map(\.text), settings: (all.settings ?? []).map(\.text),
      workflow: all.workflow, isInline: all.isInline == true, allowsCutting: all.allowsCutting == true,
      allowsLocalURLs: allowsLocalURLs)
    wish.includes = all.includes ?? []
    wish.excludes = all.excludes ?? []
    wish.table = all.table
    wish.usesSidecars = all.usesSidecars == true
    wish.sweeps = (all.sweeps ?? []).map(\.text)
    wish.objectInfo = all.objectInfo
    wish.stripsMetadata = all.stripsMetadata == true
    wish.limits = all.limits.inputLimits
    wish.preference = all.preference ?? wish.preference
    wish.upload = try all.upload.target(environment: environment)
    wish.probesURLs = all.probesURLs == true
    wish.budget = RunBudget(
      maximumRuns: all.maximumRuns, maximumBytes: all.maximumUploadBytes, isConfirmed: isConfirmed)
    return wish
  }

  /// Puts its settings into how runs are submitted, followed and kept; what it does not name gets its default.
  public func configure(_ configuration: inout Pipeline.Configuration) {
    let all = overriding(.standard)
    configuration.concurrency = all.concurrency
    configuration.overallConcurrency = all.overallConcurrency ?? configuration.overallConcurrency
    configuration.maximumSameFailures = all.maximumSameFailures.flatMap { $0 == 0 ? nil : $0 }
    configuration.retention = all.retention ?? configuration.retention
    configuration.pollInterval = all.pollInterval ?? configuration.pollInterval
    configuration.maximumWait = all.maximumWait
    configuration.repeatsEnded = all.repeatsEnded ?? configuration.repeatsEnded
    configuration.webhook = all.webhook
    configuration.webhookAnnouncesProgress =
      all.webhookAnnouncesProgress ?? configuration.webhookAnnouncesProgress
    // What is not said here may have been said by the command that submitted a run.
    configuration.allowsPartial = allowsPartial
    configuration.includesTemporary = includesTemporary
    configuration.includesInputs = includesInputs
    configuration.exportFolder = all.export
    configuration.outputHosts = all.outputHosts
    configuration.minimumBalance = all.minimumBalance
  }
}

extension Recipe.Limits {
  /// The limits, with the known ones where none is set.
  var inputLimits: InputLimits {
    var limits = InputLimits()
    limits.warnedInline = warnedInline ?? limits.warnedInline
    limits.maximumInline = maximumInline ?? limits.maximumInline
    limits.maximumBody = maximumBody ?? limits.maximumBody
    limits.advisedImage = advisedImage ?? limits.advisedImage
    limits.advisedVideo = advisedVideo ?? limits.advisedVideo
    limits.maximumFile = maximumFile ?? [:]
    return limits
  }
}
