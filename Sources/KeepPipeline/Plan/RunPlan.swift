public import KeepModel
public import SystemPackage

/// What would be run.
public struct RunPlan: Sendable {
  /// A file that is no media and was passed over.
  public struct Skipped: Sendable {
    /// The file.
    public let path: FilePath
    /// Why.
    public let reason: String
  }

  /// The runs, in the order of the files.
  public let runs: [PlannedRun]
  /// Files in folders that were passed over.
  public let skipped: [Skipped]
  /// What is worth saying about all of them.
  public let warnings: [String]
  /// How many instances their deployment has at most, where that is known.
  public var instances: [DeploymentID: Int] = [:]
}

/// One run of a plan.
public struct PlannedRun: Sendable {
  /// The run, ready or refused.
  public let item: Pipeline.BatchItem
  /// The exact size of the request's body; where a command is to upload, without the length of its URL.
  public let bodySize: ByteCount?
  /// The body with media and secrets left out.
  public let preview: JSONValue?
  /// How each file and address travels, by node and input.
  public let placements: [PlannedPlacement]
  /// What is worth saying about it.
  public let warnings: [String]

  /// Why it would not be submitted.
  public var failure: KeepError? {
    if case .failure(let error) = item.submission { error } else { nil }
  }

  /// What decides whether it was submitted before.
  public var key: SubmissionKey? {
    if case .success(let submission) = item.submission { submission.key } else { nil }
  }

  /// A run that is not to be submitted.
  init(refused row: Pipeline.BatchItem, warnings: [String] = []) {
    self.init(item: row, bodySize: nil, preview: nil, placements: [], warnings: warnings)
  }

  init(
    item: Pipeline.BatchItem, bodySize: ByteCount?, preview: JSONValue?, placements: [PlannedPlacement],
    warnings: [String]
  ) {
    self.item = item
    self.bodySize = bodySize
    self.preview = preview
    self.placements = placements
    self.warnings = warnings
  }
}

/// How one file or address of a run travels.
public struct PlannedPlacement: Sendable, Hashable {
  /// The way.
  public enum Way: String, Sendable, Hashable {
    /// As a data URI inside the request.
    case inline
    /// Uploaded first, then by its URL.
    case upload
    /// By a URL that was given.
    case url
  }

  /// The input.
  public let input: NodeInput
  /// The file, as it is sent.
  public let asset: Asset?
  /// The way.
  public let way: Way
  /// Where the service is to fetch it, without a signature; `nil` for what travels inline, and where a command is to
  /// tell.
  public let url: HTTPURL?
  /// The bytes of the request's body that it takes: the data URI or the URL; `nil` where that is not known.
  public let encodedSize: ByteCount?
  /// Where it is uploaded to.
  public let target: String?

  /// For `--json`.
  public var json: JSONValue {
    [
      "input": .string(input.description), "placement": .string(way.rawValue),
      "path": .optional(asset?.path.string), "media_type": .optional(asset?.mediaType.rawValue),
      "bytes": asset.map { .integer($0.size.bytes) } ?? .null,
      "sha256": .optional(asset?.checksum.hexadecimal),
      "original_sha256": .optional(asset?.original?.hexadecimal),
      "encoded_bytes": encodedSize.map { .integer($0.bytes) } ?? .null, "url": .optional(url?.description),
      "target": .optional(target),
    ]
  }
}
