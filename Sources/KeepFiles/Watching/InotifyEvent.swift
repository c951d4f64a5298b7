internal import Glibc

/// One record of what the kernel tells of a watched folder (`inotify(7)`).
package struct InotifyEvent: Equatable {
  /// The watch's number; -1 when events were lost.
  package let watch: Int32
  /// What happened, as `IN_…` bits.
  package let mask: UInt32
  /// The bytes of the name in the folder that it happened to; empty when it happened to the folder itself.
  package let name: [UInt8]

  /// Takes apart what was read from the kernel. A record that is cut off ends the list: the kernel hands over whole
  /// ones only.
  ///
  /// A record is four 32-bit numbers (watch, mask, cookie, length) and so many bytes of name, padded with zeros.
  package static func parse(_ bytes: UnsafeRawBufferPointer) -> [InotifyEvent] {
    var events: [InotifyEvent] = []
    var start = 0
    while bytes.count - start >= headerSize {
      let length = Int(bytes.loadUnaligned(fromByteOffset: start + 12, as: UInt32.self))
      let name = start + headerSize
      guard length <= bytes.count - name else { break }
      events.append(
        InotifyEvent(
          watch: bytes.loadUnaligned(fromByteOffset: start, as: Int32.self),
          mask: bytes.loadUnaligned(fromByteOffset: start + 4, as: UInt32.self),
          name: Array(bytes[name..<name + length].prefix { $0 != 0 })))
      start = name + length
    }
    return events
  }

  private static let headerSize = 16

  package init(watch: Int32, mask: UInt32, name: [UInt8]) {
    self.watch = watch
    self.mask = mask
    self.name = name
  }

  /// Whether any of these bits is set.
  func has(_ bits: Int32...) -> Bool { bits.contains { mask & UInt32(bitPattern: $0) != 0 } }
}
