import KeepInput
import KeepModel

/// One picture: what is left of any that is taken without its metadata is taken too, is turned and as large as
/// before, carries nothing, and stays as it is when it goes through again. The edits do not depend on the pieces.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzStripping(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeRawBufferPointer(start: start, count: count))
  guard let type = MediaType(magic: bytes), StripFuzz.types.contains(type) else { return 0 }
  let before = StripFuzz.sniff(bytes, type)
  guard before.defect(size: UInt64(count)) == nil else { return 0 }
  guard let edits = before.strippingEdits(size: UInt64(count)) else { return 0 }
  let once = StripFuzz.applied(edits, to: bytes, piece: max(count, 1))
  precondition(
    once == StripFuzz.applied(edits, to: bytes, piece: 1 + count % 7), "edits depend on the pieces")
  precondition(MediaType(magic: once) == type, "another type")
  let after = StripFuzz.sniff(once, type)
  precondition(after.defect(size: UInt64(once.count)) == nil, "what is left is not whole")
  precondition(after.dimensions == before.dimensions, "another size")
  precondition(after.traits.orientation == before.traits.orientation, "another way up")
  precondition(after.traits.hasAlpha == before.traits.hasAlpha, "another transparency")
  precondition(after.traits.isAnimated == before.traits.isAnimated, "other frames")
  precondition(after.traits.metadata.isSubset(of: [.exif]), "metadata are left")
  let again = after.strippingEdits(size: UInt64(once.count))
  precondition(again.map { StripFuzz.applied($0, to: once, piece: 64) } == once, "it changes again")
  return 0
}

enum StripFuzz {
  static let types: Set<MediaType> = ["image/jpeg", "image/png", "image/webp"]

  static func sniff(_ bytes: [UInt8], _ type: MediaType) -> MediaSniffer {
    var sniffer = MediaSniffer(type)
    bytes.withUnsafeBytes { sniffer.update($0) }
    return sniffer
  }

  static func applied(_ edits: [FileEdit], to bytes: [UInt8], piece: Int) -> [UInt8] {
    var pass = EditingPass(edits)
    var result: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: piece) {
      bytes[start..<min(start + piece, bytes.count)].withUnsafeBytes { piece in
        pass.take(piece) { result += $0 }
      }
    }
    pass.finish { result += $0 }
    return result
  }
}
