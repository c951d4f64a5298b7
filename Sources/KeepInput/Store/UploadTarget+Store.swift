package import KeepModel
package import KeepTransport

extension UploadTarget {
  /// The store that this target names, once everything about it has been checked that can be without asking it.
  ///
  /// - Parameters:
  ///   - clock: What is waited by before an exchange is tried again.
  ///   - now: The date: for `{date}`, signatures and lifetimes.
  ///   - allowsLocal: Whether plain http and hosts that are not public are allowed, as servers on this machine are.
  ///   - random: From 0 up to 1, for jitter.
  ///   - note: Told, in words, of what the store cannot do and is done without; the same may be said often.
  /// - Throws: ``KeepError`` with code `usage` when the target cannot be used: a template that makes no URL or could
  ///   give two assets one name, plain http or a private host that is not allowed, a bad bucket name, a lifetime beyond
  ///   seven days, a netrc file without the host.
  package func store(
    over transport: any Transport, policy: RetryPolicy = RetryPolicy(),
    clock: any Clock<Duration> = ContinuousClock(), now: @escaping @Sendable () -> Timestamp,
    allowsLocal: Bool = false, random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) },
    note: @escaping @Sendable (String) -> Void = { _ in }
  ) throws(KeepError) -> any ObjectStore {
    let access = StoreAccess(
      transport: transport, policy: policy, clock: clock, now: now, random: random,
      reach: allowsLocal ? .anywhere : .publicOnly, note: note)
    switch self {
    case .put(let target): return try PutStore(target, access, allowsLocal: allowsLocal)
    case .s3(let target): return try S3Store(target, access, allowsLocal: allowsLocal)
    case .webDAV(let target): return try WebDAVStore(target, access, allowsLocal: allowsLocal)
    case .command(let target): return try CommandStore(target, now: now, allowsLocal: allowsLocal)
    }
  }
}
