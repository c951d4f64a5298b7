internal import KeepModel
internal import SystemPackage

/// What a file's name says about its type, held against what its bytes say.
struct AssetName {
  private let path: FilePath

  init(_ path: FilePath) { self.path = path }

  /// The type that the name's extension stands for; `nil` without one or with one that is not known.
  var type: MediaType? { path.extension.flatMap { MediaType(extension: $0) } }

  /// The type of a file by its first bytes.
  ///
  /// - Throws: ``KeepError`` with code `inputRejected` when it is no media, or its name says something else.
  func checkedType(of prefix: UnsafeRawBufferPointer) throws(KeepError) -> MediaType {
    guard let found = MediaType(magic: prefix) ?? formless else {
      throw KeepError(
        .inputRejected, .path(path), "is not an image, video, audio or 3D file of a known type",
        hint: "export it as PNG, JPEG, WebP, MP4, WebM, WAV, MP3 or GLB")
    }
    guard found.isMedia else {
      throw KeepError(.inputRejected, .path(path), "is \(found), which is no image, video, audio or 3D file")
    }
    if let type, !Self.isName(type, right: found, MediaType.brands(prefix)) {
      throw KeepError(
        .inputRejected, .path(path), "its name says \(type), its bytes are \(found)",
        hint: "give it the right extension, or export it again")
    }
    return found
  }

  /// Meshes in text or without a signature (OBJ, STL, FBX, splats) have nothing but their name to go by.
  private var formless: MediaType? { type?.kind == .model3D && type != "model/gltf-binary" ? type : nil }

  /// Whether a name of one type may stand over bytes of another.
  private static func isName(_ named: MediaType, right found: MediaType, _ brands: [String]) -> Bool {
    switch (named, found) {
    case (found, _): true
    case ("image/heic", "image/heif"), ("image/heif", "image/heic"): true
    case ("audio/ogg", "video/ogg"), ("audio/mp4", "video/mp4"), ("video/mp4", "audio/mp4"): true
    // Cameras mix these two; it is a mistake only where the file does not name the other brand at all.
    case ("video/mp4", "video/quicktime"): brands.contains { $0.hasPrefix("mp4") || $0.hasPrefix("iso") }
    case ("video/quicktime", "video/mp4"): brands.contains("qt  ")
    default: false
    }
  }
}
