import KeepFiles
public import KeepModel
import KeepSubmit
public import KeepTransport
public import SystemPackage

/// The account's deployments: seen, made, changed, deleted. Each is named by its id or its name.
///
/// What only reads is tried again; what changes something never is, since a second create would make, and bill,
/// another deployment.
public struct Deployments: Sendable {
  private let client: DeploymentClient

  /// The deployments of the account that the token belongs to.
  public init(
    api: APIConfiguration, transport: any Transport, clock: any Clock<Duration>,
    now: @escaping @Sendable () -> Timestamp
  ) {
    // Only what reads without a body is tried again by it.
    let retrying = RetryingTransport(transport, policy: RetryPolicy(attempts: 4), clock: clock, now: now)
    self.client = DeploymentClient(transport: retrying, api: api)
  }

  // MARK: Seeing

  /// All of them, in the order of the service.
  ///
  /// - Throws: ``KeepError`` as every call to the service.
  public func list() async throws(KeepError) -> [Deployment] {
    try await called { try await client.deployments() }
  }

  /// One of them; with its workflow where `includesPayload`, with its description where `includesReadme`.
  ///
  /// - Throws: ``KeepError`` with code `usage` for a name that fits none or several; and as every call to the
  ///   service.
  public func deployment(
    named name: String, includesPayload: Bool = false, includesReadme: Bool = false
  ) async throws(KeepError) -> Deployment {
    let id = try await DeploymentLookup(client: client).id(of: name)
    return try await called {
      try await client.deployment(id, includesPayload: includesPayload, includesReadme: includesReadme)
    }
  }

  /// What a deployment's workflow takes and gives, with types, ranges and choices from a file, else from where the
  /// deployment has them.
  ///
  /// - Throws: as ``deployment(named:includesPayload:includesReadme:)``; `deployment_unusable` where the service
  ///   gives no workflow.
  public func inspect(
    _ name: String, objectInfo: FilePath?, cache: ObjectInfoCache
  ) async throws(KeepError) -> Inspector.Report {
    let deployment = try await deployment(named: name, includesPayload: true)
    let workflow = try Self.workflow(of: deployment)
    guard let objectInfo else {
      let found = try await ObjectInfoFinder(cache: cache).schema(of: deployment, for: workflow, client)
      return Inspector.report(workflow, found)
    }
    return Inspector.report(workflow, try ObjectInfoFinder.file(objectInfo, for: workflow))
  }

  private static func workflow(of deployment: Deployment) throws(KeepError) -> Workflow {
    guard let workflow = deployment.workflow else {
      throw KeepError(.deploymentUnusable, .deployment(deployment.id), "the service gave no workflow of it")
    }
    return workflow
  }

  // MARK: Saving

  /// Writes a deployment's workflow, spelled as it is in bundles, whole or not at all.
  ///
  /// - Throws: ``KeepError`` with code `usage` when the file is there already and is not to be replaced, `local_io`,
  ///   `deployment_unusable` where the service gave none.
  public static func saveWorkflow(
    of deployment: Deployment, to path: FilePath, replacing: Bool
  ) throws(KeepError) {
    let workflow = try workflow(of: deployment)
    try refuseTaken(path, replacing)
    try FileReplacement.write(CanonicalJSON.indented(workflow.document), to: path)
  }

  /// Writes the whole schema of a deployment's nodes as the service gives it, many megabytes, whole or not at all.
  ///
  /// - Throws: ``KeepError`` with code `usage` when the file is there already and is not to be replaced, `local_io`,
  ///   `unavailable` where it cannot be had.
  public func saveObjectInfo(
    of deployment: Deployment, to path: FilePath, replacing: Bool
  ) async throws(KeepError) {
    try Self.refuseTaken(path, replacing)
    let file = try AtomicFile(in: FileReplacement.folder(of: path))
    let descriptor = file.descriptor
    let copy: @Sendable ([UInt8]) throws(KeepError) -> Void = { piece throws(KeepError) in
      do { _ = try descriptor.writeAll(piece) } catch { throw .file(error, path, "cannot be written") }
    }
    let schema = try await called {
      try await client.objectInfo(of: deployment, sieve: ObjectInfoSieve(classes: []), copy: copy)
    }
    guard schema != nil else {
      throw KeepError(.unavailable, .deployment(deployment.id), "names no object_info")
    }
    try FileReplacement.publish(file, to: path)
  }

  /// Refuses to write over a file, unless that is wanted.
  ///
  /// - Throws: ``KeepError`` with code `usage` when the file is there already and is not to be replaced.
  public static func refuseTaken(_ path: FilePath, _ isReplaced: Bool) throws(KeepError) {
    guard !isReplaced, try FileReader.isThere(path) else { return }
    throw KeepError(.usage, .path(path), "is there already", hint: "add --force to replace it")
  }

  // MARK: Changing

  /// Makes a deployment.
  ///
  /// - Parameter allowsSameName: Whether there may be another one of the name already. Names work wherever ids do,
  ///   and one that is there may come from an earlier try.
  /// - Throws: ``KeepError`` with code `usage` for settings that no service can mean; with code `in_doubt` where it
  ///   may have been made all the same; and as every call to the service.
  public func create(
    _ settings: DeploymentSettings, allowsSameName: Bool
  ) async throws(KeepError) -> Deployment {
    _ = try settings.check()
    let needed: [(option: String, value: String?)] = [
      ("--name", settings.name), ("--workflow-id", settings.workflowID),
      ("--workflow-version", settings.workflowVersion), ("--hardware", settings.hardware),
    ]
    for (option, value) in needed where value?.isEmpty != false {
      throw KeepError(.usage, .option(option), "is needed for a new deployment")
    }
    if !allowsSameName, let twin = try await list().first(where: { $0.name == settings.name }) {
      throw KeepError(
        .usage, .option("--name"), "a deployment of this name is there already: \(twin.id)",
        hint: "change that one with comfykeep deployments update, choose another name, or add --yes")
    }
    return try await client.create(settings)
  }

  /// Changes a deployment. Its name is sent along, since the service refuses a change without one.
  ///
  /// - Returns: the deployment as it is afterwards.
  /// - Throws: ``KeepError`` with code `usage` for settings that no service can mean, or where no name can be had;
  ///   with code `in_doubt` where it may have been changed all the same; and as every call to the service.
  public func update(
    _ name: String, _ settings: DeploymentSettings
  ) async throws(KeepError) -> Deployment {
    let current = try await deployment(named: name)
    var settings = settings
    settings.name = settings.name ?? current.name
    guard settings.name?.isEmpty == false else {
      throw KeepError(
        .usage, .deployment(current.id), "the service gave no name, and takes no change without one",
        hint: "give it one with --name")
    }
    _ = try settings.check(against: current)
    if let updated = try await client.update(current.id, settings) { return updated }
    return try await deployment(named: current.id.rawValue)
  }

  /// Deletes a deployment.
  ///
  /// - Throws: ``KeepError``; with code `in_doubt` where it may have been deleted all the same.
  public func delete(_ deployment: Deployment) async throws(KeepError) {
    try await client.delete(deployment.id)
  }

  private func called<Value: Sendable>(
    _ body: () async throws -> Value
  ) async throws(KeepError) -> Value {
    do {
      return try await body()
    } catch {
      throw .foreign(error)
    }
  }
}
