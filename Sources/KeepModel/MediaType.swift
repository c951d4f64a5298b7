/// What sort of thing an asset or output is.
public enum MediaKind: String, Sendable, Hashable, CaseIterable {
  case image
  case video
  case audio
  /// A mesh, a scene or a splat.
  case model3D = "3d"
  case text
  /// Anything else, such as a latent.
  case other
}

/// A type and subtype such as `image/png` (RFC 6838), lower case, without parameters.
public struct MediaType: Hashable, Sendable, CustomStringConvertible, ExpressibleByStringLiteral {
  /// `type/subtype`.
  public let rawValue: String

  /// Takes a `type/subtype` as it is.
  public init(_ rawValue: String) { self.rawValue = rawValue }
  /// Takes a literal `type/subtype` as it is.
  public init(stringLiteral value: String) { self.rawValue = value }
  /// `type/subtype`.
  public var description: String { rawValue }

  /// What sort of thing bytes of this type are.
  public var kind: MediaKind {
    switch rawValue.prefix(while: { $0 != "/" }) {
    case "image": .image
    case "video": .video
    case "audio": .audio
    case "model": .model3D
    case "text": .text
    default: .other
    }
  }

  /// Bytes of no known type.
  public static let octetStream: MediaType = "application/octet-stream"
}

extension MediaType {
  private static let byExtension: [String: MediaType] = [
    "png": "image/png", "apng": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "jpe": "image/jpeg",
    "jfif": "image/jpeg", "webp": "image/webp", "gif": "image/gif", "bmp": "image/bmp",
    "tif": "image/tiff", "tiff": "image/tiff", "avif": "image/avif", "heic": "image/heic",
    "heif": "image/heif", "svg": "image/svg+xml", "exr": "image/x-exr", "hdr": "image/vnd.radiance",
    "jxl": "image/jxl", "jp2": "image/jp2", "psd": "image/vnd.adobe.photoshop",
    "mp4": "video/mp4", "m4v": "video/mp4", "mov": "video/quicktime", "webm": "video/webm",
    "mkv": "video/x-matroska", "avi": "video/x-msvideo", "3gp": "video/mp4", "3g2": "video/mp4",
    "mpg": "video/mpeg", "mpeg": "video/mpeg", "vob": "video/mpeg", "m2ts": "video/mp2t", "mts": "video/mp2t",
    "wmv": "video/x-ms-asf", "asf": "video/x-ms-asf", "wma": "video/x-ms-asf", "flv": "video/x-flv",
    "wav": "audio/wav", "mp3": "audio/mpeg", "flac": "audio/flac", "ogg": "audio/ogg",
    "oga": "audio/ogg", "opus": "audio/ogg", "m4a": "audio/mp4", "aac": "audio/aac",
    "aif": "audio/aiff", "aiff": "audio/aiff", "aifc": "audio/aiff",
    "glb": "model/gltf-binary", "gltf": "model/gltf+json", "obj": "model/obj", "stl": "model/stl",
    "ply": "model/ply", "fbx": "model/fbx", "spz": "model/spz", "splat": "model/splat",
    "ksplat": "model/ksplat",
    "txt": "text/plain", "csv": "text/csv", "md": "text/markdown", "html": "text/html",
    "json": "application/json", "zip": "application/zip",
    "latent": "application/x-safetensors", "safetensors": "application/x-safetensors",
  ]

  /// The type that a file name's extension stands for, by a fixed table; `nil` for one it does not hold.
  public init?(extension name: String) {
    guard let type = Self.byExtension[name.lowercased()] else { return nil }
    self = type
  }
}
