/// What the headers of a media file say that matters to whoever sends it, beyond type and size.
public struct MediaTraits: Sendable, Hashable {
  /// What a file carries besides its picture or sound.
  public enum Metadata: String, Sendable, Hashable, CaseIterable, Comparable {
    /// An EXIF block: camera, time, settings.
    case exif
    /// A place on earth, inside EXIF or a location box.
    case gps
    /// An XMP packet.
    case xmp
    /// IPTC or Photoshop resources.
    case iptc
    /// A C2PA manifest: signed provenance.
    case c2pa
    /// Free text: PNG `tEXt`, `iTXt`, `zTXt`, JPEG comments. ComfyUI writes prompt and workflow there.
    case text

    /// In the order of their names.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  }

  /// EXIF orientation, 2 to 8, where the picture is to be turned or mirrored to be seen upright; `nil` for 1 or none.
  public var orientation: Int?
  /// Whether the picture has, or may have, transparent parts.
  public var hasAlpha: Bool
  /// Whether an image file holds more than one frame.
  public var isAnimated: Bool
  /// What the file carries besides.
  public var metadata: Set<Metadata>

  /// Nothing out of the ordinary.
  public init(
    orientation: Int? = nil, hasAlpha: Bool = false, isAnimated: Bool = false,
    metadata: Set<Metadata> = []
  ) {
    self.orientation = orientation
    self.hasAlpha = hasAlpha
    self.isAnimated = isAnimated
    self.metadata = metadata
  }
}
