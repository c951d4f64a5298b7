package import KeepModel

/// Turns the service's errors into ours.
package struct ServiceRefusal: Sendable {
  private let api: APIConfiguration

  package init(api: APIConfiguration) {
    self.api = api
  }

  /// The error of an answer that documentedly means "not done, and not because of a passing trouble", or
  /// "too fast"; `nil` for any other answer, such as a success, a 5xx or a code that no document names.
  package func documented(_ answer: ServiceAnswer, _ subject: KeepError.Subject) -> KeepError? {
    byCode(answer, subject) ?? byStatus(answer, subject)
  }

  /// The error of any answer to a read that is not what was asked for.
  package func ofRead(_ answer: ServiceAnswer, _ subject: KeepError.Subject) -> KeepError {
    if let error = documented(answer, subject) { return error }
    let found = said(answer)
    return KeepError(
      .unavailable, subject,
      answer.isError
        ? "the service answered HTTP \(answer.status)\(found)"
        : "the service answered something that is not understood\(found)",
      hint: "try again later", retry: RetryAfter.retry(answer.headers), delivery: .unknown,
      httpStatus: answer.status)
  }

  /// Why the schema of a deployment's nodes could not be had.
  package func ofSchema(_ answer: ServiceAnswer, _ place: KeepError.Subject) -> KeepError {
    KeepError(
      .unavailable, place, "the service answered HTTP \(answer.status)\(said(answer))",
      delivery: .unknown, httpStatus: answer.status)
  }

  /// What is known after a change of a deployment was asked for and no success came back.
  package func ofChange(
    _ answer: ServiceAnswer, _ subject: KeepError.Subject, _ change: String
  ) -> KeepError {
    if answer.status == 400 || answer.status == 422 || answer.errorCode == 422_001 {
      return error(
        .inputRejected, answer, subject, "the service refused the settings",
        hint: "comfykeep deployments \(change) --help tells what they can be")
    }
    if subject == .none, answer.isNotFound {
      return error(
        .inputRejected, answer, subject, "the service does not know the workflow, or not this version of it",
        hint:
          "check --workflow-id and --workflow-version; comfykeep deployments show tells those of a deployment"
      )
    }
    return documented(answer, subject)
      ?? Self.doubt(
        subject, change, "the service answered HTTP \(answer.status)\(said(answer))", answer.status)
  }

  /// A change that may or may not have been made. It is not tried again: a second create would make, and bill,
  /// another deployment.
  package static func doubt(
    _ subject: KeepError.Subject, _ change: String, _ reason: String, _ status: Int? = nil
  ) -> KeepError {
    KeepError(
      .inDoubt, subject, "\(reason); the \(change) may or may not have happened",
      hint: "look with comfykeep deployments list before trying again", delivery: .unknown, httpStatus: status
    )
  }

  /// `: what it said`, bounded, with our secrets struck out; the bytes' beginning where it said nothing.
  package func said(_ answer: ServiceAnswer) -> String {
    let code = answer.errorCode.map { " (error code \($0))" } ?? ""
    let spoken = ([answer.message] + answer.details).filter { !$0.isEmpty }
    let bytes = String(decoding: answer.body.prefix(4096), as: UTF8.self)
    let text = spoken.isEmpty ? excerpt(bytes, 200) : spoken.map { excerpt($0, 500) }.joined(separator: "; ")
    return text.isEmpty ? "\(code), with an empty body" : "\(code): \(text)"
  }

  /// On one line, bounded. Secrets go before the cut, which could leave half of one; of a long text the last
  /// word goes too, which may be such a half.
  private func excerpt(_ text: String, _ limit: Int) -> String {
    let start = text.prefix(limit * 8)
    let safe = api.redacting(String(start))
    var words = safe.unicodeScalars.split { $0.properties.isWhitespace }.map(String.init)
    if start.endIndex < text.endIndex, words.count > 1 { words.removeLast() }
    return Excerpt.of(words.joined(separator: " "), limit: limit)
  }

  private func byCode(_ answer: ServiceAnswer, _ subject: KeepError.Subject) -> KeepError? {
    switch answer.errorCode {
    case 401_001?: token(answer, subject)
    case 403_003?:
      error(
        .deploymentUnusable, answer, subject, "belongs to another account",
        hint: "check the id, and that the token is of the account that owns it")
    case 404_001?: notFound(answer, subject)
    case 422_001?: validation(answer, subject)
    case 10_001?:
      error(
        .deploymentUnusable, answer, subject, "is disabled, the account is out of credit",
        hint: "add funds, then enable the deployment again: comfykeep deployments resume ID")
    case 10_002?:
      error(
        .deploymentUnusable, answer, subject, "is disabled",
        hint: "enable it: comfykeep deployments resume ID")
    case 10_003?:
      error(
        .deploymentUnusable, answer, subject, "has been deleted",
        hint: "name another deployment: comfykeep deployments list")
    default: nil
    }
  }

  private func byStatus(_ answer: ServiceAnswer, _ subject: KeepError.Subject) -> KeepError? {
    switch answer.status {
    case 401: token(answer, subject)
    case 402: outOfCredit(answer, subject)
    case 403: token(answer, subject)
    case 404, 410: notFound(answer, subject)
    case 400, 422: validation(answer, subject)
    case 413:
      error(
        .inputRejected, answer, subject, "the body is too large for the service",
        hint: "send smaller assets, or have them uploaded and sent as URLs")
    case 429: tooFast(answer, subject)
    case 425: waiting(answer, subject, "the service is not ready for it")
    case 301, 302, 307, 308:
      error(
        .unavailable, answer, subject, "the service redirects, which is not followed with the token",
        hint: "check --api-url")
    case 408, 499: nil
    case 405..<500: error(.failure, answer, subject, "the service refused it")
    default: nil
    }
  }

  private func error(
    _ code: KeepError.Code, _ answer: ServiceAnswer, _ subject: KeepError.Subject, _ reason: String,
    hint: String? = nil, retry: KeepError.Retry = .never
  ) -> KeepError {
    KeepError(
      code, subject, "\(reason) (HTTP \(answer.status))\(said(answer))", hint: hint, retry: retry,
      delivery: .notDelivered, httpStatus: answer.status)
  }

  private func token(_ answer: ServiceAnswer, _ subject: KeepError.Subject) -> KeepError {
    error(
      .tokenRefused, answer, subject, "the service refused the token",
      hint: "check RUNCOMFY_API_TOKEN or --token-file; tokens are on RunComfy's profile page")
  }

  private func outOfCredit(_ answer: ServiceAnswer, _ subject: KeepError.Subject) -> KeepError {
    error(
      .deploymentUnusable, answer, subject, "the account is out of credit",
      hint: "add funds on RunComfy's page")
  }

  /// 404 as its HTTP status even where the answer came with 200.
  private func notFound(_ answer: ServiceAnswer, _ subject: KeepError.Subject) -> KeepError {
    let isRequest = if case .request = subject { true } else { false }
    var error = error(
      isRequest ? .failure : .deploymentUnusable, answer, subject, "the service does not know it",
      hint: isRequest
        ? "check the request and its deployment"
        : "check the deployment: comfykeep deployments list")
    error.httpStatus = 404
    return error
  }

  private func validation(_ answer: ServiceAnswer, _ subject: KeepError.Subject) -> KeepError {
    error(
      .inputRejected, answer, subject, "the service refused the inputs",
      hint: "check node ids, input names and values against the deployed workflow")
  }

  /// 429 can mean "too fast" and "out of credit".
  private func tooFast(_ answer: ServiceAnswer, _ subject: KeepError.Subject) -> KeepError {
    answer.message.lowercased().contains("insufficient")
      ? outOfCredit(answer, subject) : waiting(answer, subject, "the service asks to slow down")
  }

  private func waiting(
    _ answer: ServiceAnswer, _ subject: KeepError.Subject, _ reason: String
  ) -> KeepError {
    error(
      .unavailable, answer, subject, reason, hint: "try again later",
      retry: RetryAfter.retry(answer.headers))
  }
}
