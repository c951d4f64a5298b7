package import KeepModel

/// What one delivery says of a run: which it is, and a word on how it goes. Nothing else of a delivery is read, and
/// nothing of it is believed: it says that the service is worth asking now (contract 4).
package struct WebhookHint: Sendable, Hashable {
  /// Which submission it is of, by the key in the address that we gave; `nil` where that has none.
  package let submission: SubmissionKey?
  /// Which sending of the submission it is of, by the number in the address; `nil` where that has none.
  package let attempt: Int?
  /// The id of the run, fit for a path.
  package let request: RequestID
  /// The deployment, fit for a path, where it is named.
  package let deployment: DeploymentID?
  /// The word under `status`, escaped and cut; `nil` without one.
  package let status: String?
  /// The word under `outcome`, likewise.
  package let outcome: String?

  /// What the service says of the run: `outcome`, else `status`; unknown words too.
  package var word: String? { outcome ?? status }

  /// How much JSON is read at most; a body is not larger than ``WebhookLimits/body`` besides.
  private static let options = {
    var options = JSONDocument.Options.lenient
    options.maximumDepth = 64
    options.maximumValues = 200_000
    return options
  }()

  /// Reads a delivery.
  ///
  /// - Parameters:
  ///   - query: The query of the address called, `submission_key=…`.
  ///   - body: The body, JSON.
  /// - Throws: ``WebhookRefusal`` for a body that is no JSON object, a request id that is missing or not fit for a path,
  ///   a key that is not 64 lower-case hexadecimal digits, or words that are no texts.
  package init(query: String?, body: [UInt8]) throws(WebhookRefusal) {
    self.submission = try Self.key(in: query ?? "")
    self.attempt = try Self.attempt(in: query ?? "")
    let document: JSONValue
    do {
      document = try JSONDocument(parsing: body, options: Self.options).value
    } catch {
      throw WebhookRefusal(reason: "no JSON")
    }
    guard let object = document.object else { throw WebhookRefusal(reason: "no JSON object") }
    let request = try Self.text("request_id", in: object).map { RequestID($0) }
    guard let request, request.isPathSafe else { throw WebhookRefusal(reason: "no request id") }
    let deployment = try Self.text("deployment_id", in: object).map { DeploymentID($0) }
    guard deployment?.isPathSafe != false else { throw WebhookRefusal(reason: "no deployment id") }
    self.request = request
    self.deployment = deployment
    self.status = try Self.text("status", in: object).map(Self.word)
    self.outcome = try Self.text("outcome", in: object).map(Self.word)
  }

  private static func text(_ name: String, in object: JSONObject) throws(WebhookRefusal) -> String? {
    switch object[name] {
    case nil, .null?: return nil
    case .string(let text)?: return text
    default: throw WebhookRefusal(reason: "\(name) is no text")
    }
  }

  /// The one `submission_key` of a query.
  private static func key(in query: String) throws(WebhookRefusal) -> SubmissionKey? {
    let name = "submission_key="
    let values = query.split(separator: "&").filter { $0.utf8.starts(with: name.utf8) }
    guard let first = values.first else { return nil }
    guard values.count == 1, let digits = Checksum(hexadecimal: String(first.dropFirst(name.count))) else {
      throw WebhookRefusal(reason: "no submission key")
    }
    return SubmissionKey(digits.hexadecimal)
  }

  /// The one `attempt` of a query.
  private static func attempt(in query: String) throws(WebhookRefusal) -> Int? {
    let name = "attempt="
    let values = query.split(separator: "&").filter { $0.utf8.starts(with: name.utf8) }
    guard let first = values.first else { return nil }
    let digits = first.dropFirst(name.count)
    guard values.count == 1, (1...9).contains(digits.utf8.count),
      digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let number = Int(digits)
    else { throw WebhookRefusal(reason: "no attempt") }
    return number
  }

  /// At most 64 characters of printable ASCII: everything else is spelled `\u{…}`.
  static func word(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      let isPlain = (0x20...0x7E).contains(scalar.value) && scalar != "\\"
      let piece = isPlain ? String(scalar) : "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
      guard result.utf8.count + piece.utf8.count <= 64 else { return result + "..." }
      result += piece
    }
    return result
  }
}

/// Why a delivery was not taken, in words of ours alone.
package struct WebhookRefusal: Error, Sendable, Equatable {
  /// What is wrong, such as `no request id`.
  package let reason: String
}
