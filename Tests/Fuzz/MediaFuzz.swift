import KeepInput
import KeepModel

/// One file: no trap, and the same findings however its bytes are cut into pieces.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzMedia(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = UnsafeRawBufferPointer(start: start, count: count)
  let claimed = MediaType(magic: bytes)
  for type in claimed.map({ [$0] }) ?? MediaFuzz.types {
    let whole = MediaFuzz.sniff(bytes, type, piece: max(count, 1))
    let pieces = MediaFuzz.sniff(bytes, type, piece: 1 + count % 7)
    precondition(whole.defect == pieces.defect, "a defect depends on the pieces")
    precondition(whole.dimensions == pieces.dimensions, "a size depends on the pieces")
    precondition(whole.traits == pieces.traits, "traits depend on the pieces")
    precondition(whole.edits == pieces.edits, "edits depend on the pieces")
  }
  return 0
}

enum MediaFuzz {
  /// One type of each family, for bytes that claim nothing.
  static let types: [MediaType] = [
    "image/png", "image/jpeg", "image/gif", "image/bmp", "image/tiff", "image/webp", "image/avif",
    "video/mp4",
    "video/webm", "audio/ogg", "audio/flac", "model/gltf-binary",
  ]

  static func sniff(
    _ bytes: UnsafeRawBufferPointer, _ type: MediaType, piece: Int
  ) -> (defect: String?, dimensions: PixelSize?, traits: MediaTraits, edits: [FileEdit]?) {
    var sniffer = MediaSniffer(type)
    for start in stride(from: 0, to: bytes.count, by: piece) {
      sniffer.update(UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + piece, bytes.count)]))
    }
    let size = UInt64(bytes.count)
    let defect = sniffer.defect(size: size)
    let edits = defect == nil ? sniffer.strippingEdits(size: size) : nil
    return (defect, sniffer.dimensions, sniffer.traits, edits)
  }
}
