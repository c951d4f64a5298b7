public import KeepModel

extension Simulator {
  /// A submission that the service took: what tests count, for each costs money in earnest.
  public struct AcceptedSubmission: Sendable, Hashable {
    /// One media input.
    public struct Media: Sendable, Hashable {
      /// The node.
      public let node: NodeID
      /// The input's name.
      public let input: InputName
      /// `data_uri`, `base64` or `url`.
      public let form: String
      /// What the bytes are.
      public let mediaType: MediaType
      /// How many bytes, decoded.
      public let size: ByteCount
      /// Of the decoded bytes.
      public let checksum: Checksum
    }

    /// The id of the run.
    public let request: RequestID
    /// The deployment.
    public let deployment: DeploymentID
    /// Of the canonical overrides, media replaced by names that follow from their bytes alone.
    public let overridesChecksum: Checksum
    /// Of the graph that runs, likewise.
    public let workflowChecksum: Checksum
    /// The media in it.
    public let media: [Media]
    /// Whether the graph came with the submission.
    public let isInline: Bool
    /// Whether a key for Core API nodes came along.
    public let hasComfyOrgKey: Bool
    /// Whether a webhook was asked for.
    public let hasWebhook: Bool
  }
}

extension Simulator.AcceptedSubmission {
  init(
    request: RequestID, deployment: DeploymentID, _ submission: ReadSubmission, hasWebhook: Bool
  ) {
    self.request = request
    self.deployment = deployment
    self.overridesChecksum = submission.overridesChecksum
    self.workflowChecksum = submission.workflow.checksum
    self.media = submission.references.map { reference in
      Media(
        node: NodeID(reference.node), input: InputName(reference.input), form: reference.form,
        mediaType: reference.media.format.mediaType, size: ByteCount(reference.media.size),
        checksum: reference.media.checksum)
    }
    self.isInline = submission.isInline
    self.hasComfyOrgKey = submission.hasComfyOrgKey
    self.hasWebhook = hasWebhook
  }

  /// The members of its line in the log.
  var logMembers: [(String, JSONValue)] {
    [
      ("request_id", .string(request.rawValue)), ("deployment_id", .string(deployment.rawValue)),
      ("mode", isInline ? "inline" : "overrides"),
      ("overrides_sha256", .string(overridesChecksum.hexadecimal)),
      ("workflow_sha256", .string(workflowChecksum.hexadecimal)),
      ("comfy_org_key", .bool(hasComfyOrgKey)), ("webhook", .bool(hasWebhook)),
      (
        "media",
        .array(
          media.map { media in
            [
              "node": .string(media.node.rawValue), "input": .string(media.input.rawValue),
              "form": .string(media.form), "media_type": .string(media.mediaType.rawValue),
              "bytes": .integer(media.size.bytes), "sha256": .string(media.checksum.hexadecimal),
            ]
          })
      ),
    ]
  }
}
