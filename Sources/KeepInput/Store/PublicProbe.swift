package import KeepModel
package import KeepTransport

/// Fetches a URL as the service will: by GET, as nobody in particular, along no redirect.
///
/// What comes has to be media: of the asset's type and length where the URL is that of an upload. A login page, an
/// error page and a redirect to one are told apart in words. As little is read as will do.
package struct PublicProbe: Sendable {
  private let access: StoreAccess

  /// A probe.
  ///
  /// - Parameter allowsLocal: Whether hosts that are not public may be asked, as servers on this machine are.
  package init(
    over transport: any Transport, policy: RetryPolicy = RetryPolicy(attempts: 4),
    clock: any Clock<Duration> = ContinuousClock(), now: @escaping @Sendable () -> Timestamp,
    allowsLocal: Bool = false, random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
  ) {
    self.access = StoreAccess(
      transport: transport, policy: policy, clock: clock, now: now, random: random,
      reach: allowsLocal ? .anywhere : .publicOnly)
  }

  /// This much of a body whose length is known is read: a small file then is read and compared as a whole.
  private static let glance: UInt64 = 256 * 1024
  /// A body of unknown length is counted up to this much.
  private static let countLimit: UInt64 = 4 << 30

  /// Fetches the URL and holds what comes against the asset that was put there; with no asset, against any media.
  ///
  /// - Throws: ``KeepError`` with `upload_failed` when the service could not use the upload, `input_rejected` when it
  ///   could not use a URL that a person gave; `unavailable` when the host cannot be reached after retries;
  ///   `interrupted`.
  package func check(_ url: HTTPURL, asset: Asset?) async throws(KeepError) {
    let verdict = ProbeVerdict(url: url, asset: asset)
    var pauses = StoreAccess.Pauses(access)
    while true {
      do throws(KeepError) {
        let found = try await fetch(url, asset)
        let answer = BufferedResponse(status: found.status, headers: found.headers, body: [])
        if RetryPolicy.isTemporary(found.status), try await pauses.pause(after: answer, url) { continue }
        if let error = verdict.error(found) { throw error }
        return
      } catch {
        guard error.code == .unavailable, try await pauses.pause(after: error, url) else { throw error }
      }
    }
  }

  private func fetch(_ url: HTTPURL, _ asset: Asset?) async throws(KeepError) -> Fetched {
    let request = HTTPRequest(.get, url, reach: access.reach)
    do {
      return try await access.transport.withResponse(to: request) { response in
        var found = Fetched(
          status: response.status, headers: response.headers, announced: response.contentLength)
        var hasher = ChecksumHasher()
        let isCounted = response.status == 200 && found.announced == nil
        let limit = isCounted ? min(Self.countLimit, asset?.size.bytes ?? Self.glance) : Self.glance
        while let piece = try await response.body.next() {
          if found.start.count < MediaType.magicCount { found.start += piece.prefix(MediaType.magicCount) }
          piece.withUnsafeBytes { hasher.update($0) }
          found.count += UInt64(piece.count)
          if found.count > limit { return found }
        }
        found.checksum = hasher.finish()
        return found
      }
    } catch let error as KeepError {
      throw error
    } catch {
      throw KeepError(.failure, .address(url.withoutQuery.description), "the probe failed: \(error)")
    }
  }

  /// What a GET brought.
  struct Fetched: Sendable {
    let status: Int
    let headers: HTTPHeaders
    /// `Content-Length`.
    let announced: UInt64?
    /// The first bytes.
    var start: [UInt8] = []
    /// How many bytes came before it was enough.
    var count: UInt64 = 0
    /// The checksum, where all was read.
    var checksum: Checksum?
  }
}
