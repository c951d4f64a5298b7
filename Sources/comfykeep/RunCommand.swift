import ArgumentParser
import KeepHTTP
import KeepModel
import KeepPipeline
import SystemPackage

/// `comfykeep run`
struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Submit a run for each file, wait, and keep every output in a verified bundle.",
    discussion: """
      Without a PATH one run is submitted, if --set or --asset gives a value.
      The same command again submits nothing that is kept, running or in doubt.
      Ctrl-C once leaves runs going, to be kept by the next command; twice quits at once.

      EXAMPLES
        comfykeep run photos/ --deployment ID --asset 189.image
        comfykeep run cat.jpg --deployment ID --set 6.text='a cat at night'
        comfykeep run cat.jpg --deployment ID --set 25.noise_seed=random
        comfykeep run photos/ --deployment ID --asset 1.image --asset 2.mask=m.png
        comfykeep run a.mp4 --deployment ID --workflow v.json --inline-workflow
      """)

  @OptionGroup var input: InputOptions
  @OptionGroup var service: ServiceOptions
  @OptionGroup var archive: ArchiveOptions
  @OptionGroup var keeping: KeepingOptions
  @OptionGroup var output: OutputOptions

  @Option(help: ArgumentHelp("How many runs are under way at once.", valueName: "COUNT"))
  var concurrency = 4

  @Flag(
    name: .customLong("retry-failed"),
    help: "Submit again what failed, was canceled, expired, came out empty or was abandoned.")
  var retriesFailed = false

  @Flag(
    name: .customLong("cancel-on-interrupt"), help: "At Ctrl-C, ask the service to cancel what is running.")
  var cancelsOnInterrupt = false

  func validate() throws {
    guard (1...64).contains(concurrency) else { throw ValidationError("--concurrency is from 1 to 64") }
  }

  func run() async throws {
    try await reporting(json: output.json) {
      var configuration = try keeping.configuration(for: service)
      configuration.concurrency = concurrency
      configuration.repeatsEnded = retriesFailed
      configuration.cancelsOnInterrupt = cancelsOnInterrupt
      try await PipelineSession(
        configuration: configuration, service: service, archive: archive, output: output
      ).run(input.wish(of: service))
    }
  }
}
