/// One way in which the simulated service can differ or misbehave, named as in `--fault NAME[=VALUE][@COUNT]`.
public enum Fault: String, Sendable, Hashable, CaseIterable {
  // How the service words things
  case canceledWord = "canceled-word"
  case cancelShape = "cancel-shape"
  case zonedTimestamps = "zoned-timestamps"
  case errorShape = "error-shape"
  case errorsAs200 = "errors-as-200"
  case lenientOverrides = "lenient-overrides"
  case missingFields = "missing-fields"
  case extraFields = "extra-fields"
  case outputKey = "output-key"

  // Deployments
  case plainDeployments = "plain-deployments"
  case dropAfterChange = "drop-after-change"
  case errorObjectInfo = "error-object-info"
  case garbageObjectInfo = "garbage-object-info"
  case hugeObjectInfo = "huge-object-info"

  // The account
  case errorBalance = "error-balance"
  case garbageBalance = "garbage-balance"

  // Submitting
  case unauthorized
  case versionUnknown = "version-unknown"
  case gate
  case throttleSubmit = "throttle-submit"
  case errorSubmit = "error-submit"
  case dropBeforeAccept = "drop-before-accept"
  case dropAfterAccept = "drop-after-accept"
  case errorAfterAccept = "error-after-accept"
  case garbageSubmit = "garbage-submit"

  // Asking
  case throttleStatus = "throttle-status"
  case errorStatus = "error-status"
  case garbageStatus = "garbage-status"
  case statusWord = "status-word"
  case statusStuck = "status-stuck"
  case statusGoesBack = "status-goes-back"
  case duplicateKeys = "duplicate-keys"
  case throttleResult = "throttle-result"
  case errorResult = "error-result"
  case garbageResult = "garbage-result"
  case resultLag = "result-lag"
  case expired

  // How the run ends
  case runFails = "run-fails"
  case emptyOutputs = "empty-outputs"
  case colonIDs = "colon-ids"
  case textChannel = "text-channel"
  case videoChannel = "video-channel"
  case duplicateOutputs = "duplicate-outputs"
  case hostileNames = "hostile-names"
  case largeOutputs = "large-outputs"
  case manyOutputs = "many-outputs"

  // Fetching outputs
  case throttleOutput = "throttle-output"
  case errorOutput = "error-output"
  case outputTruncated = "output-truncated"
  case outputStalled = "output-stalled"
  case outputDropped = "output-dropped"
  case outputHTML = "output-html"
  case outputWithoutRange = "output-without-range"
  case outputWrongRange = "output-wrong-range"
  case outputChanged = "output-changed"
  case outputRedirect = "output-redirect"
  case outputRate = "output-rate"

  // Webhooks
  case webhookDuplicate = "webhook-duplicate"
  case webhookReordered = "webhook-reordered"
  case webhookLate = "webhook-late"
  case webhookLost = "webhook-lost"
  case webhookShape = "webhook-shape"
}

extension Fault {
  /// What value a fault takes.
  enum ValueRule {
    case none
    /// Any text, or none.
    case text(String)
    /// One of these; the first if none is given.
    case choice([String])
    /// A whole number in this range, or the default.
    case number(ClosedRange<Int>, default: Int)
  }

