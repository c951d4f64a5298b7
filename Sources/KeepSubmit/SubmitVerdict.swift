package import KeepModel

/// What is known after a submit: the one place that decides whether trying again could cost money twice.
///
/// Every row of the table in <doc:SubmitProtocol> is one of its cases; `SubmitTableTests` and `SubmitReachTests` run them.
package enum SubmitVerdict: Sendable {
  /// The service runs it.
  case accepted(Request)
  /// The service does not run it, and the same again will not help.
  case refused(KeepError)
  /// The service does not run it; the same again may help.
  case notTaken(KeepError)
  /// The service may run it.
  case inDoubt(KeepError)
  /// Stopped by the user; `delivery` tells whether the service may run it.
  case interrupted(KeepError)

  /// Whether the service may be running what an error of a submit is about.
  package static func leavesDoubt(_ error: KeepError) -> Bool {
    error.code == .inDoubt || error.code == .interrupted && error.delivery != .notDelivered
  }

  /// The request, else the error of the verdict.
  package func request() throws(KeepError) -> Request {
    switch self {
    case .accepted(let request): request
    case .refused(let error), .notTaken(let error), .inDoubt(let error), .interrupted(let error):
      throw error
    }
  }
}

extension SubmitVerdict {
  /// Judges an exchange that gave no answer.
  package init(failure: any Error, deployment: DeploymentID) {
    guard let error = failure as? KeepError else {
      self =
        failure is CancellationError
        ? .interrupted(Self.interruption(deployment, .unknown))
        : .inDoubt(Self.doubt(deployment, "the exchange broke off"))
      return
    }
    let isCertain = error.delivery == .notDelivered
    switch error.code {
    case .interrupted:
      self = .interrupted(Self.interruption(deployment, error.delivery ?? .unknown))
    case .localIO, .inputRejected, .usage:
      // A body that had gone out whole once, and could not be read for a second time, may have been taken.
      guard error.delivery != .unknown else {
        self = .inDoubt(Self.doubt(deployment, error.description))
        return
      }
      var certain = error
      certain.delivery = .notDelivered
      self = .refused(certain)
    case _ where isCertain: self = error.retry == .never ? .refused(error) : .notTaken(error)
    default:
      self = .inDoubt(
        Self.doubt(deployment, "no answer came: \(error.reason)", status: error.httpStatus))
    }
  }

  /// Judges an answer, which may be cut; `breakage` is what cut it.
  package init(
    answer: ServiceAnswer, breakage: (any Error)? = nil, deployment: DeploymentID,
    api: APIConfiguration
  ) {
    let refusals = ServiceRefusal(api: api)
    let request = answer.isSuccess ? Self.request(in: answer, deployment: deployment, api: api) : nil
    if let error = refusals.documented(answer, .deployment(deployment)) {
      if let request {
        let reason = "the service answered with the request id \(request.id) and an error: \(error.reason)"
        self = .inDoubt(Self.doubt(deployment, reason, status: answer.status))
      } else {
        self = error.retry == .never ? .refused(error) : .notTaken(error)
      }
    } else if let request {
      self = .accepted(request)
    } else if Self.isInterruption(breakage) {
      self = .interrupted(Self.interruption(deployment, .unknown))
    } else {
      let cut = breakage == nil ? "" : ", cut off"
      let reason = "the service answered HTTP \(answer.status)\(cut), without a request id"
      self = .inDoubt(
        Self.doubt(deployment, reason + refusals.said(answer), status: answer.status))
    }
  }

  private static func request(
    in answer: ServiceAnswer, deployment: DeploymentID, api: APIConfiguration
  ) -> Request? {
    guard let document = answer.document?.value else {
      return salvagedID(in: answer.body).map { Request(id: $0, deployment: deployment) }
    }
    let text = document["request_id"].flatMap { $0.string ?? $0.number?.text }
    guard let id = text.map({ RequestID($0) }), id.isPathSafe else { return nil }
    let address = APIAddress(base: api.baseURL)
    func url(_ call: APIAddress.Call) -> HTTPURL? {
      let named = document["\(call.rawValue)_url"]?.string.flatMap { HTTPURL($0) }
      return address.trusted(named, for: call)
    }
    return Request(
      id: id, deployment: deployment, statusURL: url(.status), resultURL: url(.result),
      cancelURL: url(.cancel))
  }

  /// A `request_id` of the object itself that stands whole in a body that is cut or otherwise no JSON, and speaks of
  /// no error.
  private static func salvagedID(in body: [UInt8]) -> RequestID? {
    guard body.firstRange(of: Array("error_code".utf8)) == nil else { return nil }
    guard let value = value(of: Array("\"request_id\"".utf8), in: body),
      value.first == UInt8(ascii: "\""), let end = end(ofTextIn: value)
    else { return nil }
    let id = RequestID(String(decoding: value[..<end].dropFirst().dropLast(), as: UTF8.self))
    return id.isPathSafe ? id : nil
  }

  /// What follows a key of the object that a body begins with; the same key further in is of something else.
  private static func value(of key: [UInt8], in body: [UInt8]) -> ArraySlice<UInt8>? {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    var rest = (body.starts(with: mark) ? body.dropFirst(3) : body[...]).drop(while: isSpace)
    guard rest.first == UInt8(ascii: "{") else { return nil }
    var depth = 0
    while let byte = rest.first {
      switch byte {
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
      case UInt8(ascii: "\""):
        guard let end = end(ofTextIn: rest) else { return nil }
        let after = rest[end...].drop(while: isSpace)
        if depth == 1, rest[..<end].elementsEqual(key), after.first == UInt8(ascii: ":") {
          return after.dropFirst().drop(while: isSpace)
        }
        rest = rest[end...]
        continue
      default: break
      }
      rest = rest.dropFirst()
    }
    return nil
  }

  /// Where a text that begins with its quotation mark has ended; `nil` where it is cut.
  private static func end(ofTextIn bytes: ArraySlice<UInt8>) -> Int? {
    var isEscaped = false
    for index in bytes.indices.dropFirst() {
      if !isEscaped, bytes[index] == UInt8(ascii: "\"") { return index + 1 }
      isEscaped = !isEscaped && bytes[index] == UInt8(ascii: "\\")
    }
    return nil
  }

  private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x0A, 0x0D, 0x09].contains(byte) }

  private static func isInterruption(_ error: (any Error)?) -> Bool {
    error is CancellationError || (error as? KeepError)?.code == .interrupted
  }

  private static func interruption(
    _ deployment: DeploymentID, _ delivery: KeepError.Delivery
  ) -> KeepError {
    KeepError(
      .interrupted, .deployment(deployment),
      delivery == .notDelivered
        ? "stopped before it was sent" : "stopped while it was sent; it may be running",
      hint: delivery == .notDelivered ? nil : doubtHint, delivery: delivery)
  }

  private static func doubt(
    _ deployment: DeploymentID, _ reason: String, status: Int? = nil
  ) -> KeepError {
    KeepError(
      .inDoubt, .deployment(deployment), "\(reason); it may be running and billed",
      hint: doubtHint, delivery: .unknown, httpStatus: status)
  }

  private static let doubtHint =
    "look at the deployment's requests on RunComfy's page, then settle it with comfykeep resolve"
}
