public import SystemPackage

/// A local image, video, audio or 3D file that we mean to send, as it was when it was read.
public struct Asset: Sendable, Hashable {
  /// Where it lies.
  public let path: FilePath
  /// Its own name where ``path`` is that of a copy with another one.
  private let ownName: String?
  /// Its size when read.
  public let size: ByteCount
  /// SHA-256 of its bytes.
  public let checksum: Checksum
  /// Found from the bytes, never from the name.
  public let mediaType: MediaType
  /// Width and height where the header gives them.
  public let dimensions: PixelSize?
  /// What its headers say beyond type and size. Not part of what an asset is: the ledger does not keep it.
  public let traits: MediaTraits
  /// SHA-256 of the file at ``path`` where that is to be sent without its metadata: size and checksum are then those
  /// of the bytes without. `nil` where the file is sent as it is.
  public let original: Checksum?

  /// Describes a file that was read.
  public init(
    path: FilePath, size: ByteCount, checksum: Checksum, mediaType: MediaType,
    dimensions: PixelSize? = nil, traits: MediaTraits = MediaTraits(), original: Checksum? = nil,
    filename: String? = nil
  ) {
    self.path = path
    self.ownName = filename
    self.size = size
    self.checksum = checksum
    self.mediaType = mediaType
    self.dimensions = dimensions
    self.traits = traits
    self.original = original
  }

  /// Its own name, with bytes that are not UTF-8 replaced.
  public var filename: String { ownName ?? path.lastComponent?.string ?? "" }

  /// The length of the data URI that carries it, in bytes.
  public var dataURILength: ByteCount {
    ByteCount(DataURI.lengthOfPrefix(mediaType) + Base64.encodedCount(of: size.bytes))
  }
}

/// How an asset travels: inside the request or as an address.
public enum AssetReference: Sendable, Hashable {
  /// As a Base64 data URI, encoded while it is sent.
  case inline(Asset)
  /// As a URL that the service fetches; with the asset where we put it there ourselves.
  case hosted(HTTPURL, Asset?)
  /// As a URL that is not there yet: the asset is uploaded before it is submitted, and becomes ``hosted(_:_:)``.
  case upload(Asset)

  /// The local file, where there is one.
  public var asset: Asset? {
    switch self {
    case .inline(let asset), .upload(let asset): asset
    case .hosted(_, let asset): asset
    }
  }
}

/// RFC 2397 text that carries an asset inline: `data:image/png;base64,…`.
public enum DataURI {
  /// The text before the Base64 characters.
  public static func prefix(_ mediaType: MediaType) -> String { "data:\(mediaType);base64," }

  /// The number of bytes before the Base64 characters.
  public static func lengthOfPrefix(_ mediaType: MediaType) -> UInt64 {
    UInt64(prefix(mediaType).utf8.count)
  }

  /// The media type and bytes of a Base64 data URI; `nil` if it is none or not spelled canonically.
  public static func decode(_ text: String) -> (mediaType: MediaType, bytes: [UInt8])? {
    guard text.hasPrefix("data:"), let comma = text.utf8.firstIndex(of: UInt8(ascii: ",")) else {
      return nil
    }
    let header = text[..<comma].dropFirst(5)
    guard header.hasSuffix(";base64"),
      let bytes = Base64.decode(Array(text.utf8[text.utf8.index(after: comma)...]))
    else { return nil }
    return (MediaType(String(header.dropLast(7))), bytes)
  }
}
