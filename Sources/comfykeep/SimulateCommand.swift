import ArgumentParser
import Dispatch
import Glibc
import KeepModel
import KeepSimulator
import SystemPackage

/// `comfykeep simulate`: the local service, until it is interrupted.
struct SimulateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Run a local service that speaks RunComfy's API, without account and cost.",
    discussion: """
      The token that it takes is RUNCOMFY_API_TOKEN, or simulator-token. It serves the sample workflows unless \
      others are named, and ends with SIGINT or SIGTERM.

      Faults:
      \(Fault.help)
      """)

  @Option(help: ArgumentHelp("The address to listen on.", valueName: "address"))
  var host = "127.0.0.1"

  @Option(help: "The port of the API; 0 for any free one.")
  var port = 0

  @Option(help: "The port of outputs and uploads; 0 for any free one.")
  var outputPort = 0

  @Option(
    name: .customLong("workflow"),
    help: ArgumentHelp("Serve a deployment of a workflow in API form; repeatable.", valueName: "id=file"))
  var workflowFiles: [String] = []

  @Option(
    help: ArgumentHelp(
      "Serve every *.json of a folder as a deployment, in the order of names.", valueName: "dir"))
  var workflows: String?

  @Option(
    name: .customLong("fault"),
    help: ArgumentHelp("Misbehave in a way listed above; repeatable.", valueName: "name[=value][@count]"))
  var faults: [String] = []

  @Option(help: ArgumentHelp("How long results are kept, such as 7d or 90s.", valueName: "duration"))
  var retention: TimeSpan = TimeSpan(.seconds(7 * 86_400))

  @Option(help: ArgumentHelp("Time in the queue, such as 50ms.", valueName: "duration"))
  var queue: TimeSpan = TimeSpan(.milliseconds(50))

  @Option(help: ArgumentHelp("Time to start up a cold instance.", valueName: "duration"))
  var coldStart: TimeSpan = TimeSpan(.milliseconds(50))

  @Option(help: ArgumentHelp("Time of a run.", valueName: "duration"))
  var runTime: TimeSpan = TimeSpan(.milliseconds(50))

  @Option(help: "How many runs of one deployment go on at once; more wait in the queue.")
  var instances = 8

  @Option(
    help: ArgumentHelp("What is in the account, in US dollars (default: 100).", valueName: "usd"),
    transform: DollarsArgument.reading)
  var balance: Balance?

  @Option(
    name: .customLong("run-cost"),
    help: ArgumentHelp("What each accepted run takes from it (default: 0).", valueName: "usd"),
    transform: DollarsArgument.reading)
  var runCost: Balance?

  @Option(
    help: ArgumentHelp(
      "Append one line of JSON for every request, submission and webhook.", valueName: "file"))
  var log: String?

  @Flag(
    name: .customLong("fetch"),
    help: "Fetch media from the addresses in submissions, whatever their host, as the service does.")
  var fetches = false

  @Option(
    name: .customLong("ca-file"),
    help: ArgumentHelp("Certificates to trust besides the system's when it fetches.", valueName: "file"))
  var caFile: String?

  @Option(help: ArgumentHelp("Write the addresses as JSON once it is ready.", valueName: "file"))
  var readyFile: String?

  func validate() throws {
    guard (0...65_535).contains(port), (0...65_535).contains(outputPort) else {
      throw ValidationError("a port is from 0 to 65535")
    }
  }

  func run() async throws {
    try await reporting(json: false) {
      let simulator = try Simulator(try simulatorConfiguration())
      try await SimulatorSession(simulator: simulator, readyFile: readyFile.map { FilePath($0) })
        .runUntilInterrupted()
    }
  }

  private func simulatorConfiguration() throws(KeepError) -> Simulator.Configuration {
    var configuration = Simulator.Configuration()
    configuration.host = host
    configuration.port = port
    configuration.outputPort = outputPort
    if let token = getenv("RUNCOMFY_API_TOKEN"), token.pointee != 0 {
      configuration.token = Secret(String(cString: token))
    }
    let deployments = try WorkflowFolder(named: workflowFiles, folder: workflows).deployments()
    if !deployments.isEmpty { configuration.deployments = deployments }
    for text in faults { configuration.faults.append(try ArmedFault(parsing: text)) }
    configuration.retention = retention.duration
    configuration.timing.queue = queue.duration
    configuration.timing.coldStart = coldStart.duration
    configuration.timing.run = runTime.duration
    configuration.timing.instances = instances
    configuration.balance = balance ?? configuration.balance
    configuration.runCost = runCost ?? configuration.runCost
    configuration.log = log.map { FilePath($0) }
    if fetches { configuration.fetch = try MediaFetch(caFile: caFile.map { FilePath($0) }).media }
    return configuration
  }
}

/// The workflows that were named on the command line.
private struct WorkflowFolder {
  let named: [String]
  let folder: String?

