/// The remote run of a submission.
public struct Request: Sendable, Hashable {
  /// The id that the service gave.
  public let id: RequestID
  /// The deployment that runs it.
  public let deployment: DeploymentID
  /// Where to ask for its status, if the service named an address on the API's own origin.
  public let statusURL: HTTPURL?
  /// Where to ask for its result, likewise.
  public let resultURL: HTTPURL?
  /// Where to cancel it, likewise.
  public let cancelURL: HTTPURL?

  /// Names a remote run.
  public init(
    id: RequestID, deployment: DeploymentID, statusURL: HTTPURL? = nil, resultURL: HTTPURL? = nil,
    cancelURL: HTTPURL? = nil
  ) {
    self.id = id
    self.deployment = deployment
    self.statusURL = statusURL
    self.resultURL = resultURL
    self.cancelURL = cancelURL
  }
}

/// What a status call said.
public struct RequestStatus: Sendable, Hashable {
  /// Where a run stands, both vocabularies of the service read alike.
  public enum Phase: String, Sendable, Hashable {
    case queued = "in_queue"
    case running = "in_progress"
    /// Finished; only the result tells whether it succeeded.
    case finished = "completed"
    case failed
    case canceled
    /// A word we do not know: keep asking, and show it.
    case unknown
  }

  /// Where the run stands.
  public let phase: Phase
  /// The service's own word.
  public let word: String
  /// The place in the queue, where the service gives one that is 0 or more.
  public let queuePosition: Int?
  /// The instance that runs it, where given.
  public let instanceID: String?

  /// What a status call said.
  public init(phase: Phase, word: String, queuePosition: Int? = nil, instanceID: String? = nil) {
    self.phase = phase
    self.word = word
    self.queuePosition = queuePosition
    self.instanceID = instanceID
  }
}

/// One error of a failed run, in whichever shape the service gave it.
public struct RunFailure: Sendable, Hashable {
  /// The service's code, as its digits or text.
  public let code: String?
  /// What the service said.
  public let message: String
  /// Further text, such as `debugInfo` or a traceback.
  public let details: String?

  /// One error of a failed run.
  public init(code: String? = nil, message: String, details: String? = nil) {
    self.code = code
    self.message = message
    self.details = details
  }
}

/// What a result call said.
public struct RunResult: Sendable, Hashable {
  /// Whether and how the run ended.
  public enum Verdict: String, Sendable, Hashable {
    case pending
    case succeeded
    case failed
    case canceled
  }

  /// Whether and how the run ended.
  public let verdict: Verdict
  /// The service's own word.
  public let word: String
  /// The run's errors, in one shape.
  public let failures: [RunFailure]
  /// When the run was made, if the service said so in a way that can be read.
  public let createdAt: Timestamp?
  /// When the run ended, likewise.
  public let finishedAt: Timestamp?
  /// The whole answer.
  public let document: JSONValue
  /// What about the answer was not clean JSON.
  public let irregularities: Set<JSONDocument.Irregularity>
  /// The bytes of the answer.
  public let raw: [UInt8]

  /// What a result call said.
  public init(
    verdict: Verdict, word: String, failures: [RunFailure] = [], createdAt: Timestamp? = nil,
    finishedAt: Timestamp? = nil, document: JSONValue,
    irregularities: Set<JSONDocument.Irregularity> = [], raw: [UInt8]
  ) {
    self.verdict = verdict
    self.word = word
    self.failures = failures
    self.createdAt = createdAt
    self.finishedAt = finishedAt
    self.document = document
    self.irregularities = irregularities
    self.raw = raw
  }

  /// `outputs`, else `output`: node id → key → list.
  public var outputs: JSONObject? {
    document["outputs"]?.object ?? document["output"]?.object
  }
}
