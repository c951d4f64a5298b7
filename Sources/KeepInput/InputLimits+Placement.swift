package import KeepModel

extension InputLimits {
  /// How an asset, or a body of several, can travel.
  package enum Placement: Sendable, Equatable {
    /// Inside the request; with what the user should know, if anything.
    case inline(warnings: [String])
    /// By a URL, after it was uploaded; with what the user should know, if anything.
    case upload(warnings: [String])
    /// Not at all.
    case refused(KeepError)
  }

  /// How one asset travels, by the exact length of its data URI.
  ///
  /// | data URI | no upload target | target, `auto` | target, `inline` | target, `upload` |
  /// |---|---|---|---|---|
  /// | up to ``warnedInline`` | inline | inline | inline | upload |
  /// | up to ``maximumInline`` | inline, warned | upload | inline, warned | upload |
  /// | above | refused | upload | upload | upload |
  ///
  /// A file above ``maximumFile`` of its kind is refused in any case.
  package func placement(
    for asset: Asset, preference: PlacementPreference = .automatic, canUpload: Bool = false
  ) -> Placement {
    if let limit = maximumFile[asset.mediaType.kind], asset.size > limit {
      return .refused(
        KeepError(
          .inputRejected, .path(asset.path),
          "has \(Self.exact(asset.size)); at most \(Self.exact(limit)) are allowed for "
            + "\(asset.mediaType.kind.rawValue) files",
          hint: "make it smaller, or raise --max-file \(asset.mediaType.kind.rawValue)=SIZE"))
    }
    let length = asset.dataURILength
    let fits = length <= maximumInline
    let isWanted = preference == .upload || preference == .automatic && length > warnedInline
    if canUpload, isWanted || !fits { return .upload(warnings: advice(asset)) }
    guard fits else {
      return .refused(
        KeepError(
          .inputRejected, .path(asset.path),
          "has \(asset.size), which makes a data URI of \(Self.exact(length));"
            + " at most \(Self.exact(maximumInline)) travel inside a request",
          hint: "upload it: --upload s3://BUCKET/PREFIX or https://…; or give a URL: "
            + "--asset NODE.INPUT=https://…; or make the file smaller"))
    }
    return .inline(warnings: inlineAdvice(asset, length) + advice(asset))
  }

  /// Whether a whole request body can travel, by its exact length.
  package func placement(ofBody length: ByteCount) -> Placement {
    guard length > maximumBody else { return .inline(warnings: []) }
    return .refused(
      KeepError(
        .inputRejected, .none,
        "the request has \(Self.exact(length)); at most \(Self.exact(maximumBody)) can be sent",
        hint: "upload the larger files: --upload s3://BUCKET/PREFIX or https://…; or give URLs for them: "
          + "--asset NODE.INPUT=https://…"))
  }

  private func inlineAdvice(_ asset: Asset, _ length: ByteCount) -> [String] {
    length > warnedInline
      ? ["\(asset.path): travels as a data URI of \(length), which services may refuse"] : []
  }

  private func advice(_ asset: Asset) -> [String] {
    let advised = [MediaKind.image: advisedImage, .video: advisedVideo][asset.mediaType.kind]
    guard let advised, asset.size > advised else { return [] }
    return ["\(asset.path): has \(asset.size); the service advises at most \(advised)"]
  }

  /// Both numbers, since near the limit the rounded one says nothing.
  private static func exact(_ count: ByteCount) -> String { "\(count) (\(count.bytes) bytes)" }
}