  /// What value it takes, and what it does in one line.
  var rule: (value: ValueRule, help: String) {
    switch self {
    case .canceledWord: (.none, "say 'canceled' where the default is 'cancelled'")
    case .cancelShape:
      (.choice(["B", "A"]), "answer a cancel with 'status' alone (A, default) or 'outcome' (B)")
    case .zonedTimestamps: (.none, "write times with +00:00")
    case .errorShape:
      (
        .choice(["object", "array", "string", "execution", "type"]),
        "shape of a failed run's 'error' (default array)"
      )
    case .errorsAs200: (.none, "answer refusals with HTTP 200 and an error_code")
    case .lenientOverrides: (.none, "take wrong overrides and let the run fail")
    case .missingFields: (.none, "leave out every field that may be absent")
    case .extraFields: (.none, "add fields that nobody documented")
    case .outputKey: (.none, "call the result's container 'output'")
    case .plainDeployments:
      (.none, "list deployments under 'deployments', and give 'hardware' as plain text")
    case .dropAfterChange: (.none, "make the change to a deployment, then close without an answer")
    case .errorObjectInfo: (.number(400...599, default: 404), "answer object_info with this status")
    case .garbageObjectInfo: (.choice(Garbage.names), "answer object_info with 200 and this nonsense")
    case .hugeObjectInfo:
      (.number(1...512, default: 12), "pad object_info with other classes to so many MiB")
    case .errorBalance: (.number(400...599, default: 500), "answer the balance with this status")
    case .garbageBalance: (.choice(Garbage.names), "answer the balance with 200 and this nonsense")
    case .unauthorized: (.none, "refuse the token with 401001 on every call")
    case .versionUnknown:
      (.choice(["v1", "v2"]), "answer 404 on this version's paths of submit, status, result and cancel")
    case .gate: (.choice(["10001", "10002", "10003"]), "refuse a submit before it is taken")
    case .throttleSubmit, .throttleStatus, .throttleResult, .throttleOutput:
      (.text("RETRY-AFTER"), "answer 429, with Retry-After exactly as given")
    case .errorSubmit: (.number(400...599, default: 502), "answer a submit with this status, nothing taken")
    case .dropBeforeAccept: (.none, "read the submit, take nothing, close without an answer")
    case .dropAfterAccept: (.none, "take the submit, then close without an answer")
    case .errorAfterAccept: (.number(400...599, default: 502), "take the submit, then answer this status")
    case .garbageSubmit: (.choice(Garbage.names), "take the submit, then answer 200 with this nonsense")
    case .errorStatus, .errorResult: (.number(400...599, default: 500), "answer with this HTTP status")
    case .garbageStatus, .garbageResult: (.choice(Garbage.names), "answer 200 with this nonsense")
    case .statusWord: (.text("WORD"), "answer a status call with this word (default 'warming_up')")
    case .statusStuck: (.none, "say in_progress although the result is ready")
    case .statusGoesBack: (.none, "say completed while it runs, and in_progress once it is completed")
    case .duplicateKeys: (.none, "give 'status' twice in one object: failed, then the true word")
    case .resultLag:
      (.number(0...1000, default: 3), "result says in_progress this many times after status said completed")
    case .expired: (.none, "say 404001 for a finished run and 404 for its outputs")
    case .runFails: (.text("MESSAGE"), "let the run fail as ComfyUI does")
    case .emptyOutputs: (.none, "succeed without outputs")
    case .colonIDs: (.none, "prefix output node ids with 38:")
    case .textChannel: (.none, "add a text channel and other non-files to every output node")
    case .videoChannel: (.choice(["images", "videos", "gifs", "video"]), "put videos under this channel")
    case .duplicateOutputs: (.none, "list every output file twice, and once more under 'files'")
    case .hostileNames: (.none, "list every output file under names that attack file systems")
    case .largeOutputs:
      (.number(1...65_536, default: 64), "make every output file one of so many MiB, which is not stored")
    case .manyOutputs:
      (.number(1...10_000, default: 40), "list every output file so many times, all different")
    case .errorOutput: (.number(400...599, default: 404), "answer an output download with this status")
    case .outputRate:
      (.number(1...65_536, default: 8), "send each of the large outputs at this many MiB a second at most")
    case .outputTruncated: (.none, "announce the whole length, send half, close")
    case .outputStalled: (.none, "send half an output, then nothing")
    case .outputDropped: (.none, "close an output download without an answer")
    case .outputHTML: (.none, "answer an output download with 200 and an HTML page")
    case .outputWithoutRange: (.none, "ignore Range and send the whole output with 200")
    case .outputWrongRange: (.none, "answer 206 for another range than asked")
    case .outputChanged: (.none, "serve other bytes with another ETag")
    case .outputRedirect: (.text("URL"), "redirect an output download (302; default to itself)")
    case .webhookDuplicate: (.number(2...100, default: 2), "deliver a webhook so many times at once")
    case .webhookReordered: (.none, "deliver a run's end first, then in_progress, then in_queue")
    case .webhookLate: (.number(1...604_800, default: 60), "deliver a webhook so many seconds late")
    case .webhookLost: (.none, "never deliver a webhook")
    case .webhookShape:
      (
        .choice(["output", "outcome"]),
        "say 'output' for 'outputs', or 'completed' with the true word under 'outcome'"
      )
    }
  }

  /// One line for each fault: its name, its value, what it does.
  public static var help: String {
    allCases.map { fault in
      let (value, help) = fault.rule
      let name =
        switch value {
        case .none: fault.rawValue
        case .text(let hint): "\(fault.rawValue)[=\(hint)]"
        case .choice(let words): "\(fault.rawValue)[=\(words.joined(separator: "|"))]"
        case .number(_, let preset): "\(fault.rawValue)[=\(preset)]"
        }
      return "  \(name)\n      \(help)"
    }.joined(separator: "\n")
  }

  /// The names of all faults.
  public static var allNames: [String] { allCases.map(\.rawValue) }
}
