package import KeepModel
package import KeepTransport

/// A bucket of an S3-compatible store that keeps an archive's files under names of our choice.
///
/// It never overwrites: what is put is sent on the condition that nothing has the name, looked for before, since some
/// stores ignore the condition or do not know it, and read back after. What `put` returns from is proven to be there,
/// by a digest of all its bytes.
package struct ArchiveStore: Sendable {
  /// Which place it is, for people and the ledger: no secret in it.
  package let name: String
  /// What every place in it begins with, such as `s3://bucket/prefix/`.
  private let root: String
  private let prefix: String
  var store: S3Store

  /// The store of a target, once everything about it has been checked that can be without asking it.
  ///
  /// - Parameters:
  ///   - clock: What is waited by before an exchange is tried again.
  ///   - now: The date of signatures.
  ///   - allowsPlain: Whether plain http to another machine is allowed.
  ///   - random: From 0 up to 1, for jitter.
  /// - Throws: ``KeepError`` with code `usage` when the target cannot be used.
  package init(
    _ target: S3Target, over transport: any Transport, policy: RetryPolicy = RetryPolicy(),
    clock: any Clock<Duration> = ContinuousClock(), now: @escaping @Sendable () -> Timestamp,
    allowsPlain: Bool = false, random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
  ) throws(KeepError) {
    let option = KeepError.Subject.option("--archive")
    guard !target.prefix.contains(where: { "{}".contains($0) }) else {
      throw KeepError(.usage, option, "takes no placeholders: bundles lie in folders by their day")
    }
    if let origin = target.endpoint?.origin, origin.scheme == "http", !allowsPlain,
      target.endpoint?.isLoopback != true
    {
      throw KeepError(
        .usage, option, "bundles would travel unencrypted to \(origin)",
        hint: "use https, or --allow-http if you mean it")
    }
    var plain = target
    plain.prefix = target.prefix.split(separator: "/").joined(separator: "/")
    // A store of one's own may well be on a private network: nobody else has to reach it.
    let access = StoreAccess(
      transport: transport, policy: policy, clock: clock, now: now, random: random, reach: .anywhere)
    do {
      store = try S3Store(plain, access, allowsLocal: true)
    } catch {
      throw KeepError(error.code, option, error.reason, hint: error.hint)
    }
    prefix = plain.prefix.isEmpty ? "" : "\(plain.prefix)/"
    root = "s3://\(target.bucket)/\(prefix)"
    let folder = "s3://\(target.bucket)\(plain.prefix.isEmpty ? "" : "/\(plain.prefix)")"
    name =
      target.endpoint.map { endpoint in
        "\(folder) at \(endpoint.path == "/" ? endpoint.origin.description : endpoint.withoutQuery.description)"
      } ?? folder
  }

  /// Where a file lies, as tools for such stores spell it: `s3://bucket/prefix/path`.
  package func place(of path: String) -> String { root + path }

  /// Puts a file under a path, unless it is there already.
  ///
  /// - Parameters:
  ///   - file: What is put. Its bytes are hashed as they are sent.
  ///   - path: Names parted by slashes, below the prefix.
  ///   - progress: Told of the bytes that were sent so far.
  /// - Returns: Whether it was there already.
  /// - Throws: ``KeepError`` with `bundle_exists` when other bytes have the name, before or after; `upload_failed` when
  ///   the store refuses, or what is there cannot be read back; `unavailable` after retries; `fixity` when the file is
  ///   no longer what it was; `local_io`; `interrupted`.
  package func put(
    _ file: Asset, as path: String, progress: @escaping @Sendable (UInt64) -> Void = { _ in }
  ) async throws(KeepError) -> Bool {
    let deposit = GuardedDeposit(store: store, file: file, key: prefix + path)
    do throws(KeepError) {
      return file.size > store.singleLimit
        ? try await deposit.inParts(progress) : try await deposit.whole(progress)
    } catch {
      throw error.aboutArchive(file)
    }
  }
}

extension KeepError {
  /// An upload's error in the words of an archive.
  fileprivate func aboutArchive(_ file: Asset) -> KeepError {
    guard code != .inputRejected else {
      return KeepError(
        .fixity, .path(file.path), "its bytes are no longer those that were kept",
        hint: "comfykeep verify tells what is wrong; the file was not put into the store")
    }
    var error = self
    error.hint = hint?.replacing("upload target", with: "archive's store")
    return error
  }
}
