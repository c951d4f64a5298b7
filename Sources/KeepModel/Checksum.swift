/// A SHA-256 digest, the one algorithm of bundle profile 1.0.
public struct Checksum: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// 64 lower-case hexadecimal digits.
  public let hexadecimal: String

  /// Reads 64 lower-case hexadecimal digits, else `nil`.
  public init?(hexadecimal text: String) {
    guard text.utf8.count == 64,
      text.utf8.allSatisfy({ Hexadecimal.value(of: $0) != nil && !(0x41...0x46).contains($0) })
    else { return nil }
    self.hexadecimal = text
  }

  package init(digest: some Sequence<UInt8>) {
    self.hexadecimal = Hexadecimal.encode(digest)
  }

  /// The checksum of bytes held in memory.
  public init(of bytes: some Collection<UInt8>) {
    var hasher = ChecksumHasher()
    if bytes.withContiguousStorageIfAvailable({ hasher.update(UnsafeRawBufferPointer($0)) }) == nil {
      Array(bytes).withUnsafeBytes { hasher.update($0) }
    }
    self = hasher.finish()
  }

  /// The digits.
  public var description: String { hexadecimal }

  /// By digits.
  public static func < (left: Self, right: Self) -> Bool { left.hexadecimal < right.hexadecimal }
}
