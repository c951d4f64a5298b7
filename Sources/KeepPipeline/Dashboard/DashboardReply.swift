import KeepModel

/// What goes back to a browser.
struct DashboardReply: Sendable, Equatable {
  /// The HTTP status.
  var status: Int
  /// `Content-Type`.
  var type: String
  var body: [UInt8]
  /// Besides those that every reply has.
  var headers: [String: String] = [:]

  init(_ status: Int = 200, type: String, _ body: [UInt8], headers: [String: String] = [:]) {
    self.status = status
    self.type = type
    self.body = body
    self.headers = headers
  }

  private init(_ status: Int, _ text: String, headers: [String: String] = [:]) {
    self.init(status, type: Self.text, Array("\(text)\n".utf8), headers: headers)
  }

  static let text = "text/plain; charset=utf-8"

  /// What every reply has: nothing may be framed, guessed, kept, or loaded by a page of another origin.
  static let common = [
    "Cache-Control": "no-store",
    "Content-Security-Policy":
      "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
  ]

  /// All header fields but those of the connection and the length.
  var fields: [String: String] {
    Self.common.merging(headers, uniquingKeysWith: { $1 }).merging(
      ["Content-Type": type], uniquingKeysWith: { $1 })
  }

  // MARK: - Refusals

  static let notFound = DashboardReply(404, "not found")
  static let unauthorized = DashboardReply(
    401, "the dashboard's token is needed", headers: ["WWW-Authenticate": "Bearer"])
  static let foreign = DashboardReply(403, "a page of another origin may not ask here")
  static let misdirected = DashboardReply(
    421,
    "not the name of this dashboard: use the address that it listens on, or name this one when it is started")
  static let notJSON = DashboardReply(415, "only application/json")
  static let tooLarge = DashboardReply(413, "too large")
  static let busy = DashboardReply(
    503, "too many pages are open: close one", headers: ["Retry-After": "10"])

  static func notAllowed(_ methods: String) -> DashboardReply {
    DashboardReply(405, "only \(methods)", headers: ["Allow": methods])
  }

  static func badRequest(_ reason: String) -> DashboardReply { DashboardReply(400, reason) }

  /// What the watch would not do, and why.
  static func refused(_ error: KeepError) -> DashboardReply {
    let text = error.description + (error.hint.map { "; \($0)" } ?? "")
    return DashboardReply(409, DashboardText.visible(text))
  }

  /// It is done.
  static let done = DashboardReply(type: "application/json", Array(#"{"done":true}"#.utf8))
}
