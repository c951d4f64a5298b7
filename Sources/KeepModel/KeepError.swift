public import SystemPackage

/// The one error that comfykeep throws: what happened, to what, and what to do next.
///
/// A remote run that failed is a result and not an error; see ``SubmissionOutcome``.
public struct KeepError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What the error is about.
  public enum Subject: Sendable, Hashable {
    /// A file or folder on disk.
    case path(FilePath)
    /// A node of a workflow.
    case node(NodeID)
    /// An input of a node.
    case nodeInput(NodeInput)
    /// A remote run.
    case request(RequestID)
    /// A deployment.
    case deployment(DeploymentID)
    /// A submission.
    case submission(SubmissionKey)
    /// A host or URL, without its query.
    case address(String)
    /// A command-line option or environment variable.
    case option(String)
    /// Nothing in particular.
    case none
  }

  /// Whether trying again by itself can help.
  public enum Retry: Sendable, Hashable {
    /// Trying again gives the same answer.
    case never
    /// Trying again may help, after our own back-off.
    case backOff
    /// Trying again may help, not before this much time, which the service named.
    case after(Duration)
  }

  /// What is known of a request that failed under way: the fact that decides whether a submit is in doubt.
  public enum Delivery: Sendable, Hashable {
    /// The service cannot have acted: no connection, or the body never left whole.
    case notDelivered
    /// The service may have acted.
    case unknown
  }

  /// What happened; decides the exit status.
  public let code: Code
  /// What it happened to.
  public let subject: Subject
  /// What was found and what was allowed, in lower case without full stop.
  public let reason: String
  /// What to do next, if there is something.
  public var hint: String?
  /// Whether trying again by itself can help.
  public var retry: Retry
  /// For a failed exchange: whether the service may have acted.
  public var delivery: Delivery?
  /// The HTTP status, when the service answered.
  public var httpStatus: Int?

  /// Describes a failure.
  public init(
    _ code: Code, _ subject: Subject, _ reason: String, hint: String? = nil,
    retry: Retry = .never, delivery: Delivery? = nil, httpStatus: Int? = nil
  ) {
    self.code = code
    self.subject = subject
    self.reason = reason
    self.hint = hint
    self.retry = retry
    self.delivery = delivery
    self.httpStatus = httpStatus
  }

  /// `photos/cat.png: the file is empty`.
  public var description: String {
    subject == .none ? reason : "\(subject): \(reason)"
  }

  /// Equal if code and subject are.
  public static func == (left: Self, right: Self) -> Bool {
    left.code == right.code && left.subject == right.subject
  }
}

extension KeepError.Subject: CustomStringConvertible {
  /// The subject as a person would name it.
  public var description: String {
    switch self {
    case .path(let path): path.string
    case .node(let node): "node \(node)"
    case .nodeInput(let input): input.description
    case .request(let request): "request \(request)"
    case .deployment(let deployment): "deployment \(deployment)"
    case .submission(let key): "submission \(key)"
    case .address(let address): address
    case .option(let option): option
    case .none: ""
    }
  }
}
