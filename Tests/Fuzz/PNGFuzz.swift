import KeepArchive

/// One PNG: no trap, no picture of a size that its header does not say, and the same one however the bytes are cut into
/// pieces.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzPNG(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = UnsafeRawBufferPointer(start: start, count: count)
  let whole = PictureFuzz.png(bytes, piece: max(count, 1))
  precondition(whole == PictureFuzz.png(bytes, piece: 1 + count % 7), "a picture depends on the pieces")
  return 0
}
