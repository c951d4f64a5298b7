package import KeepModel

/// What was posted, as it is archived, and the files that went in with it.
package struct RequestDocument: Sendable {
  /// A file that went in.
  package struct Ingoing: Sendable, Equatable {
    /// Where its bytes are to be had.
    package enum Source: Sendable, Equatable {
      /// In the file that is kept for this checksum.
      case kept(Checksum)
      /// Here.
      case bytes([UInt8])
      /// Nowhere: left out by an option, or not kept.
      case none
    }

    /// Its entry in the manifest, with `stored` exactly if there is a source.
    package let entry: Manifest.Input
    /// Where its bytes are to be had.
    package let source: Source
  }

  /// `run/request.json`.
  package let file: RunDocument
  /// `run/workflow_api.json`, if the graph was in the request or recorded when it was submitted.
  package let workflow: RunDocument?
  /// The files that went in, by node id and name, each to be written at `entry.stored.path`.
  package let inputs: [Ingoing]
  /// Data URIs whose place in the request holds a `bundle:` address.
  package let externalised: [Manifest.Externalised]

  /// A data URI with more characters than this is kept as a file alone.
  package static let longestInline: UInt64 = 65_536

  /// Everything that was struck out of either document.
  package var redactions: [Manifest.Redaction] { file.redactions + (workflow?.redactions ?? []) }

  /// Builds the body as it was posted, moves long data URIs out and strikes secrets out.
  ///
  /// - Parameters:
  ///   - usedCoreKey: Whether a Core API key travelled in `extra_data`.
  ///   - kept: The assets whose bytes are still there.
  ///   - inputs: Whether files that went in are archived; otherwise no byte of them stays in the request.
  ///   - bytesOf: Reads an asset that is short enough to stay in the request.
  /// - Throws: ``KeepError`` with code `fixity` when an asset is no longer what it was when it was sent, and
  ///   what `bytesOf` throws.
  package static func make(
    submission: Submission, usedCoreKey: Bool, kept: Set<Checksum>,
    inputs: Manifest.Choice = .include, bytesOf: (Asset) throws(KeepError) -> [UInt8]
  ) throws(KeepError) -> RequestDocument {
    var builder = RequestBuilder(kept: kept, choice: inputs)
    var redactor = CredentialRedactor()
    var body = redactor.strike(
      try builder.body(of: submission, bytesOf: bytesOf), at: JSONPointer())
    if usedCoreKey {
      let key = JSONPointer(["extra_data", "api_key_comfy_org"])
      body["extra_data"] = ["api_key_comfy_org": .string(CredentialName.redacted)]
      redactor.note(key)
    }
    return RequestDocument(
      file: RunDocument(
        path: "run/request.json", bytes: CanonicalJSON.indented(.object(body)), source: nil,
        redactions: redactor.redactions(in: "run/request.json")),
      workflow: WorkflowDocument.make(submission, body: body, redactions: redactor.places),
      inputs: builder.inputs, externalised: builder.externalised)
  }
}

/// The graph that provably ran, as it is archived.
enum WorkflowDocument {
  private static let path = "run/workflow_api.json"

  /// The graph in the request, overrides already in it, else the one recorded when it was submitted.
  static func make(
    _ submission: Submission, body: JSONObject, redactions: [CredentialRedactor.Place]
  ) -> RunDocument? {
    switch submission.mode {
    case .inlineWorkflow:
      guard let graph = body["workflow_api_json"] else { return nil }
      let inside = redactions.filter { $0.pointer.tokens.first == "workflow_api_json" }.map { place in
        Manifest.Redaction(
          document: path, pointer: JSONPointer(Array(place.pointer.tokens.dropFirst())),
          rule: place.rule)
      }
      return RunDocument(
        path: path, bytes: CanonicalJSON.indented(graph), source: "request", redactions: inside)
    case .overrides:
      guard let graph = submission.workflow?.document.object else { return nil }
      var redactor = CredentialRedactor()
      let struck = redactor.strike(graph, at: JSONPointer())
      return RunDocument(
        path: path, bytes: CanonicalJSON.indented(.object(struck)), source: "submitted",
        redactions: redactor.redactions(in: path))
    }
  }
}
