import KeepLedger
public import KeepModel

/// How a person names a remote run: an id, a key's first digits, or one of the service's own URLs.
public enum RequestNaming {
  /// The request that a text names.
  ///
  /// - Parameters:
  ///   - text: A request id, the first digits of a submission key, or a status, result or cancel URL.
  ///   - deployment: The deployment, where neither the text nor the archive tells it.
  ///   - archive: Where known runs are looked up.
  ///   - service: The service that will be asked; a URL of another one is refused.
  /// - Throws: ``KeepError`` with code `usage` when it is no id, several submissions fit, the deployment
  ///   cannot be told, or the URL is not the service's.
  public static func request(
    _ text: String, deployment: DeploymentID?, in archive: Archive?, of service: HTTPURL
  ) async throws(KeepError) -> Request {
    if let named = try fromURL(text, of: service) { return named }
    if let known = try await known(text, deployment, in: archive) { return known }
    let id = try checked(RequestID(text))
    guard let deployment else {
      throw KeepError(
        .usage, .request(id), "the ledger does not know it, so its deployment must be named",
        hint: "add --deployment ID, or give the run's status or result URL")
    }
    return Request(id: id, deployment: deployment)
  }

  /// An id that may stand in a URL path.
  static func checked(_ id: RequestID) throws(KeepError) -> RequestID {
    guard id.isPathSafe else {
      throw KeepError(.usage, .option(id.rawValue), "is no request id")
    }
    return id
  }

  private static func known(
    _ text: String, _ deployment: DeploymentID?, in archive: Archive?
  ) async throws(KeepError) -> Request? {
    guard let archive else { return nil }
    if let record = try await archive.ledger.record(of: RequestID(text)) {
      // Until the service has told something of it, its deployment is only what a person said before.
      let isCertain = record.submission != nil || record.wasAnswered || record.kept != nil
      guard !isCertain, let deployment else { return record.request }
      return Request(id: record.request.id, deployment: deployment)
    }
    guard let entry = try Archive.entry(keyed: text, among: try await archive.entries()) else {
      return nil
    }
    guard let id = entry.request else {
      throw KeepError(
        .usage, .option(text), "has no request: the submission is \(entry.state.rawValue)",
        hint: entry.state == .inDoubt ? "settle it with comfykeep resolve" : "comfykeep run submits it")
    }
    return try await archive.ledger.record(of: id)?.request
  }

  /// `…/deployments/D/requests/R/…` of the service. Of another host it would name another run, and the token is
  /// not for that host.
  private static func fromURL(_ text: String, of service: HTTPURL) throws(KeepError) -> Request? {
    guard let url = HTTPURL(text) else { return nil }
    guard url.origin == service.origin else {
      throw KeepError(
        .usage, .address(url.withoutQuery.description),
        "is at \(url.origin), and the service that is asked is \(service.origin)",
        hint: "if the run was made there, name it with --api-url \(url.origin)")
    }
    let parts = url.path.split(separator: "/").map(String.init)
    guard let place = parts.firstIndex(of: "deployments"), parts.count >= place + 4,
      parts[place + 2] == "requests"
    else {
      throw KeepError(
        .usage, .address(url.withoutQuery.description), "is not a status or result URL of a request")
    }
    let deployment = DeploymentID(parts[place + 1])
    guard deployment.isPathSafe else {
      throw KeepError(.usage, .address(url.withoutQuery.description), "holds no deployment id")
    }
    return Request(id: try checked(RequestID(parts[place + 3])), deployment: deployment)
  }
}
