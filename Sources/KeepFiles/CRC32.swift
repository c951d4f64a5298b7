internal import CZlib

/// The CRC-32 of ZIP and PNG over bytes that come in pieces.
package struct CRC32: Sendable, Equatable {
  /// The value of everything added so far.
  package private(set) var value: UInt32 = 0

  package init() {}

  /// Adds the next bytes.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard !bytes.isEmpty else { return }  // zlib takes a null pointer for an order to start anew
    let start = bytes.bindMemory(to: UInt8.self).baseAddress
    value = UInt32(truncatingIfNeeded: crc32_z(UInt(value), start, bytes.count))
  }
}
