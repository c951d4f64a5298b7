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
      Flags hold before the environment, that before --recipe, and that before the defaults.

      EXAMPLES
        comfykeep run photos/ --deployment ID --asset 189.image
        comfykeep run cat.jpg --deployment ID --set 6.text='a cat at night'
        comfykeep run cat.jpg --deployment ID --set 25.noise_seed=random
        comfykeep run photos/ --deployment ID --asset 1.image --asset 2.mask=m.png
        comfykeep run a.mp4 --deployment ID --workflow v.json --inline-workflow
        comfykeep run photos/ --deployment ID --archive s3://my-bucket/runs
        comfykeep run --recipe recipe.yaml
        find . -name '*.png' -print0 | comfykeep run - --recipe recipe.yaml
      """)

  @OptionGroup(title: "What is run") var input: InputOptions
  @OptionGroup(title: "Runs") var submitting: SubmitOptions
  @OptionGroup(title: "Webhooks") var listening: ListenOptions
  @OptionGroup(title: "The service") var service: ServiceOptions
  @OptionGroup(title: "The archive") var archive: ArchiveOptions
  @OptionGroup(title: "The archive's store") var store: ArchiveStoreOptions
  @OptionGroup(title: "What is kept") var keeping: KeepingOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard submitting.webhook == nil || listening.listen == nil else {
      throw ValidationError("--webhook and --listen exclude each other")
    }
  }

  func run() async throws {
    try await reporting(json: output.json) {
      let settings = try RunSettings(
        input, service: service, archive: archive, store: store, keeping: keeping,
        submitting: submitting)
      var configuration = Pipeline.Configuration(api: try settings.service.configuration())
      settings.recipe.configure(&configuration)
      configuration.repeatsKept = submitting.repeatsKept
      configuration.cancelsOnInterrupt = submitting.cancelsOnInterrupt
      try await PipelineSession(
        configuration: configuration, service: settings.service, archive: settings.archive,
        deposit: settings.recipe.deposit(settings.service), output: output
      ).run(settings.wish(), hearing: listening.setting(takesForeign: false))
    }
  }
}
