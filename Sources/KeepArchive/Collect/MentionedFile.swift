import KeepModel

/// File names in texts and addresses. Nothing here touches a disk.
enum MentionedFile {
  /// The file that a text names: one line that ends in a media or 3D extension, its trailing ` [output]`,
  /// ` [temp]` or ` [input]` left out. Else `nil`.
  static func name(in text: String) -> String? {
    var name = text[...]
    for mark in [" [output]", " [temp]", " [input]"] where name.hasSuffix(mark) {
      name = name.dropLast(mark.count)
    }
    guard name.utf8.count <= 4096, !name.utf8.contains(where: { $0 < 0x20 }),
      let type = MediaType(extension: PayloadName.fileExtension(lastComponent(String(name)))),
      [.image, .video, .audio, .model3D].contains(type.kind)
    else { return nil }
    return String(name)
  }

  /// The part after the last `/` or `\`.
  static func lastComponent(_ path: String) -> String {
    let last = path.utf8.split(omittingEmptySubsequences: false) {
      $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\")
    }.last
    return last.flatMap { String($0) } ?? ""
  }

  /// The last component of a URL's path, percent-decoded; bytes that are not UTF-8 are replaced.
  static func name(ofURL url: String) -> String {
    let path = Array(AddressText.bare(url).utf8)
    let last = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).last ?? path[...]
    return String(decoding: PercentEncoding.decode(Array(last)), as: UTF8.self)
  }

  /// Whether the name holds a counter such as `%03d`.
  static func isPattern(_ name: String) -> Bool {
    name.utf8.split(separator: UInt8(ascii: "%"), omittingEmptySubsequences: false).dropFirst()
      .contains { part in
        part.drop { (0x30...0x39).contains($0) }.first == UInt8(ascii: "d")
      }
  }
}

/// `%41` for a byte, as in URLs.
enum PercentEncoding {
  /// The bytes meant; a `%` without two digits after it stands for itself.
  static func decode(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var rest = bytes[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let high = Hexadecimal.value(of: rest[rest.startIndex]),
        let low = Hexadecimal.value(of: rest[rest.startIndex + 1])
      {
        result.append(high << 4 | low)
        rest = rest.dropFirst(2)
      } else {
        result.append(byte)
      }
    }
    return result
  }
}
