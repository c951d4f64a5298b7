/// A name given by someone else, compared byte by byte.
///
/// Swift's `String` calls composed and decomposed letters equal; node ids and request ids that differ in a
/// byte are different things, so identifiers compare, hash and sort by UTF-8. `Kind` keeps ids of different
/// things apart at compile time.
public struct Identifier<Kind>: Hashable, Comparable, Sendable, CustomStringConvertible,
  ExpressibleByStringLiteral
{
  /// The name exactly as given.
  public let rawValue: String

  /// Takes the name as it is; nothing is checked.
  public init(_ rawValue: String) {
    self.rawValue = rawValue
  }

  /// Takes a literal name as it is.
  public init(stringLiteral value: String) {
    self.rawValue = value
  }

  /// The name exactly as given.
  public var description: String { rawValue }

  /// Equal exactly if all bytes are.
  public static func == (left: Self, right: Self) -> Bool {
    left.rawValue.utf8.elementsEqual(right.rawValue.utf8)
  }

  /// Hashes the UTF-8 bytes.
  public func hash(into hasher: inout Hasher) {
    var copy = rawValue
    copy.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }

  /// Orders by UTF-16 code units, the key order of RFC 8785.
  public static func < (left: Self, right: Self) -> Bool {
    left.rawValue.utf16.lexicographicallyPrecedes(right.rawValue.utf16)
  }
}

extension Identifier {
  /// Whether the name may stand as one component of a URL path: 1 to 128 letters, digits, `-`, `_`, `:` or
  /// `.`, and neither `.` nor `..`.
  public var isPathSafe: Bool {
    let allowed: (UInt8) -> Bool = { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
        UInt8(ascii: ":"), UInt8(ascii: "."):
        true
      default: false
      }
    }
    let bytes = rawValue.utf8
    return (1...128).contains(bytes.count) && bytes.allSatisfy(allowed) && rawValue != "."
      && rawValue != ".."
  }
}

/// Marks the id of a workflow node.
public enum NodeKind: Sendable {}
/// Marks the id of a deployment.
public enum DeploymentKind: Sendable {}
/// Marks the id that the service gave a run.
public enum RequestKind: Sendable {}
/// Marks the key of what we intend to run.
public enum SubmissionKind: Sendable {}

/// The id of a node in a workflow: a string that may hold a colon, such as `38:42` in a subgraph.
public typealias NodeID = Identifier<NodeKind>
/// The id of a deployment, a UUID in every public sample.
public typealias DeploymentID = Identifier<DeploymentKind>
/// The id of one remote run.
public typealias RequestID = Identifier<RequestKind>
/// What decides whether two submissions are the same intent: 64 lower-case hexadecimal digits.
public typealias SubmissionKey = Identifier<SubmissionKind>
