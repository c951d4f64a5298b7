import ArgumentParser
import KeepModel
import KeepPipeline
import SystemPackage

/// `comfykeep listen`
struct ListenCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "listen",
    abstract: "Hear the service's webhooks, and keep every run that they tell of.",
    discussion: """
      The same as sweep --loop --listen PORT. A webhook is only a hint: the service is asked, with the token, before \
      anything is believed. Runs that other programs submitted are taken in if the service knows them; the address \
      for them is printed with --show-address.

      EXAMPLE
        comfykeep listen --port 8765 --public-url https://hooks.example.com
      """)

  @Option(help: ArgumentHelp("The port to listen on; 0 for a free one.", valueName: "PORT"))
  var port: UInt16

  @Option(
    name: .customLong("public-url"),
    help: ArgumentHelp("The https address by which the service reaches that port.", valueName: "URL"))
  var publicURL: String

  @Option(
    name: .customLong("listen-host"),
    help: ArgumentHelp(
      "Listen on this address instead of the loopback, without TLS (default: 127.0.0.1).",
      valueName: "ADDRESS"))
  var host: String?

  @Flag(
    name: .customLong("show-address"),
    help: "Print the whole address, secret included, for programs of yours that submit runs elsewhere.")
  var showsAddress = false

  @Option(
    name: .customLong("recipe"),
    help: ArgumentHelp("A recipe that names the archive and its store.", valueName: "FILE"))
  var recipeFile: String?

  @OptionGroup(title: "The service") var service: ServiceOptions
  @OptionGroup(title: "The archive") var archive: ArchiveOptions
  @OptionGroup(title: "The archive's store") var store: ArchiveStoreOptions
  @OptionGroup(title: "What is kept") var keeping: KeepingOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await reporting(json: output.json) {
      let setting = WebhookSetting(
        port: port, host: host ?? "127.0.0.1", publicURL: publicURL, isOpenToOthers: host != nil,
        takesForeign: true)
      try await SweepCommand.session(
        recipeFile, service: service, archive: archive, store: store, keeping: keeping, output: output
      ).sweep(every: .seconds(60), hearing: setting, showsAddress: showsAddress)
    }
  }
}
