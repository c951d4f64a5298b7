/// How large the files and requests may be that are sent, on encoded lengths, decided before anything is.
///
/// The defaults are what is known of the service: its own clients refuse bodies above 64 MiB, and its pages advise
/// images up to 50 MB and videos up to 100 MB. Nothing is documented of the service itself.
public struct InputLimits: Sendable, Hashable {
  /// A data URI longer than this is sent with a warning, or uploaded where there is a target.
  public var warnedInline: ByteCount
  /// A data URI longer than this does not travel inside a request.
  public var maximumInline: ByteCount
  /// A request body longer than this is refused.
  public var maximumBody: ByteCount
  /// A larger image file gives a warning.
  public var advisedImage: ByteCount
  /// A larger video file gives a warning.
  public var advisedVideo: ByteCount
  /// A larger file of a kind is refused; a kind that is not named has no limit of its own.
  public var maximumFile: [MediaKind: ByteCount]

  /// The limits that are known of the service.
  public init(
    warnedInline: ByteCount = .megabytes(10), maximumInline: ByteCount = .mebibytes(64),
    maximumBody: ByteCount = .mebibytes(64), advisedImage: ByteCount = .megabytes(50),
    advisedVideo: ByteCount = .megabytes(100), maximumFile: [MediaKind: ByteCount] = [:]
  ) {
    self.warnedInline = warnedInline
    self.maximumInline = maximumInline
    self.maximumBody = maximumBody
    self.advisedImage = advisedImage
    self.advisedVideo = advisedVideo
    self.maximumFile = maximumFile
  }
}

/// How files travel that could travel either way.
public enum PlacementPreference: String, Sendable, Hashable, CaseIterable {
  /// Inside the request up to ``InputLimits/warnedInline``, uploaded above where there is a target.
  case automatic = "auto"
  /// Inside the request as far as it goes, uploaded only above ``InputLimits/maximumInline``.
  case inline
  /// Uploaded, whatever their size.
  case upload
}
