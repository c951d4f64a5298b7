internal import KeepModel

/// The second origin: outputs under signed addresses, and a store that takes uploads by PUT.
///
/// No call here may bear the API's token; an output download may bear no `Authorization` at all.
struct StorageService: Sendable {
  let store: SimulatorStore

  /// Answers one call and logs it whole, as it came: the log is how a test sees what was sent here.
  func reply(to call: Call) -> Reply {
    let violation = violation(of: call)
    let reply = violation.map { .text(400, "\($0)\n") } ?? answer(call)
    var members: [(String, JSONValue)] = [
      ("method", .string(call.method)), ("path", .string(call.rawPath)), ("query", .string(call.query)),
      ("status", .integer(reply.status)), ("request_bytes", .integer(call.body.count)),
      ("headers", APIService.document(call.headers)),
    ]
    if let violation {
      members.append(("violation", .string(violation)))
      store.withState { $0.violations.append("\(call.method) \(call.rawPath): \(violation)") }
    }
    store.record("storage", members)
    return reply
  }

  private func violation(of call: Call) -> String? {
    if TokenTrace(store.configuration.token).isIn(call) {
      return "the API token was sent to the second origin"
    }
    let isOutput = call.path.first == "deployment_requests"
    return isOutput && call[header: "authorization"] != nil
      ? "an Authorization header was sent with a download" : nil
  }

  private func answer(_ call: Call) -> Reply {
    switch call.path.first {
    case "deployment_requests": output(call)
    case "uploads": upload(call)
    default: .text(404, "not found\n")
    }
  }

  // MARK: - Outputs

  private func output(_ call: Call) -> Reply {
    guard call.method == "GET" || call.method == "HEAD" else { return .text(405, "method not allowed\n") }
    if let retryAfter = store.value(of: .throttleOutput) { return .throttled(retryAfter) }
    if let status = store.value(of: .errorOutput).flatMap({ Int($0) }) { return .gateway(status) }
    if store.strikes(.outputDropped) { return .dropped }
    if let target = store.value(of: .outputRedirect) { return redirect(call, to: target) }
    if store.strikes(.outputHTML) {
      return .text(200, "<!DOCTYPE html><title>Just a moment…</title>\n", type: "text/html; charset=utf-8")
    }
    let path = "/" + call.path.joined(separator: "/")
    guard isSigned(call, path) else { return .text(403, "the signature is wrong or expired\n") }
    guard var file = store.withState({ $0.files[path] }), !isGone(file) else {
      return .text(404, "not found\n")
    }
    if store.strikes(.outputChanged) { file.bytes = changed(file.bytes) }
    return FileAnswer(file: file, call: call, store: store).reply
  }

  private func redirect(_ call: Call, to target: String) -> Reply {
    let own = store.withState { $0.addresses.outputs } + call.rawPath + "?" + call.query
    return Reply(status: 302, headers: [("Location", target.isEmpty ? own : target)])
  }

  private func isSigned(_ call: Call, _ path: String) -> Bool {
    guard let expires = call.values("Expires").first, let moment = Int64(expires),
      let nonce = call.values("Key-Pair-Id").first, let given = call.values("Signature").first
    else { return false }
    return moment * 1000 > store.now.milliseconds
      && given == store.signature(path, expires: expires, nonce: nonce)
  }

  /// Whether the run that the file belongs to is deleted by now.
  private func isGone(_ file: StoredFile) -> Bool {
    guard let run = file.run.flatMap({ id in store.withState { $0.runs[id] } }) else { return false }
    return store.isExpired(run) || store.strikes(.expired)
  }

  private func changed(_ bytes: [UInt8]) -> [UInt8] {
    bytes.starts(with: PNGFile.signature)
      ? PNGFile.adding(key: "changed", value: "yes", to: bytes) : bytes + [0]
  }

  // MARK: - Uploads

  private func upload(_ call: Call) -> Reply {
    let path = "/" + call.path.joined(separator: "/")
    let known = store.withState { $0.files[path] }
    switch call.method {
    case "PUT" where call.path.count < 2: return .text(400, "a name is missing\n")
    case "PUT" where known != nil && call[header: "if-none-match"] == "*": return .text(412, "it exists\n")
    case "PUT":
      let type = call[header: "content-type"].map { MediaType($0) } ?? .octetStream
      let file = StoredFile(bytes: call.body, mediaType: type)
      store.withState { $0.files[path] = file }
      return Reply(status: known == nil ? 201 : 204, headers: [("ETag", file.entityTag)])
    case "GET", "HEAD":
      return known.map { FileAnswer(file: $0, call: call, store: nil).reply } ?? .text(404, "not found\n")
    case "DELETE":
      store.withState { $0.files[path] = nil }
      return Reply(status: known == nil ? 404 : 204)
    default: return .text(405, "method not allowed\n")
    }
  }
}
