import ArgumentParser
import KeepModel
import KeepPipeline

/// Where the service's webhooks are heard.
struct ListenOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Hear the service's webhooks on this port, 0 for a free one; with --public-url.", valueName: "PORT"))
  var listen: Int?

  @Option(
    name: .customLong("public-url"),
    help: ArgumentHelp("The https address by which the service reaches that port.", valueName: "URL"))
  var publicURL: String?

  @Option(
    name: .customLong("listen-host"),
    help: ArgumentHelp(
      "Listen on this address instead of the loopback, without TLS (default: 127.0.0.1).",
      valueName: "ADDRESS"))
  var host: String?

  func validate() throws {
    guard listen.map((0...65_535).contains) != false else {
      throw ValidationError("--listen is a port from 0 to 65535")
    }
    guard (listen == nil) == (publicURL == nil) else {
      throw ValidationError("--listen and --public-url go together")
    }
    guard host == nil || listen != nil else { throw ValidationError("--listen-host goes with --listen") }
  }

  /// What they ask for; `nil` for nothing.
  ///
  /// - Parameter takesForeign: Whether runs that were made elsewhere are taken in.
  func setting(takesForeign: Bool) -> WebhookSetting? {
    guard let publicURL, let port = listen.flatMap({ UInt16(exactly: $0) }) else { return nil }
    return WebhookSetting(
      port: port, host: host ?? "127.0.0.1", publicURL: publicURL, isOpenToOthers: host != nil,
      takesForeign: takesForeign)
  }
}
