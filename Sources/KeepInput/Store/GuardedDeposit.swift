internal import KeepModel
internal import KeepTransport

/// Puts one file under a name that other bytes must not lose, and proves that it is there.
///
/// Unlike ``GuardedUpload``, whose names come from the bytes, it never writes over anything, be it what an earlier try
/// has left, and never removes anything; and it takes nothing for granted that it cannot look at.
struct GuardedDeposit {
  let store: S3Store
  let file: Asset
  let key: String

  private var url: HTTPURL { store.bucket.url(key) }
  private var address: KeepError.Subject { .address(url.description) }
  private var metadata: HTTPHeaders { ["x-amz-meta-sha256": file.checksum.hexadecimal] }

  private func look() async throws(KeepError) -> Presence { try await store.proof(of: file, at: key) }

  /// Sends the file in one PUT. Returns whether it was there already.
  ///
  /// - Throws: ``KeepError`` as ``ArchiveStore/put(_:as:progress:)``.
  func whole(_ progress: @escaping @Sendable (UInt64) -> Void) async throws(KeepError) -> Bool {
    var pauses = StoreAccess.Pauses(store.access)
    var isConditional = true
    var wasSent = false
    while true {
      switch try await look() {
      case .same: return !wasSent
      case .other(let what): throw taken(what)
      case .absent: break
      case .hidden:
        // Without a look only the condition protects what may be there.
        guard isConditional else { throw .unseen(address) }
      }
      let answer: BufferedResponse
      do throws(KeepError) {
        answer = try await send(isConditional: isConditional, progress)
      } catch {
        guard error.code == .unavailable, try await pauses.pause(after: error, url) else { throw error }
        wasSent = true
        continue
      }
      wasSent = wasSent || answer.status != 501
      switch answer.status {
      case 200...299:
        try await confirm()
        return false
      case 501 where isConditional:
        isConditional = false
        store.access.noteUnconditional()
      default:
        let refusal = S3Refusal(answer)
        let isPassing =
          answer.status == 412 || refusal.isTemporary || RetryPolicy.isTemporary(answer.status)
        if answer.status == 412, case .other(let what) = try await look() { throw taken(what) }
        guard isPassing, try await pauses.pause(after: answer, url) else {
          throw store.refusal(answer, url)
        }
      }
    }
  }

  private func send(
    isConditional: Bool, _ progress: @escaping @Sendable (UInt64) -> Void
  ) async throws(KeepError) -> BufferedResponse {
    var headers = metadata
    headers.add("x-amz-checksum-sha256", file.checksum.base64)
    if isConditional { headers.add("If-None-Match", "*") }
    return try await store.access.once(
      store.bucket.request(
        .put, key, headers: headers, body: file.body(file.whole, progress: progress), hash: file.checksum))
  }

  /// Sends the file in parts, and goes on with those that an interrupted try has left. Returns whether it was there
  /// already.
  ///
  /// - Throws: ``KeepError`` as ``ArchiveStore/put(_:as:progress:)``.
  func inParts(_ progress: @escaping @Sendable (UInt64) -> Void) async throws(KeepError) -> Bool {
    switch try await look() {
    case .same:
      // What a killed try left open costs money for ever.
      let uploads = S3Uploads(store: store, key: key)
      for open in try await uploads.open() { await uploads.abort(open) }
      return true
    case .other(let what): throw taken(what)
    case .absent, .hidden: break
    }
    do throws(KeepError) {
      _ = try await S3Multipart(
        store: store, asset: file, key: key, progress: progress, metadata: metadata, isNameOfBytes: false
      ).run()
    } catch {
      guard error.code == .uploadFailed else { throw error }
      switch try await look() {
      case .same: return false
      case .other(let what): throw taken(what)
      case .absent, .hidden: throw error
      }
    }
    try await confirm()
    return false
  }

  /// Reads back what the store has said that it took; several times, since one that others write to as well may show
  /// it late.
  private func confirm() async throws(KeepError) {
    var found = try await look()
    for _ in 0..<3 where found == .absent {
      do {
        try await store.access.clock.sleep(for: store.access.policy.firstWait)
      } catch {
        throw KeepError(.interrupted, address, "the upload was interrupted")
      }
      found = try await look()
    }
    switch found {
    case .same: return
    case .hidden: throw .unseen(address)
    case .absent:
      throw KeepError(
        .uploadFailed, address, "the store said that it took it, and has nothing under its name")
    case .other(let what): throw taken(what, "the store said that it took it, and has")
    }
  }

  private func taken(_ what: String, _ words: String = "the name is taken by other bytes:") -> KeepError {
    KeepError(
      .bundleExists, address, "\(words) \(what)",
      hint: "look at what is there, and move it away or name another prefix; nothing is overwritten")
  }
}

extension KeepError {
  /// A name that cannot be looked at, where that is needed.
  static func unseen(_ address: Subject) -> KeepError {
    KeepError(
      .uploadFailed, address, "the store does not let it be read back",
      hint: "the keys need the right to read what they put (s3:GetObject)")
  }
}
