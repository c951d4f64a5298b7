import KeepInput

/// One answer of a store: no trap, and what is read is within its limits.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzXML(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  if let root = XMLElement.parse(bytes) {
    precondition(XMLFuzz.depth(root) <= XMLElement.depthLimit, "nested deeper than allowed")
    precondition(XMLFuzz.size(root) <= count, "more came out than went in")
  }
  return 0
}

enum XMLFuzz {
  static func depth(_ element: XMLElement) -> Int { 1 + (element.children.map(depth).max() ?? 0) }

  static func size(_ element: XMLElement) -> Int {
    element.name.utf8.count + element.text.utf8.count + element.children.reduce(0) { $0 + size($1) }
  }
}
