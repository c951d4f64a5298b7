import ArgumentParser
import KeepModel
import KeepPipeline
import SystemPackage

/// How folders are watched, and what becomes of the files.
struct WatchOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("How long a file must look the same before it is taken.", valueName: "TIME"),
    transform: TimeSpan.reading)
  var settle = TimeSpan(.seconds(2))

  @Option(
    name: .customLong("give-up-after"),
    help: ArgumentHelp(
      "How long a file that is cut off, empty or not what it is named as is waited for before it is parked.",
      valueName: "TIME"),
    transform: TimeSpan.reading)
  var patience = TimeSpan(.seconds(600))

  @Flag(
    help: "Look through the folders again and again, as is done by itself on network shares.")
  var poll = false

  @Option(
    name: .customLong("poll-every"),
    help: ArgumentHelp("How long between two looks through a folder that is polled.", valueName: "TIME"),
    transform: TimeSpan.reading)
  var pollInterval = TimeSpan(.seconds(5))

  @Option(
    help: ArgumentHelp(
      "What becomes of a file afterwards: leave, or move to done/, failed/ or skipped/ in its folder.",
      valueName: "CHOICE"),
    transform: WordArgument.reading(WatchSetting.Filing.allCases))
  var after = WatchSetting.Filing.leave

  @Option(
    help: ArgumentHelp(
      "At a folder's first watch, whether the files in it are run or skipped; by default run, if they are few.",
      valueName: "CHOICE"),
    transform: WordArgument.reading([WatchSetting.Existing.run, .skip]))
  var existing = WatchSetting.Existing.ask

  @Flag(
    name: .customLong("export-beside"),
    help: "Write outputs as plain files beside the files they were made of.")
  var exportsBeside = false

  @Option(
    name: .customLong("max-runs-per-day"),
    help: ArgumentHelp("Submit no more runs than this in a day, by UTC.", valueName: "COUNT"))
  var maximumRunsPerDay: Int?

  @Option(
    name: .customLong("max-bytes-per-day"),
    help: ArgumentHelp("Send no more than this in a day, by UTC.", valueName: "SIZE"),
    transform: SizeArgument.reading)
  var maximumBytesPerDay: ByteCount?

  @Option(
    name: .customLong("min-balance"),
    help: ArgumentHelp(RecipeKey.help("budget.min_balance"), valueName: "USD"),
    transform: DollarsArgument.reading)
  var minimumBalance: Balance?

  @Flag(
    name: .customLong("trust-recipes"),
    help: "Take a comfykeep.yaml in a watched folder that belongs to somebody else.")
  var trustsRecipes = false

  @Option(
    help: ArgumentHelp("Show what goes on as a page at this address of this machine.", valueName: "HOST:PORT")
  )
  var dashboard: String?

  @Option(
    help: ArgumentHelp("How the log on standard error is written: plain, or json.", valueName: "FORM"),
    transform: WordArgument.reading(WatchLog.Form.allCases))
  var log = WatchLog.Form.plain

  func validate() throws {
    guard settle.duration >= .milliseconds(50) else { throw ValidationError("--settle is 50ms or more") }
    guard pollInterval.duration >= .milliseconds(50) else {
      throw ValidationError("--poll-every is 50ms or more")
    }
    guard maximumRunsPerDay.map({ $0 > 0 }) != false else {
      throw ValidationError(
        "--max-runs-per-day is at least 1; comfykeep pause keeps everything from being submitted")
    }
    guard maximumBytesPerDay?.bytes != 0 else {
      throw ValidationError(
        "--max-bytes-per-day is more than 0; comfykeep pause keeps everything from being submitted")
    }
    if let dashboard, DashboardPlace(dashboard) == nil {
      throw ValidationError("--dashboard is an address and a port, such as 127.0.0.1:8080")
    }
  }

  /// The setting for some folders.
  func setting(_ folders: [FilePath], _ service: ServiceOptions) -> WatchSetting {
    var setting = WatchSetting(folders)
    setting.settle = settle.duration
    setting.patience = patience.duration
    setting.polls = poll
    setting.pollInterval = pollInterval.duration
    setting.filing = after
    setting.existing = existing
    setting.exportsBeside = exportsBeside
    setting.maximumRunsPerDay = maximumRunsPerDay
    setting.maximumBytesPerDay = maximumBytesPerDay
    setting.trustsRecipes = trustsRecipes
    setting.home = Environment.home
    setting.allowsLocalURLs = service.reachesLocalURLs
    setting.allowsPlainUploads = service.allowsHTTP
    setting.environment = { Environment[$0] }
    return setting
  }
}

/// One of a few words on the command line.
enum WordArgument {
  /// Reads an option's value; another word is told which there are.
  static func reading<Word: RawRepresentable<String> & SendableMetatype>(_ words: [Word])
    -> @Sendable (String) throws -> Word
  {
    let texts = words.map(\.rawValue)
    return { text in
      guard texts.contains(text), let word = Word(rawValue: text) else {
        throw ValidationError("one of \(texts.joined(separator: ", "))")
      }
      return word
    }
  }
}

/// `HOST:PORT` of a dashboard; a port alone is on the loopback.
struct DashboardPlace {
  let host: String
  let port: UInt16

  init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard let port = parts.last.flatMap({ UInt16($0) }) else { return nil }
    let host = parts.dropLast().joined(separator: ":")
    self.host =
      host.isEmpty
      ? "127.0.0.1" : host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
    self.port = port
  }
}
