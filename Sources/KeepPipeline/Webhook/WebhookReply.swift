/// What goes back to a sender: always one of these, word for word, so that an answer tells nothing of what was sent.
enum WebhookReply: Sendable, Equatable {
  case taken
  case refused(WebhookRefusal)
  /// A wrong secret, a wrong path, or a run that is not ours.
  case notFound
  case notPOST
  case tooLarge
  case notJSON
  case tooMany
  case busy

  /// What an answer of the taker comes to.
  init(_ answer: WebhookAnswer) {
    switch answer {
    case .taken: self = .taken
    case .unknown: self = .notFound
    case .busy: self = .busy
    }
  }

  /// The HTTP status.
  var status: Int {
    switch self {
    case .taken: 200
    case .refused: 400
    case .notFound: 404
    case .notPOST: 405
    case .tooLarge: 413
    case .notJSON: 415
    case .tooMany: 429
    case .busy: 503
    }
  }

  /// How many seconds later the sender is to come again; `nil` where nothing is said of it.
  var retryAfter: Int? {
    switch self {
    case .tooMany: 1
    case .busy: 5
    default: nil
    }
  }

  /// The body, a line of text.
  var text: String {
    switch self {
    case .taken: "taken\n"
    case .refused(let refusal): refusal.reason + "\n"
    case .notFound: "not found\n"
    case .notPOST: "only POST\n"
    case .tooLarge: "too large\n"
    case .notJSON: "only application/json\n"
    case .tooMany: "too many\n"
    case .busy: "busy\n"
    }
  }
}
