import KeepModel

/// The labels of `bag-info.txt`.
struct BagInfo: Sendable {
  private let lines: [(label: String, value: String)]
  private let isWellFormed: Bool

  /// The labels of profile 1.0 in their order.
  static let labels = [
    "BagIt-Profile-Identifier", "External-Description", "External-Identifier", "Payload-Oxum",
    "Run-Bundle-Profile",
  ]
  static let description = "One archived ComfyUI API run"

  init(_ bytes: [UInt8]) {
    var isWellFormed = bytes.last == 0x0A
    let rows = bytes.dropLast(isWellFormed ? 1 : 0)
      .split(separator: 0x0A, omittingEmptySubsequences: false)
    var lines: [(label: String, value: String)] = []
    for row in rows {
      let colon = row.firstIndex(of: UInt8(ascii: ":")) ?? row.endIndex
      let value = row[colon...].dropFirst()
      isWellFormed =
        isWellFormed && value.first == 0x20 && value.dropFirst().first != 0x20
        && row.allSatisfy { (0x20..<0x7F).contains($0) }
      // Values of a badly spelled line still tell which profile was meant.
      let text = value.filter { $0 >= 0x20 }.drop { $0 == 0x20 }
      lines.append(
        (String(decoding: row[..<colon], as: UTF8.self), String(decoding: text, as: UTF8.self)))
    }
    self.lines = lines
    self.isWellFormed = isWellFormed
  }

  /// The first value of a label.
  subscript(label: String) -> String? { lines.first { $0.label == label }?.value }

  /// Whether there are exactly the profile's labels, once each, in order.
  var hasProfileLabels: Bool { isWellFormed && lines.map(\.label) == Self.labels }

  /// `<octets>.<files>` of Payload-Oxum.
  var oxum: (octets: UInt64, files: UInt64)? {
    let parts = self["Payload-Oxum"]?.split(separator: ".", omittingEmptySubsequences: false) ?? []
    guard parts.count == 2, let octets = UInt64(parts[0]), let files = UInt64(parts[1]),
      "\(octets).\(files)" == self["Payload-Oxum"]
    else { return nil }
    return (octets, files)
  }

  /// Major and minor of Run-Bundle-Profile.
  var profile: ProfileVersion? { self["Run-Bundle-Profile"].flatMap(ProfileVersion.init) }
}

/// `1.0`.
struct ProfileVersion: Sendable, Equatable {
  let major: UInt32
  let minor: UInt32

  init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, let major = UInt32(parts[0]), let minor = UInt32(parts[1]),
      "\(major).\(minor)" == text
    else { return nil }
    self.major = major
    self.minor = minor
  }
}
