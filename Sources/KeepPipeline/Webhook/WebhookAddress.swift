package import KeepModel

/// Where the service is to call back: a public address that leads to our listener, with the secret in its path.
///
/// Printing it shows the address without the secret; only ``url`` has it, for the query of a submit.
package struct WebhookAddress: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
  /// The whole address, secret included: for ``Pipeline/Configuration/webhook`` alone.
  package let url: HTTPURL

  /// `https://host/prefix` → `https://host/prefix/comfykeep/SECRET`.
  ///
  /// - Parameters:
  ///   - text: What `--public-url` was given.
  ///   - option: How the option is named in errors.
  /// - Throws: ``KeepError`` with code `usage` for an address that is none, is not `https` (but for this machine's own),
  ///   or has a query or a fragment.
  package init(
    _ text: String, secret: WebhookSecret, option: String = "--public-url"
  ) throws(KeepError) {
    guard let base = HTTPURL(text), base.query == nil, !text.utf8.contains(UInt8(ascii: "#")) else {
      throw KeepError(
        .usage, .option(option), "is not an address: https://HOST or https://HOST/PREFIX is needed")
    }
    guard base.origin.scheme == "https" || base.isLoopback else {
      throw KeepError(
        .usage, .option(option), "is not https: the secret in the address would be readable on its way",
        hint: "put a proxy with a certificate in front of the listener and give its https address")
    }
    self.url = base.appending(WebhookSecret.marker, secret.secret.reveal())
  }

  /// The address without the secret.
  package var description: String { url.withoutSecrets.description }
  /// Shows nothing of the secret.
  package var customMirror: Mirror { Mirror(self, children: ["url": description]) }
}
