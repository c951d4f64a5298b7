import KeepInput
import KeepModel
import KeepSubmit

/// Decides for each run which of its files travel inside the request and which are uploaded. Touches nothing.
struct Placer: Sendable {
  let limits: InputLimits
  let preference: PlacementPreference
  /// Where files are uploaded to; `nil` to refuse what is too large to travel inside.
  let store: (any ObjectStore)?
  let coreAPIKey: Secret?

  /// A submission with its files placed.
  struct Placed {
    let submission: Submission
    let bodySize: ByteCount
    let preview: JSONValue
    let placements: [PlannedPlacement]
    let warnings: [String]
  }

  /// Places every file of a submission.
  ///
  /// Where the body is too large though each file alone is not, the largest files are uploaded until it fits.
  ///
  /// - Throws: ``KeepError`` with `input_rejected` for what cannot travel.
  func place(_ submission: Submission) throws(KeepError) -> Placed {
    var overrides = submission.overrides
    var warnings: [String] = []
    for case (let input, .asset(.inline(let asset))) in overrides.sorted {
      switch limits.placement(for: asset, preference: preference, canUpload: store != nil) {
      case .inline(let advice): warnings += advice
      case .upload(let advice):
        warnings += advice
        overrides[input] = .asset(.upload(asset))
      case .refused(let error): throw error
      }
    }
    var size = try bodySize(of: submission, overrides)
    while case .refused(let error) = limits.placement(ofBody: size) {
      guard store != nil, let largest = Self.largestInline(overrides) else { throw error }
      overrides[largest.input] = .asset(.upload(largest.asset))
      size = try bodySize(of: submission, overrides)
    }
    let placed = submission.with(overrides)
    return Placed(
      submission: placed, bodySize: size,
      preview: try SubmissionBody.redactedPreview(
        for: submission.with(planned(overrides, redacted: true)), coreAPIKey: coreAPIKey),
      placements: placements(overrides), warnings: warnings)
  }

  private static func largestInline(_ overrides: Overrides) -> (input: NodeInput, asset: Asset)? {
    overrides.sorted.compactMap { entry in
      if case .asset(.inline(let asset)) = entry.value { (entry.input, asset) } else { nil }
    }.max { $0.asset.size < $1.asset.size }
  }

  private func bodySize(of submission: Submission, _ overrides: Overrides) throws(KeepError) -> ByteCount {
    SubmissionBody.length(
      of: try SubmissionBody.segments(
        for: submission.with(planned(overrides, redacted: false)), coreAPIKey: coreAPIKey))
  }

  /// The overrides with URLs of the right length for what is to be uploaded; empty where only a command can tell. To
  /// be shown, every URL is without its query, which may hold a signature.
  private func planned(_ overrides: Overrides, redacted: Bool) -> Overrides {
    var planned = overrides
    for case (let input, .asset(let reference)) in overrides.sorted {
      let url: HTTPURL?
      switch reference {
      case .inline: continue
      case .upload(let asset): url = store?.plannedURL(for: asset)
      case .hosted(let given, _): url = given
      }
      if let url {
        planned[input] = .json(.string(redacted ? Self.redacted(url) : url.description))
      } else if !redacted {
        planned[input] = .json(.string(""))
      }
    }
    return planned
  }

  private static func redacted(_ url: HTTPURL) -> String {
    url.query == nil ? url.description : "\(url.withoutQuery)?<query>"
  }

  private func placements(_ overrides: Overrides) -> [PlannedPlacement] {
    overrides.sorted.compactMap { input, value in
      guard case .asset(let reference) = value else { return nil }
      switch reference {
      case .inline(let asset):
        return PlannedPlacement(
          input: input, asset: asset, way: .inline, url: nil, encodedSize: asset.dataURILength, target: nil)
      case .upload(let asset):
        let url = store?.plannedURL(for: asset)
        return PlannedPlacement(
          input: input, asset: asset, way: .upload, url: url?.withoutQuery,
          encodedSize: url.map { ByteCount(UInt64($0.description.utf8.count)) }, target: store?.name)
      case .hosted(let url, let asset):
        return PlannedPlacement(
          input: input, asset: asset, way: .url, url: url.withoutQuery,
          encodedSize: ByteCount(UInt64(url.description.utf8.count)), target: nil)
      }
    }
  }
}

extension Submission {
  /// The same intent with other overrides.
  func with(_ overrides: Overrides) -> Submission {
    Submission(deployment: deployment, mode: mode, workflow: workflow, overrides: overrides)
  }
}
