public import KeepModel

/// A fault that is switched on: its value, and how often it still strikes.
public struct ArmedFault: Sendable, Hashable, CustomStringConvertible {
  /// Which fault.
  public let fault: Fault
  /// Its value, where it takes one.
  public let value: String
  /// How often it strikes; `nil` for ever.
  public let count: Int?

  /// Switches a fault on.
  ///
  /// - Throws: ``KeepError`` with code `usage` for a value that the fault does not take.
  public init(_ fault: Fault, value: String? = nil, count: Int? = nil) throws(KeepError) {
    self.fault = fault
    self.value = try Self.checked(value, for: fault)
    self.count = count
  }

  /// Reads `NAME[=VALUE][@COUNT]`.
  ///
  /// - Throws: ``KeepError`` with code `usage` for an unknown name or a value that the fault does not take.
  public init(parsing text: String) throws(KeepError) {
    var rest = text[...]
    var count: Int?
    if let at = rest.lastIndex(of: "@"), let number = Int(rest[rest.index(after: at)...]), number > 0 {
      count = number
      rest = rest[..<at]
    }
    let name = rest.prefix { $0 != "=" }
    guard let fault = Fault(rawValue: String(name)) else {
      throw KeepError(
        .usage, .option("--fault"), "there is no fault '\(name)'",
        hint: "comfykeep simulate --help lists them")
    }
    let value = name.endIndex == rest.endIndex ? nil : String(rest[name.endIndex...].dropFirst())
    try self.init(fault, value: value, count: count)
  }

  /// `NAME[=VALUE][@COUNT]`.
  public var description: String {
    fault.rawValue + (value.isEmpty ? "" : "=\(value)") + (count.map { "@\($0)" } ?? "")
  }

  private static func checked(_ value: String?, for fault: Fault) throws(KeepError) -> String {
    switch fault.rule.value {
    case .none:
      guard value == nil else { throw refused(fault, "takes no value") }
      return ""
    case .text: return value ?? ""
    case .choice(let words):
      guard words.contains(value ?? words[0]) else {
        throw refused(fault, "takes one of \(words.joined(separator: ", "))")
      }
      return value ?? words[0]
    case .number(let range, let preset):
      guard let number = Int(value ?? String(preset)), range.contains(number) else {
        throw refused(fault, "takes a number from \(range.lowerBound) to \(range.upperBound)")
      }
      return String(number)
    }
  }

  private static func refused(_ fault: Fault, _ reason: String) -> KeepError {
    KeepError(.usage, .option("--fault \(fault.rawValue)"), reason)
  }
}

/// The faults that are switched on, and how often each still strikes.
struct FaultBoard: Sendable {
  private var armed: [Fault: (value: String, remaining: Int?)] = [:]

  init(_ faults: [ArmedFault] = []) { arm(faults) }

  /// Switches faults on; one that is on already is set anew.
  mutating func arm(_ faults: [ArmedFault]) {
    for entry in faults { armed[entry.fault] = (value: entry.value, remaining: entry.count) }
  }

  /// Switches all off.
  mutating func clear() { armed = [:] }

  /// The value of a fault that strikes now, counted; `nil` if it does not.
  mutating func take(_ fault: Fault) -> String? {
    guard let entry = armed[fault] else { return nil }
    switch entry.remaining {
    case nil: break
    case 1?: armed[fault] = nil
    case let count?: armed[fault] = (value: entry.value, remaining: count - 1)
    }
    return entry.value
  }

  /// Whether a fault strikes now for a value, counted; for another value nothing is counted.
  mutating func strikes(_ fault: Fault, for value: String) -> Bool {
    armed[fault]?.value == value && strikes(fault)
  }

  /// Whether a fault strikes now, counted.
  mutating func strikes(_ fault: Fault) -> Bool { take(fault) != nil }

  /// The faults that are on, as text, sorted.
  var description: [String] {
    armed.map { fault, entry in
      fault.rawValue + (entry.value.isEmpty ? "" : "=\(entry.value)")
        + (entry.remaining.map { "@\($0)" } ?? "")
    }.sorted()
  }
}

/// Answers with HTTP 200 that are none.
enum Garbage {
  static let names = ["html", "empty", "truncated", "no-id", "bom", "deep", "not-utf8"]

  /// The body in place of a good one.
  static func body(_ name: String, instead good: JSONValue) -> [UInt8] {
    switch name {
    case "empty": []
    case "truncated": Array(WireJSON.encode(good).dropLast(9))
    case "no-id": Array(#"{"message":"accepted"}"#.utf8)
    case "bom": [0xEF, 0xBB, 0xBF] + WireJSON.encode(good)
    case "deep": Array(repeating: UInt8(ascii: "["), count: 100_000)
    case "not-utf8": Array(#"{"status":""#.utf8) + [0xFF, 0xFE] + Array(#""}"#.utf8)
    default: Array("<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>\n".utf8)
    }
  }
}
