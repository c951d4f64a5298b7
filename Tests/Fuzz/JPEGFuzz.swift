import KeepArchive

/// One JPEG: no trap, and no picture larger than it was to be.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzJPEG(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  PictureFuzz.jpeg(Array(UnsafeRawBufferPointer(start: start, count: count)))
  return 0
}
