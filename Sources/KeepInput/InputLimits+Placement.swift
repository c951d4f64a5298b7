package import KeepModel

extension InputLimits {
  /// How an asset, or a body of several, can travel.
  package enum Placement: Sendable, Equatable {
    /// Inside the request; with what the user should know, if anything.
    case inline(warnings: [String])
    /// Not at all.
    case refused(KeepError)
  }

  /// How one asset can travel, by the exact length of its data URI.
  package func placement(for asset: Asset) -> Placement {
    let length = asset.dataURILength
    guard length <= maximumInline else {
      return .refused(
        KeepError(
          .inputRejected, .path(asset.path),
          "has \(asset.size), which makes a data URI of \(Self.exact(length));"
            + " at most \(Self.exact(maximumInline)) travel inside a request",
          hint: "give a URL instead: --asset NODE.INPUT=https://…, or make the file smaller"))
    }
    return .inline(warnings: warnings(asset, length))
  }

  /// Whether a whole request body can travel, by its exact length.
  package func placement(ofBody length: ByteCount) -> Placement {
    guard length > maximumBody else { return .inline(warnings: []) }
    return .refused(
      KeepError(
        .inputRejected, .none,
        "the request has \(Self.exact(length)); at most \(Self.exact(maximumBody)) can be sent",
        hint: "give URLs for the larger files: --asset NODE.INPUT=https://…"))
  }

  private func warnings(_ asset: Asset, _ length: ByteCount) -> [String] {
    var warnings: [String] = []
    if length > warnedInline {
      warnings.append("\(asset.path): travels as a data URI of \(length), which services may refuse")
    }
    let advised = [MediaKind.image: advisedImage, .video: advisedVideo][asset.mediaType.kind]
    if let advised, asset.size > advised {
      warnings.append("\(asset.path): has \(asset.size); the service advises at most \(advised)")
    }
    return warnings
  }

  /// Both numbers, since near the limit the rounded one says nothing.
  private static func exact(_ count: ByteCount) -> String { "\(count) (\(count.bytes) bytes)" }
}
