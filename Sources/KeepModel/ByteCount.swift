/// A number of bytes.
public struct ByteCount: Hashable, Comparable, Sendable, CustomStringConvertible,
  ExpressibleByIntegerLiteral
{
  /// The number.
  public let bytes: UInt64

  /// A number of bytes.
  public init(_ bytes: UInt64) { self.bytes = bytes }
  /// A number of bytes.
  public init(integerLiteral value: UInt64) { self.bytes = value }

  /// 1,024² bytes each.
  public static func mebibytes(_ count: UInt64) -> ByteCount { ByteCount(count << 20) }
  /// 10⁶ bytes each.
  public static func megabytes(_ count: UInt64) -> ByteCount { ByteCount(count * 1_000_000) }

  /// For people: `512 B`, `24.1 kB`, `5.0 MB`, in powers of 1,000.
  public var description: String {
    guard bytes >= 1000 else { return "\(bytes) B" }
    var tenths = bytes / 100
    for unit in ["kB", "MB", "GB", "TB", "PB"] {
      if tenths < 10_000 || unit == "PB" { return "\(tenths / 10).\(tenths % 10) \(unit)" }
      tenths /= 1000
    }
    return "\(bytes) B"
  }

  /// By number.
  public static func < (left: Self, right: Self) -> Bool { left.bytes < right.bytes }
}
