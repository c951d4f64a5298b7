package import KeepModel

/// How foreign names become file names in a bundle: portable ASCII, never a device, never out of its folder
/// (bundle profile 1.0, section 4).
package enum PayloadName {
  /// The folder name for a node id, an output key or an input name.
  ///
  /// A plain name stays readable (`38:42` becomes `38.42`); any other is cut down to letters, digits and `_`
  /// and told apart by ten digits of its SHA-256. The map is one-to-one as far as 40 bits of hash go, also
  /// on file systems that do not tell case apart.
  package static func slug(_ name: String) -> String {
    if isPlain(name) {
      return String(
        decoding: name.utf8.map { $0 == colon ? UInt8(ascii: ".") : $0 }, as: UTF8.self)
    }
    let letters = replacingRuns(in: name.utf8.map(lowered)) { isLetterOrDigit($0) }
    let trimmed = letters.trimming { $0 == underscore }.prefix(21)
    let stem = trimmed.isEmpty ? "x" : String(decoding: trimmed, as: UTF8.self)
    return stem + "-" + Checksum(of: Array(name.utf8)).hexadecimal.prefix(10)
  }

  /// A file name with the service's name recognisable in it: at most 56 characters and an extension.
  package static func safe(_ filename: String) -> String {
    let last = filename.utf8.split(omittingEmptySubsequences: false) {
      $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\")
    }.last
    let bytes = replacingRuns(in: last.map { Array($0) } ?? []) { isPortable($0) }.trimming { $0 == dot }
    let (stem, suffix) = splitExtension(bytes)
    var short = stem.prefix(56)
    // A name that ends in a dot loses it on Windows.
    while suffix.isEmpty, short.last == dot { short.removeLast() }
    return (short.isEmpty ? "file" : String(decoding: short, as: UTF8.self))
      + String(decoding: suffix, as: UTF8.self)
  }

  /// The extension of a file name, without the dot: 1 to 8 letters or digits after the last dot, else `""`.
  package static func fileExtension(_ filename: String) -> String {
    let (_, suffix) = splitExtension(ArraySlice(filename.utf8))
    return String(decoding: suffix.dropFirst(), as: UTF8.self)
  }

  /// The stem, and the extension with its dot.
  private static func splitExtension(
    _ bytes: ArraySlice<UInt8>
  ) -> (stem: ArraySlice<UInt8>, suffix: ArraySlice<UInt8>) {
    guard let last = bytes.lastIndex(of: dot), last > bytes.startIndex,
      (1...8).contains(bytes[(last + 1)...].count),
      bytes[(last + 1)...].allSatisfy({ isLetterOrDigit(lowered($0)) })
    else { return (bytes, []) }
    return (bytes[..<last], bytes[last...])
  }

  /// Whether `[a-z0-9][a-z0-9_]*([-:][a-z0-9_]+)*`, at most 32 characters, without the look of a hashed
  /// slug, and no device name before the first colon.
  private static func isPlain(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    guard (1...32).contains(bytes.count), bytes[0] != underscore else { return false }
    let parts = bytes.split(omittingEmptySubsequences: false) { $0 == hyphen || $0 == colon }
    let arePartsPlain = parts.allSatisfy { part in
      !part.isEmpty && part.allSatisfy { isLetterOrDigit($0) || $0 == underscore }
    }
    return arePartsPlain && !looksHashed(bytes)
      && !devices.contains(String(decoding: bytes.prefix { $0 != colon }, as: UTF8.self))
  }

  private static func looksHashed(_ bytes: [UInt8]) -> Bool {
    let tail = bytes.suffix(11)
    return tail.count == 11 && tail.first == hyphen
      && tail.dropFirst().allSatisfy { Hexadecimal.value(of: $0) != nil }
  }

  /// Names that Windows takes for devices, whatever extension follows.
  private static let devices: Set<String> = Set(
    ["con", "prn", "aux", "nul"] + (0...9).flatMap { ["com\($0)", "lpt\($0)"] })

  private static func replacingRuns(
    in bytes: [UInt8], keeping isKept: (UInt8) -> Bool
  ) -> ArraySlice<UInt8> {
    var result: [UInt8] = []
    var isInRun = false
    for byte in bytes {
      if isKept(byte) {
        result.append(byte)
      } else if !isInRun {
        result.append(underscore)
      }
      isInRun = !isKept(byte)
    }
    return result[...]
  }

  fileprivate static func isPortable(_ byte: UInt8) -> Bool {
    isLetterOrDigit(lowered(byte)) || byte == dot || byte == underscore || byte == hyphen
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
  }

  /// ASCII letters alone: what Unicode calls lower case changes with its versions.
  private static func lowered(_ byte: UInt8) -> UInt8 {
    (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
  }

  private static let dot = UInt8(ascii: ".")
  private static let colon = UInt8(ascii: ":")
  private static let hyphen = UInt8(ascii: "-")
  private static let underscore = UInt8(ascii: "_")
}

/// A path in a bundle, relative to `data/`: portable ASCII components that cannot leave their folder.
package struct PayloadPath: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The path with `/` between components.
  package let rawValue: String

  /// Reads a path; `nil` unless every component is made of `[A-Za-z0-9._-]`, neither `.` nor `..`, and the
  /// whole has at most 200 characters.
  package init?(_ text: String) {
    let components = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    let isPortable = components.allSatisfy { component in
      !component.isEmpty && component.allSatisfy(PayloadName.isPortable)
        && component.contains { $0 != UInt8(ascii: ".") }
    }
    guard isPortable, text.utf8.count <= 200 else { return nil }
    self.rawValue = text
  }

  /// Where a node output is archived.
  package init(_ output: NodeOutput) {
    let folder =
      "outputs/node-\(PayloadName.slug(output.node.rawValue))/\(PayloadName.slug(output.key.rawValue))"
    switch output.content {
    case .file(let record):
      self.rawValue = "\(folder)/\(Self.digits(output.index))-\(PayloadName.safe(record.filename))"
    case .text: self.rawValue = "\(folder)/\(Self.digits(output.index)).txt"
    }
  }

  /// Where an asset that went in is archived.
  package init(input: NodeInput, index: Int = 0, filename: String) {
    self.rawValue =
      "inputs/node-\(PayloadName.slug(input.node.rawValue))/\(PayloadName.slug(input.name.rawValue))"
      + "/\(Self.digits(index))-\(PayloadName.safe(filename))"
  }

  /// The path.
  package var description: String { rawValue }

  /// By bytes.
  package static func < (left: Self, right: Self) -> Bool {
    left.rawValue.utf8.lexicographicallyPrecedes(right.rawValue.utf8)
  }

  /// Four or more digits.
  private static func digits(_ index: Int) -> String {
    let text = String(index)
    return String(repeating: "0", count: max(0, 4 - text.utf8.count)) + text
  }
}

extension ArraySlice<UInt8> {
  fileprivate func trimming(_ isTrimmed: (UInt8) -> Bool) -> ArraySlice<UInt8> {
    guard let first = firstIndex(where: { !isTrimmed($0) }),
      let last = lastIndex(where: { !isTrimmed($0) })
    else { return [] }
    return self[first...last]
  }
}
