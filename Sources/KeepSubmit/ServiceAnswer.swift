package import KeepModel
package import KeepTransport

/// An answer of the service, read once: its document, and the error that it may hold whatever its status.
package struct ServiceAnswer: Sendable {
  /// The HTTP status.
  package let status: Int
  /// The headers.
  package let headers: HTTPHeaders
  /// The bytes.
  package let body: [UInt8]
  /// The JSON that the bytes are, leniently read; `nil` if they are none.
  package let document: JSONDocument?

  package init(_ response: BufferedResponse) {
    self.status = response.status
    self.headers = response.headers
    self.body = response.body
    self.document = try? JSONDocument(parsing: response.body, options: .lenient)
  }

  /// Whether the status is 2xx. The body may hold an error all the same.
  package var isSuccess: Bool { (200..<300).contains(status) }

  /// The service's own error code, sent as a number or as its digits, also with status 200.
  package var errorCode: Int? {
    for holder in holders {
      let value = holder["error_code"] ?? holder["errorCode"]
      if let code = value.flatMap(Self.integer), code != 0 { return code }
    }
    return nil
  }

  /// Whether the answer is an error.
  package var isError: Bool { !isSuccess || errorCode != nil }

  /// Whether the service does not know what was asked for.
  package var isNotFound: Bool { status == 404 || status == 410 || errorCode == 404_001 }

  /// What the service said, in the order in which its own clients look; empty if it said nothing readable.
  package var message: String {
    for holder in holders {
      for key in ["error_message", "message", "error", "detail"] {
        if let text = holder[key]?.string, !text.isEmpty { return text }
      }
    }
    return ""
  }

  /// Every entry of a validation error, as `body.overrides.189: what is wrong`.
  package var details: [String] {
    guard let detail = document?.value["detail"] ?? document?.value["details"] else { return [] }
    switch detail {
    case .array(let entries): return entries.prefix(100).map(Self.detail)
    case .object(let object) where object["error_code"] == nil && object["message"] == nil:
      return object.members.prefix(100).map { "\($0.key): \(Self.text($0.value))" }
    default: return []
    }
  }

  /// The document, and the objects in it that some gateways wrap an error in.
  private var holders: [JSONValue] {
    guard let document else { return [] }
    let value = document.value
    return [value] + [value["detail"], value["error"]].compactMap { $0 }.filter { $0.object != nil }
  }

  private static func integer(_ value: JSONValue) -> Int? {
    let digits = value.number?.text ?? value.string ?? ""
    return Int(digits) ?? Double(digits).flatMap { Int(exactly: $0) }
  }

  private static func detail(_ entry: JSONValue) -> String {
    guard let object = entry.object else { return text(entry) }
    guard let message = object["msg"] ?? object["message"] else { return text(entry) }
    let place = object["loc"] ?? object["field"]
    let steps = place?.array?.map(text).joined(separator: ".") ?? place.map(text) ?? ""
    return steps.isEmpty ? text(message) : "\(steps): \(text(message))"
  }

  private static func text(_ value: JSONValue) -> String {
    value.string ?? String(decoding: CanonicalJSON.compact(value), as: UTF8.self)
  }
}
