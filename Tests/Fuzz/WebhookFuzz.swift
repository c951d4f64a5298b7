import KeepModel

/// One delivery, a line of query and then the body: no trap, what was read is fit for paths and logs, and the rest of a
/// body changes nothing.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzWebhook(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  let query = bytes.prefix { $0 != UInt8(ascii: "\n") }
  let body = Array(bytes.dropFirst(query.count + 1))
  guard let hint = try? WebhookHint(query: String(decoding: query, as: UTF8.self), body: body) else {
    return 0
  }
  precondition(hint.request.isPathSafe, "a request id that is not fit for a path")
  precondition(hint.deployment?.isPathSafe != false, "a deployment id that is not fit for a path")
  if let key = hint.submission {
    precondition(Checksum(hexadecimal: key.rawValue) != nil, "a key that is none")
  }
  for word in [hint.status, hint.outcome].compactMap({ $0 }) {
    precondition(
      word.utf8.count <= 67 && word.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "a word that steers")
  }
  // What is left of the body once the four texts are out of it changes nothing.
  guard let object = try? JSONDocument(parsing: body, options: .lenient).value.object else {
    preconditionFailure("what was read is no object")
  }
  var bare = JSONObject()
  for name in ["request_id", "deployment_id", "status", "outcome"] { bare[name] = object[name] }
  let again = try? WebhookHint(
    query: hint.submission.map { "submission_key=\($0)" }, body: CanonicalJSON.compact(.object(bare)))
  precondition(again == hint, "something else of the body was read")
  return 0
}
