public import KeepModel
import KeepSubmit

extension PlannedRun {
  /// The request as a `curl` command: media by type, size and checksum, the token as a variable of the shell.
  ///
  /// It shows what would be sent; to send it for real the media would have to stand in it. `nil` for a run that was
  /// refused.
  ///
  /// - Throws: ``KeepError`` with `usage` for a deployment's id that cannot stand in a path.
  public func curl(_ configuration: Pipeline.Configuration) throws(KeepError) -> String? {
    guard case .success(let submission) = item.submission, let preview else { return nil }
    let api = configuration.api
    var url = try APIAddress(base: api.baseURL).inference(submission.deployment, version: api.version)
    var shown = configuration
    // The query of a webhook may be a secret, and so is what follows in the path of one that leads to our listener.
    shown.webhook = configuration.webhook?.withoutSecrets
    if let webhook = shown.webhook(for: submission.key, attempt: 1) { url = url.adding(query: webhook.query) }
    let body = String(decoding: CanonicalJSON.compact(preview), as: UTF8.self)
    return """
      curl --request POST \(Self.quoted(url.description)) \\
        --header "Authorization: Bearer $RUNCOMFY_API_TOKEN" \\
        --header 'Content-Type: application/json' \\
        --data \(Self.quoted(body))
      """
  }

  /// A text in single quotes for a POSIX shell. By scalars: to a String, a quote with an accent behind it is no quote.
  private static func quoted(_ text: String) -> String {
    "'" + text.unicodeScalars.map { $0 == "'" ? #"'\''"# : String($0) }.joined() + "'"
  }
}
