import ArgumentParser
import KeepModel
import KeepPipeline
import SystemPackage

/// What is to be run: files, node inputs, values, the workflow.
struct InputOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "Image, video, audio and 3D files, or folders of them; one run each.", valueName: "PATH")
  )
  var paths: [String] = []

  @Option(help: ArgumentHelp("The deployment's id.", valueName: "ID"))
  var deployment: String

  @Option(
    name: .customLong("asset"),
    help: ArgumentHelp(
      """
      The node input that takes each PATH; with =FILE or =URL that one goes into every run. \
      Can be left out when exactly one input fits.
      """, valueName: "NODE.INPUT[=FILE|URL]"))
  var assets: [String] = []

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      """
      A value for a node input; numbers keep their digits, @FILE reads a text, random draws a seed. \
      NODE is an id or a title.
      """, valueName: "NODE.INPUT=VALUE"))
  var settings: [String] = []

  @Option(
    help: ArgumentHelp(
      "The workflow in API form to check against (else the deployment's own).", valueName: "FILE"))
  var workflow: String?

  @Flag(name: .customLong("inline-workflow"), help: "Send the whole workflow of --workflow with each run.")
  var isInline = false

  @Flag(
    name: .customLong("allow-cutting"),
    help: "Let --set and --asset replace an input that is wired to another node.")
  var allowsCutting = false

  @Flag(name: .shortAndLong, help: "Look into folders of folders.")
  var recursive = false

  func validate() throws {
    if isInline && workflow == nil {
      throw ValidationError("--inline-workflow needs --workflow FILE")
    }
  }

  /// What these options ask of a service.
  func wish(of service: ServiceOptions) -> RunWish {
    RunWish(
      deployment: DeploymentID(deployment), paths: paths.map { FilePath($0) },
      isRecursive: recursive, assets: assets, settings: settings,
      workflow: workflow.map { FilePath($0) }, isInline: isInline, allowsCutting: allowsCutting,
      allowsLocalURLs: service.reachesLocalURLs)
  }
}
