public import SystemPackage

/// What was taken out of a bundle.
public struct ExtractionReport: Sendable {
  /// A file that was not taken out.
  public struct Loss: Sendable, Hashable {
    /// Its path below the bundle's top directory.
    public let path: String
    /// What is wrong with it.
    public let reason: String

    /// A file that was not taken out.
    public init(path: String, reason: String) {
      self.path = path
      self.reason = reason
    }
  }

  /// The bundle.
  public let bundle: FilePath
  /// The folder that was made; `nil` where nothing of the bundle could be taken out.
  public let folder: FilePath?
  /// How many files lie in it.
  public let files: Int
  /// Their size together.
  public let size: ByteCount
  /// What is damaged or missing; empty unless it was salvaged.
  public let losses: [Loss]
  /// Whether the ZIP's directory could not be read, so that files were looked for one behind the other.
  public let isWithoutDirectory: Bool
  /// How many files were held against no SHA-256 but only against their CRC-32, since the list that has it is lost.
  public let unlisted: Int

  /// What was taken out of a bundle.
  public init(
    bundle: FilePath, folder: FilePath?, files: Int, size: ByteCount, losses: [Loss] = [],
    isWithoutDirectory: Bool = false, unlisted: Int = 0
  ) {
    self.bundle = bundle
    self.folder = folder
    self.files = files
    self.size = size
    self.losses = losses
    self.isWithoutDirectory = isWithoutDirectory
    self.unlisted = unlisted
  }

  /// Whether all that was asked for is there, as the bundle's checksums say.
  public var isWhole: Bool { folder != nil && losses.isEmpty && !isWithoutDirectory && unlisted == 0 }
}
