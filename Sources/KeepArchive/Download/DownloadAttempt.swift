import KeepFiles
import KeepModel
import KeepTransport

/// One try at a download: a request, the redirects it meets, and as much of the body as comes.
struct DownloadAttempt: Sendable {
  /// How it ended.
  enum Ending: Sendable {
    case whole
    case gone(Manifest.Reason)
    case failed(KeepError)
  }

  /// What one exchange led to.
  private enum Step: Sendable {
    case end(Ending)
    case follow(String)
  }

  let transport: any Transport
  let policy: DownloadPolicy
  /// Where the service says that the file is.
  let start: HTTPURL
  let file: SpoolFile
  /// Which file it is in the spool's volume.
  let name: SpoolName
  let volume: SpoolVolume
  let report: @Sendable (DownloadProgress.Event) async -> Void

  /// Tries, going on from what is there.
  ///
  /// - Returns: What is there afterwards, and how it ended.
  /// - Throws: ``KeepError`` with code `localIO`, also when there is not enough room for what is announced,
  ///   `interrupted`, or `failure` when the file is too large.
  func run(from partial: PartialFile) async throws -> (PartialFile, Ending) {
    var partial = partial
    var url = start
    for _ in 0...policy.maximumRedirects {
      let step: Step
      (partial, step) = try await exchange(url, partial)
      switch step {
      case .end(let ending): return (partial, ending)
      case .follow(let location):
        guard let next = policy.redirect(to: location, from: url, start: start) else {
          await report(.note(policy.refusal(of: location, from: url)))
          return (partial, .gone(.unreachable))
        }
        url = next
      }
    }
    return (
      partial, .failed(failure("the service redirects more than \(policy.maximumRedirects) times in a row"))
    )
  }

  /// No token ever travels with a download, and what is asked for is the bytes as they are.
  private func request(_ url: HTTPURL, _ partial: PartialFile) -> HTTPRequest {
    var request = HTTPRequest(
      .get, url, headers: ["Accept-Encoding": "identity"], reach: policy.reach(of: url, start: start))
    if partial.size > 0, let validator = partial.validator {
      request.headers.add("Range", "bytes=\(partial.size)-")
      request.headers.add("If-Range", validator.condition)
    }
    return request
  }

  /// A failure before the answer leaves what is there as it was; a body that breaks off leaves more.
  private func exchange(
    _ url: HTTPURL, _ partial: PartialFile
  ) async throws -> (PartialFile, Step) {
    let partial = partial.validator == nil ? PartialFile() : partial
    do {
      return try await transport.withResponse(to: request(url, partial)) { response in
        try await take(response, partial)
      }
    } catch let error as KeepError where error.code == .unavailable {
      return (partial, .end(.failed(error)))
    }
  }

  private func take(
    _ response: HTTPResponse, _ partial: PartialFile
  ) async throws -> (PartialFile, Step) {
    let answer = DownloadAnswer(status: response.status, headers: response.headers, partial: partial)
    switch answer {
    case .whole(let body):
      var fresh = PartialFile()
      fresh.validator = body.validator
      fresh.encoding = body.encoding
      fresh.framing = body.framing
      try file.begin(body.validator, start)
      return try await receive(response.body, body.length, onto: fresh)
    case .rest(let length): return try await receive(response.body, length, onto: partial)
    case .startAgain(let reason): return (PartialFile(), .end(.failed(failure(reason))))
    case .elsewhere(let location):
      try await drain(response)
      return (partial, .follow(location))
    case .gone(let reason):
      try await drain(response)
      return (partial, .end(.gone(reason)))
    case .later(let retry):
      try await drain(response)
      let error = failure(
        "the service answered HTTP \(response.status)", retry: retry, status: response.status)
      return (partial, .end(.failed(error)))
    }
  }

  /// Reads a short body that nobody wants, so that its connection can be used again.
  private func drain(_ response: HTTPResponse) async throws {
    guard let length = response.contentLength, length <= 65_536 else { return }
    var count: UInt64 = 0
    while count <= length, let piece = try await response.body.next() { count += UInt64(piece.count) }
  }

  private func receive(
    _ body: ResponseBody, _ length: UInt64?, onto partial: PartialFile
  ) async throws -> (PartialFile, Step) {
    var partial = partial
    let total = length.map { partial.size + $0 }
    try checkSize(total ?? 0)
    if let total { try volume.expect(total, having: partial.size, of: name) }
    var reported = partial.size
    do {
      while let piece = try await body.next() {
        if let total, partial.size + UInt64(piece.count) > total {
          return (
            PartialFile(), .end(.failed(failure("the service sent more than the \(total) bytes announced")))
          )
        }
        try partial.append(piece, to: file)
        try checkSize(partial.size)
        try volume.receive(upTo: partial.size, of: name)
        if partial.size - reported >= 1 << 20 {
          reported = partial.size
          await report(.received(partial.size, of: total))
        }
      }
    } catch let error as KeepError where error.code == .unavailable {
      return (partial, .end(.failed(error)))
    }
    guard total == nil || partial.size == total else {
      return (partial, .end(.failed(failure("the service sent \(partial.size) of \(total ?? 0) bytes"))))
    }
    return (partial, .end(.whole))
  }

  private func checkSize(_ size: UInt64) throws(KeepError) {
    guard size > policy.maximumOutputSize.bytes else { return }
    throw KeepError(
      .failure, .address(start.withoutQuery.description),
      "the output has more than the \(policy.maximumOutputSize) that are accepted")
  }

  private func failure(
    _ reason: String, retry: KeepError.Retry = .backOff, status: Int? = nil
  ) -> KeepError {
    KeepError(
      .unavailable, .address(start.withoutQuery.description), reason,
      hint: "run the same command again; it goes on where it stopped", retry: retry,
      httpStatus: status)
  }
}
