extension KeepError {
  /// What happened, open for later codes, each with the exit status of the command.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    /// A stable name for scripts, such as `input_rejected`.
    public let name: String
    /// The exit status of the command.
    public let exitStatus: Int32

    private init(_ name: String, _ exitStatus: Int32) {
      self.name = name
      self.exitStatus = exitStatus
    }

    /// The stable name.
    public var description: String { name }

    /// Equal if the names are.
    public static func == (left: Self, right: Self) -> Bool { left.name == right.name }
    /// Hashes the name.
    public func hash(into hasher: inout Hasher) { hasher.combine(name) }

    /// A failure without a code of its own (exit 1).
    public static let failure = Code("failure", 1)
    /// The deployment is unknown, disabled, deleted or not ours, or the account is out of credit, or below the balance
    /// that was to be left in it (exit 1).
    public static let deploymentUnusable = Code("deployment_unusable", 1)
    /// Some of a batch failed, or a bundle is partial (exit 3).
    public static let partial = Code("partial", 3)
    /// Not a run bundle, or an unknown profile (exit 4).
    public static let notABundle = Code("not_a_bundle", 4)
    /// A bundle that must not be unpacked (exit 5).
    public static let unsafeBundle = Code("unsafe_bundle", 5)
    /// Content whole, container not canonical (exit 6).
    public static let notCanonical = Code("not_canonical", 6)
    /// An asset, workflow or override was refused, by us or by the service before a run (exit 10).
    public static let inputRejected = Code("input_rejected", 10)
    /// An upload failed (exit 11).
    public static let uploadFailed = Code("upload_failed", 11)
    /// Another bundle has the name (exit 12).
    public static let bundleExists = Code("bundle_exists", 12)
    /// The remote run failed (exit 20).
    public static let remoteFailed = Code("remote_failed", 20)
    /// The remote run was canceled (exit 21).
    public static let remoteCanceled = Code("remote_canceled", 21)
    /// The run succeeded and gave no output (exit 22).
    public static let emptyResult = Code("empty_result", 22)
    /// The run is not finished yet (exit 23).
    public static let unfinished = Code("unfinished", 23)
    /// Bytes are damaged, missing, unexpected or contradictory (exit 30).
    public static let fixity = Code("fixity", 30)
    /// The service has deleted it (exit 31).
    public static let expired = Code("expired", 31)
    /// The ledger is unusable, or another process holds it (exit 40).
    public static let ledgerUnusable = Code("ledger_unusable", 40)
    /// Whether the service took a submission is not known (exit 41).
    public static let inDoubt = Code("in_doubt", 41)
    /// The command line is wrong (exit 64).
    public static let usage = Code("usage", 64)
    /// The service cannot be reached, or answers nothing usable, after retries (exit 69).
    public static let unavailable = Code("unavailable", 69)
    /// The disk is full, or another local I/O failed (exit 74).
    public static let localIO = Code("local_io", 74)
    /// The token was refused or is missing (exit 77).
    public static let tokenRefused = Code("token_refused", 77)
    /// Stopped by the user (exit 130).
    public static let interrupted = Code("interrupted", 130)
  }
}
