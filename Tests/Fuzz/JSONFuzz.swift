import KeepModel

/// One text: no trap; clean JSON reads alike both ways; what is written is read back.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzJSON(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  let strict = try? JSONDocument(parsing: bytes)
  let lenient = try? JSONDocument(parsing: bytes, options: .lenient)
  if let strict {
    precondition(
      lenient?.value == strict.value && lenient?.irregularities.isEmpty == true, "clean JSON is irregular")
  }
  guard let value = lenient?.value else { return 0 }
  for written in [CanonicalJSON.compact(value), CanonicalJSON.indented(value)] {
    guard let back = try? JSONDocument(parsing: written, options: .lenient) else {
      preconditionFailure("what was written cannot be read")
    }
    precondition(CanonicalJSON.compact(back.value) == CanonicalJSON.compact(value), "writing is not stable")
    precondition(!back.irregularities.contains(.loneSurrogate) && !back.irregularities.contains(.invalidUTF8))
  }
  return 0
}
