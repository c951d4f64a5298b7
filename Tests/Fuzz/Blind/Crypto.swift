// What the sources use of the package of this name, seeing nothing: every digest is zero. A fuzzer cannot find bytes
// that have a given checksum, so all checksums agree, and what lies behind them is reached.

/// A digest that is zero, whatever was added.
public protocol BlindDigest: Sendable {
  /// How many bytes it has.
  static var count: Int { get }
}

extension BlindDigest {
  /// Sees nothing.
  public mutating func update(bufferPointer: UnsafeRawBufferPointer) {}
  /// Zero.
  public func finalize() -> [UInt8] { [UInt8](repeating: 0, count: Self.count) }
  /// Zero.
  public static func hash(data: some Sequence<UInt8>) -> [UInt8] { [UInt8](repeating: 0, count: count) }
}

/// In place of SHA-256.
public struct SHA256: BlindDigest {
  /// 32 bytes.
  public static var count: Int { 32 }
  /// Nothing was added.
  public init() {}
}

/// In place of the digests that prove nothing against an adversary.
public enum Insecure {
  /// In place of MD5.
  public struct MD5: BlindDigest {
    /// 16 bytes.
    public static var count: Int { 16 }
    /// Nothing was added.
    public init() {}
  }

  /// In place of SHA-1.
  public struct SHA1: BlindDigest {
    /// 20 bytes.
    public static var count: Int { 20 }
    /// Nothing was added.
    public init() {}
  }
}

/// In place of a key.
public struct SymmetricKey: Sendable {
  /// Keeps nothing.
  public init(data: [UInt8]) {}
}

/// In place of a digest with a key.
public enum HMAC<Digest: BlindDigest> {
  /// Zero.
  public static func authenticationCode(for message: [UInt8], using key: SymmetricKey) -> [UInt8] {
    [UInt8](repeating: 0, count: Digest.count)
  }
}