  func deployments() throws(KeepError) -> [Simulator.Deployment] {
    var deployments: [Simulator.Deployment] = []
    for text in named {
      guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
        throw KeepError(.usage, .option("--workflow"), "'\(text)' is not ID=FILE")
      }
      let path = FilePath(String(text[text.index(after: equals)...]))
      deployments.append(try deployment(DeploymentID(String(text[..<equals])), path))
    }
    var next = Self.samples.count
    for path in try folder.map(files) ?? [] {
      let sample = Self.samples.firstIndex { $0 == path.stem }
      if sample == nil { next += 1 }
      let digits = String(sample.map { $0 + 1 } ?? next)
      let id = "00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits
      deployments.append(try deployment(DeploymentID(id), path))
    }
    return deployments
  }

  /// The samples keep their numbers whatever else lies in the folder; others are numbered after them.
  private static let samples = ["image_to_image_api", "video_to_video_api", "several_outputs_api"]

  private func deployment(_ id: DeploymentID, _ path: FilePath) throws(KeepError) -> Simulator.Deployment {
    guard id.isPathSafe else {
      throw KeepError(.usage, .option("--workflow"), "'\(id)' is not a deployment id")
    }
    let bytes: [UInt8]
    do {
      let file = try FileDescriptor.open(path, .readOnly)
      bytes = try file.closeAfter { try Self.contents(of: file) }
    } catch {
      throw KeepError(.localIO, .path(path), "cannot be read: \(error)")
    }
    do {
      let workflow = try Workflow(document: JSONDocument(parsing: bytes).value)
      return Simulator.Deployment(id: id, name: path.stem ?? "workflow", workflow: workflow)
    } catch let error as KeepError {
      throw KeepError(.inputRejected, .path(path), error.reason, hint: error.hint)
    } catch {
      throw KeepError(.inputRejected, .path(path), "is not JSON: \(error)")
    }
  }

  private static func contents(of file: FileDescriptor) throws -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = try buffer.withUnsafeMutableBytes { try file.read(into: $0) }
      if count == 0 { return bytes }
      bytes += buffer[..<count]
    }
  }

  private func files(in folder: String) throws(KeepError) -> [FilePath] {
    guard let stream = opendir(folder) else {
      throw KeepError(.localIO, .path(FilePath(folder)), "cannot be read: \(Errno(rawValue: errno))")
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasSuffix(".json"), !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted().map { FilePath(folder).appending($0) }
  }
}

/// A simulator that runs in the foreground.
private struct SimulatorSession {
  let simulator: Simulator
  let readyFile: FilePath?

  /// Serves until SIGINT or SIGTERM, then ends as if nothing had happened.
  func runUntilInterrupted() async throws {
    let (interruptions, sink) = AsyncStream.makeStream(of: Void.self)
    let sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number)
      source.setEventHandler { sink.yield() }
      source.resume()
      return source
    }
    defer { sources.forEach { $0.cancel() } }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await simulator.run { addresses in announce(addresses) } }
      group.addTask { for await _ in interruptions { return } }
      try await group.next()
      group.cancelAll()
      try await group.waitForAll()
    }
  }

  private func announce(_ addresses: Simulator.Addresses) {
    let configuration = simulator.configuration
    var lines = [
      "export RUNCOMFY_API_URL=\(addresses.api)",
      "export RUNCOMFY_API_TOKEN=\(hasOwnToken ? "…  # as in the environment" : "simulator-token")",
      "# uploads by PUT: \(addresses.uploads)/",
    ]
    lines += configuration.deployments.map { deployment in
      "# deployment \(deployment.id)  \(deployment.name), \(deployment.workflow.nodes.count) nodes"
    }
    FileHandleText.standardOutput(lines.joined(separator: "\n") + "\n")
    guard let readyFile else { return }
    let object =
      #"{"api":"\#(addresses.api)","outputs":"\#(addresses.outputs)","uploads":"\#(addresses.uploads)"}"#
    if !write(object + "\n", to: readyFile) {
      FileHandleText.standardError("comfykeep: \(readyFile): cannot be written\n")
    }
  }

  private var hasOwnToken: Bool { simulator.configuration.token != Secret("simulator-token") }

  /// Writes beside the file and renames, so that a reader never sees half of it.
  private func write(_ text: String, to path: FilePath) -> Bool {
    let temporary = FilePath(path.string + ".\(getpid()).part")
    do {
      let file = try FileDescriptor.open(
        temporary, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: .ownerReadWrite)
      try file.closeAfter { _ = try file.writeAll(text.utf8) }
      return rename(temporary.string, path.string) == 0
    } catch {
      unlink(temporary.string)
      return false
    }
  }
}

/// Text to the standard streams in one write each.
private enum FileHandleText {
  static func standardOutput(_ text: String) {
    _ = try? FileDescriptor.standardOutput.writeAll(text.utf8)  // nobody may be reading
  }

  static func standardError(_ text: String) {
    _ = try? FileDescriptor.standardError.writeAll(text.utf8)  // nobody may be reading
  }
}
