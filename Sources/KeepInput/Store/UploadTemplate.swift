internal import KeepModel
internal import SystemPackage

/// A text with placeholders such as `{sha256}`.
struct UploadTemplate: Sendable, Hashable {
  /// What stands for something in a template.
  enum Field: String, Sendable, CaseIterable {
    case sha256
    case ext
    case stem
    case date
    /// The object's key, in the public address of an S3 bucket.
    case key
    /// The file, in the words of a command.
    case path
  }

  enum Part: Sendable, Hashable {
    case text(String)
    case field(Field)
  }

  let parts: [Part]

  /// Reads a template that may hold these fields; braces stand for nothing else.
  ///
  /// - Throws: ``KeepError`` with code `usage` for a placeholder that is not known.
  init(_ text: String, allowing fields: Set<Field>, option: String) throws(KeepError) {
    var parts: [Part] = []
    var rest = text[...]
    while let open = rest.firstIndex(of: "{") {
      guard let close = rest[open...].firstIndex(of: "}"),
        let field = Field(rawValue: String(rest[rest.index(after: open)..<close])), fields.contains(field)
      else {
        let known = Field.allCases.filter(fields.contains).map { "{\($0.rawValue)}" }
        throw KeepError(
          .usage, .option(option), "has a placeholder that is not known",
          hint: "these are: \(known.joined(separator: ", "))")
      }
      if open > rest.startIndex { parts.append(.text(String(rest[..<open]))) }
      parts.append(.field(field))
      rest = rest[rest.index(after: close)...]
    }
    if !rest.isEmpty { parts.append(.text(String(rest))) }
    self.parts = parts
  }

  /// Whether a field stands in it.
  func holds(_ field: Field) -> Bool { parts.contains(.field(field)) }

  /// The text with each field's value, the values changed by `encode`.
  func filled(_ fields: AssetFields, encode: (String) -> String = { $0 }) -> String {
    parts.map { part in
      switch part {
      case .text(let text): text
      case .field(let field): encode(fields[field])
      }
    }.joined()
  }
}

/// What the placeholders of a template stand for.
struct AssetFields: Sendable {
  let sha256: String
  let ext: String
  let stem: String
  let date: String
  var key = ""
  var path = ""

  /// The fields of an asset that is put at a moment.
  init(_ asset: Asset, at moment: Timestamp) {
    self.sha256 = asset.checksum.hexadecimal
    self.ext = asset.mediaType.objectExtension ?? Self.ownExtension(asset) ?? "bin"
    self.stem = Self.safeStem(asset)
    self.date = moment.day
  }

  subscript(field: UploadTemplate.Field) -> String {
    switch field {
    case .sha256: sha256
    case .ext: ext
    case .stem: stem
    case .date: date
    case .key: key
    case .path: path
    }
  }

  /// The file's own extension, for types without one that everybody agrees on.
  private static func ownExtension(_ asset: Asset) -> String? {
    guard let name = FilePath(asset.filename).extension?.lowercased(), (1...8).contains(name.utf8.count)
    else { return nil }
    let isPlain = name.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }
    return isPlain ? name : nil
  }

  /// The name without its extension: one component of a path, never hidden, and of bounded length. What else stands
  /// in it is kept, to be percent-encoded where it goes into a URL.
  private static func safeStem(_ asset: Asset) -> String {
    var result = ""
    for character in FilePath(asset.filename).stem ?? "" {
      guard result.utf8.count + character.utf8.count <= 120 else { break }
      let isUnsafe = character.unicodeScalars.contains { scalar in
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || scalar == "/" || scalar == "\\"
          || scalar == "\u{FFFD}" || scalar.properties.generalCategory == .format
      }
      result +=
        isUnsafe || (result.isEmpty && (character == "." || character == "-")) ? "_" : String(character)
    }
    return result.isEmpty ? "asset" : result
  }
}

extension MediaType {
  /// The extension that servers and fetchers know the type by; `nil` where there is no one such.
  fileprivate var objectExtension: String? { Self.objectExtensions[self] }

  private static let objectExtensions: [MediaType: String] = [
    "image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/gif": "gif", "image/bmp": "bmp",
    "image/tiff": "tiff", "image/avif": "avif", "image/heic": "heic", "image/heif": "heif",
    "image/x-exr": "exr", "image/vnd.radiance": "hdr",
    "video/mp4": "mp4", "video/quicktime": "mov", "video/webm": "webm", "video/x-matroska": "mkv",
    "video/x-msvideo": "avi", "video/ogg": "ogv",
    "audio/wav": "wav", "audio/mpeg": "mp3", "audio/flac": "flac", "audio/ogg": "ogg", "audio/mp4": "m4a",
    "audio/aac": "aac",
    "model/gltf-binary": "glb", "model/obj": "obj", "model/stl": "stl", "model/ply": "ply",
    "model/fbx": "fbx", "model/spz": "spz", "model/splat": "splat", "model/ksplat": "ksplat",
  ]
}
