/// The one spelling of a JSON value that comfykeep writes and hashes.
///
/// Keys in the order of RFC 8785 (UTF-16 code units) with its string escapes; numbers keep the digits they
/// came with, since an RFC 8785 number cannot hold ComfyUI's 64-bit seeds.
package enum CanonicalJSON {
  /// On one line without spaces: what is hashed and sent.
  package static func compact(_ value: JSONValue) -> [UInt8] {
    var writer = Writer(isIndented: false)
    writer.write(value)
    return writer.bytes
  }

  /// With two-space indent, `": "`, LF and a final LF, `[]` and `{}` for empty: what is archived.
  package static func indented(_ value: JSONValue) -> [UInt8] {
    var writer = Writer(isIndented: true)
    writer.write(value)
    return writer.bytes + [0x0A]
  }

  /// The string as JSON text, in quotes.
  package static func quoted(_ text: String) -> [UInt8] {
    var writer = Writer(isIndented: false)
    writer.write(text)
    return writer.bytes
  }

  private struct Writer {
    let isIndented: Bool
    var bytes: [UInt8] = []
    private var depth = 0

    init(isIndented: Bool) { self.isIndented = isIndented }

    mutating func write(_ value: JSONValue) {
      switch value {
      case .null: bytes += "null".utf8
      case .bool(let value): bytes += (value ? "true" : "false").utf8
      case .number(let number): bytes += number.text.utf8
      case .string(let text): write(text)
      case .array(let items):
        list("[", "]", items) { writer, item in writer.write(item) }
      case .object(let object):
        list("{", "}", object.sortedMembers) { writer, member in
          writer.write(member.key)
          writer.bytes += (writer.isIndented ? ": " : ":").utf8
          writer.write(member.value)
        }
      }
    }

    mutating func list<Item>(
      _ open: String, _ close: String, _ items: [Item], _ each: (inout Writer, Item) -> Void
    ) {
      bytes += open.utf8
      depth += 1
      for (index, item) in items.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        newLine()
        each(&self, item)
      }
      depth -= 1
      if !items.isEmpty { newLine() }
      bytes += close.utf8
    }

    mutating func newLine() {
      guard isIndented else { return }
      bytes.append(0x0A)
      bytes += repeatElement(0x20, count: depth * 2)
    }

    mutating func write(_ text: String) {
      bytes.append(UInt8(ascii: "\""))
      for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "\""): bytes += "\\\"".utf8
        case UInt8(ascii: "\\"): bytes += "\\\\".utf8
        case 0x08: bytes += "\\b".utf8
        case 0x09: bytes += "\\t".utf8
        case 0x0A: bytes += "\\n".utf8
        case 0x0C: bytes += "\\f".utf8
        case 0x0D: bytes += "\\r".utf8
        case 0..<0x20: bytes += "\\u00\(Hexadecimal.encode(CollectionOfOne(byte)))".utf8
        default: bytes.append(byte)
        }
      }
      bytes.append(UInt8(ascii: "\""))
    }
  }
}
