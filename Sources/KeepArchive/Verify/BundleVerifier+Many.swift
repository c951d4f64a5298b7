package import KeepModel

extension BundleVerifier {
  /// Checks many bundles, at most `limit` at a time, and hands each report over in the order of the checks, as soon
  /// as it and all before it are there.
  ///
  /// However many there are, at most `4 * limit` are begun whose report was not handed over, so memory is bounded.
  ///
  /// - Parameters:
  ///   - watch: Told how many bytes were read since, from whichever task read them. It may throw `interrupted` to
  ///     end everything.
  ///   - take: Given each report.
  /// - Throws: ``KeepError`` with code `interrupted`, thrown by `watch`; what was not handed over by then is dropped.
  package static func verify(
    _ checks: [BundleCheck], limit: Int, watch: @escaping @Sendable (UInt64) throws(KeepError) -> Void,
    take: (VerificationReport) -> Void
  ) async throws(KeepError) {
    let limit = max(1, limit)
    let stop: KeepError? = await withTaskGroup(of: (Int, Result<VerificationReport, KeepError>).self) {
      group in
      var waiting: [Int: VerificationReport] = [:]
      var (begun, running, told) = (0, 0, 0)
      while told < checks.count {
        while running < limit, begun < min(checks.count, told + 4 * limit) {
          let (index, check) = (begun, checks[begun])
          group.addTask { (index, result(of: check, watch)) }
          begun += 1
          running += 1
        }
        guard let (index, result) = await group.next() else { break }
        running -= 1
        switch result {
        case .failure(let error): return error
        case .success(let report): waiting[index] = report
        }
        while let report = waiting.removeValue(forKey: told) {
          take(report)
          told += 1
        }
      }
      return nil
    }
    if let stop { throw stop }
  }

  private static func result(
    of check: BundleCheck, _ watch: (UInt64) throws(KeepError) -> Void
  ) -> Result<VerificationReport, KeepError> {
    do throws(KeepError) {
      return .success(try BundleVerifier().verify(check, watch: watch))
    } catch {
      return .failure(error)
    }
  }
}
