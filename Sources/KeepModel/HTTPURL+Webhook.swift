extension HTTPURL {
  /// The component of a webhook's path that its secret follows.
  package static let webhookMarker = "comfykeep"

  /// The secret of a webhook's address: what follows `/comfykeep/` in its path; `nil` where there is none.
  package var webhookSecret: Secret? {
    guard let parts = webhookParts, let secret = parts.behind.first, !secret.isEmpty else { return nil }
    return Secret(String(secret))
  }

  /// This URL as it may be told in logs and errors: without its query, and with `redacted` in place of what follows
  /// `/comfykeep/` in its path, the secret of a webhook's address.
  package var withoutSecrets: HTTPURL {
    guard let parts = webhookParts else { return withoutQuery }
    return HTTPURL(origin: origin, path: (parts.shown + ["redacted"]).joined(separator: "/"), query: nil)
  }

  /// The components of the path up to the marker, and those behind it; `nil` where none are.
  private var webhookParts: (shown: ArraySlice<Substring>, behind: ArraySlice<Substring>)? {
    let components = path.split(separator: "/", omittingEmptySubsequences: false)
    guard let place = components.firstIndex(of: Self.webhookMarker[...]), place + 1 < components.endIndex
    else { return nil }
    return (components[...place], components[(place + 1)...])
  }
}
