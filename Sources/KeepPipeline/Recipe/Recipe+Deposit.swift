public import KeepModel

extension Recipe {
  /// Where bundles are put, once they are kept in the archive's folder; `nil` where nobody names a store.
  ///
  /// - Parameters:
  ///   - allowsPlain: Whether plain http to another machine is allowed.
  ///   - environment: Gives the secrets that the store's login names.
  /// - Throws: ``KeepError`` with code `usage` for a store or setting that makes no sense, and for a variable that is
  ///   not set.
  public func depositTarget(
    allowsPlain: Bool, environment: @escaping (String) -> String?
  ) throws(KeepError) -> DepositTarget? {
    let target: UploadTarget?
    do throws(KeepError) {
      target = try archiveStore.target(environment: environment)
    } catch {
      throw error.aboutArchiveStore
    }
    switch target {
    case nil: return nil
    case .s3(let bucket):
      return DepositTarget(bucket, keepsLocal: keepsLocal == true, allowsPlain: allowsPlain)
    default:
      throw KeepError(
        .usage, .option("--archive"), "bundles are put into S3-compatible stores alone",
        hint: "write s3://BUCKET/PREFIX")
    }
  }
}

extension KeepError {
  /// The refusal of an upload target in the words of the archive's store, which is named by the same settings.
  fileprivate var aboutArchiveStore: KeepError {
    guard case .option(let option) = subject else { return self }
    return KeepError(
      code, .option(option.replacing("--upload", with: "--archive")),
      reason.replacing("the upload", with: "the archive's store"),
      hint: hint?.replacing("--upload", with: "--archive"))
  }
}
