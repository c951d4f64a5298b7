/// Text that must not be seen: the API token, an upload password.
///
/// Printing, interpolating or dumping it shows `**redacted**`; only ``reveal()`` gives the text, so every
/// use is easy to find.
public struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  private let text: String

  /// Wraps the text.
  public init(_ text: String) {
    self.text = text
  }

  /// The text itself, for the one header or body that needs it.
  public func reveal() -> String { text }

  /// Always `**redacted**`.
  public var description: String { "**redacted**" }
  /// Always `**redacted**`.
  public var debugDescription: String { "**redacted**" }
  /// Shows nothing of the text.
  public var customMirror: Mirror { Mirror(self, children: []) }

  /// `message` with the text in every form that tools print (plain, Base64, percent-encoded) struck out.
  public func redacting(_ message: String) -> String {
    guard text.utf8.count >= 4 else { return message }
    let base64 = Base64.encode(Array(text.utf8)).utf8.prefix { $0 != UInt8(ascii: "=") }
    let forms = [Array(text.utf8), Array(base64), Array(percentEncoded.utf8)]
    return String(decoding: forms.reduce(Array(message.utf8), Self.strikingOut), as: UTF8.self)
  }

  /// By bytes and ASCII case: to a String, a token with an accent behind it is another text.
  private static func strikingOut(_ message: [UInt8], _ form: [UInt8]) -> [UInt8] {
    let lowered = { (byte: UInt8) in (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
    let sought = form.map(lowered)
    var result: [UInt8] = []
    var place = 0
    while place < message.count {
      if message[place...].lazy.map(lowered).starts(with: sought) {
        result += "**redacted**".utf8
        place += sought.count
      } else {
        result.append(message[place])
        place += 1
      }
    }
    return result
  }

  private var percentEncoded: String {
    text.utf8.reduce(into: "") { result, byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
        UInt8(ascii: "."), UInt8(ascii: "~"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        result += "%" + Hexadecimal.encode(CollectionOfOne(byte)).uppercased()
      }
    }
  }
}
