import ArgumentParser
import KeepModel
import KeepPipeline

/// `comfykeep archive`
struct ArchiveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "archive",
    abstract: "Keep runs by their request ids, also such as were made elsewhere.",
    discussion: """
      A run that this archive submitted needs no --deployment. A status or result URL of the service names both.

      EXAMPLES
        comfykeep archive 1b7a759a-f092-4758-9597-ee0e95d459c9 --deployment ID
        comfykeep archive https://HOST/prod/v1/deployments/D/requests/R/result
      """)

  @Argument(help: ArgumentHelp("Request ids, or status or result URLs.", valueName: "REQUEST"))
  var requests: [String]

  @Option(help: ArgumentHelp("The deployment that ran them, by id or name.", valueName: "DEPLOYMENT"))
  var deployment: String?

  @OptionGroup var service: ServiceOptions
  @OptionGroup var archive: ArchiveOptions
  @OptionGroup var keeping: KeepingOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await reporting(json: output.json) {
      let configuration = try keeping.configuration(for: service)
      try await PipelineSession(
        configuration: configuration, service: service, archive: archive, output: output
      ).keep { archive in
        let deployment = try await service.deploymentID(of: deployment)
        var found: [Request] = []
        for text in requests {
          found.append(
            try await RequestNaming.request(
              text, deployment: deployment, in: archive, of: configuration.api.baseURL))
        }
        return found
      }
    }
  }
}
