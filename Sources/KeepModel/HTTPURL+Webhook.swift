extension HTTPURL {
  /// The component of a webhook's path that its secret follows.
  package static let webhookMarker = "comfykeep"

  /// The secret of a webhook's address: what follows `/comfykeep/` in its path; `nil` where there is none.
  package var webhookSecret: Secret? {
    let components = path.split(separator: "/", omittingEmptySubsequences: false)
    guard let place = components.firstIndex(of: Self.webhookMarker[...]), place + 1 < components.endIndex,
      !components[place + 1].isEmpty
    else { return nil }
    return Secret(String(components[place + 1]))
  }

  /// This URL as it may be told in logs and errors: without its query, and with `redacted` in place of what follows
  /// `/comfykeep/` in its path, the secret of a webhook's address.
  package var withoutSecrets: HTTPURL {
    let components = path.split(separator: "/", omittingEmptySubsequences: false)
    guard let place = components.firstIndex(of: Self.webhookMarker[...]), place + 1 < components.endIndex
    else {
      return withoutQuery
    }
    let shown = components[...place] + ["redacted"]
    return HTTPURL(origin: origin, path: shown.joined(separator: "/"), query: nil)
  }
}
