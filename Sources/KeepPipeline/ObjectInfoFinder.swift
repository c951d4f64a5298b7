import KeepFiles
import KeepModel
import KeepSubmit
import SystemPackage

/// Finds what is known of a workflow's nodes: in a file that a person names, or where the deployment has it.
struct ObjectInfoFinder: Sendable {
  /// What was found, and what is worth saying.
  struct Finding {
    var schema: JSONValue?
    var warnings: [String] = []
  }

  let cache: ObjectInfoCache

  /// The schema in a file.
  ///
  /// - Throws: ``KeepError`` with code `input_rejected` when it cannot be read or is no `object_info`, such as a
  ///   workflow that was named by mistake.
  static func file(_ path: FilePath, for workflow: Workflow) throws(KeepError) -> Finding {
    var sieve = ObjectInfoSieve(for: workflow)
    let schema: JSONValue
    do throws(KeepError) {
      try FileReader(path, code: .inputRejected).forEachPiece { piece throws(KeepError) in
        try sieve.take(piece)
      }
      schema = try sieve.finish()
    } catch {
      guard error.subject == .none else { throw error }
      throw KeepError(error.code, .path(path), error.reason, hint: error.hint)
    }
    var finding = Finding(schema: schema)
    let missing = Set(workflow.nodes.map(\.classType)).filter { schema[$0] == nil }.sorted()
    if !missing.isEmpty {
      let names = missing.prefix(6).joined(separator: ", ") + (missing.count > 6 ? ", …" : "")
      finding.warnings.append(
        "\(path.string) does not describe \(missing.count) of the workflow's node classes, whose values are not "
          + "checked against it: \(names)")
    }
    return finding
  }

  /// The schema that a deployment names: kept from before, else fetched and kept. One that cannot be had is worth
  /// saying and no reason to stop: the service checks again.
  ///
  /// - Throws: ``KeepError`` with code `interrupted` alone.
  func schema(
    of deployment: Deployment, for workflow: Workflow, _ client: DeploymentClient
  ) async throws(KeepError) -> Finding {
    guard deployment.objectInfoURL != nil else { return Finding() }
    let key = ObjectInfoCache.Key(deployment, at: client.service, workflow: workflow)
    if let key, let kept = cache.schema(for: key) { return Finding(schema: kept) }
    do {
      let schema = try await client.objectInfo(of: deployment, for: workflow)
      if let key, let schema { cache.keep(schema, for: key) }
      return Finding(schema: schema)
    } catch {
      let failure = KeepError.foreign(error)
      guard failure.code != .interrupted else { throw failure }
      return Finding(warnings: [
        "the schema of the deployment's nodes could not be had: \(failure.description); ranges and choices are not "
          + "checked"
      ])
    }
  }
}
