import KeepModel
import SystemPackage

/// The paths of a command line; `-` stands for a list on standard input.
enum PathArgument {
  private static let maximumSize = ByteCount.mebibytes(64)

  /// The paths, with those of a list in its place.
  ///
  /// - Throws: ``KeepError`` with code `usage` for a list that is empty, too long, or named twice, and for an object in a store.
  static func paths(_ texts: [String]) throws(KeepError) -> [FilePath] {
    guard texts.count(where: { $0 == "-" }) <= 1 else {
      throw KeepError(.usage, .option("PATH"), "- is named twice, and standard input can be read once")
    }
    var paths: [FilePath] = []
    for text in texts { paths += text == "-" ? try listed(try standardInput()) : [FilePath(text)] }
    if let object = texts.first(where: { $0.lowercased().hasPrefix("s3://") }) {
      throw KeepError(
        .usage, .option(object), "is in a store, and files are read here",
        hint: "fetch it first, such as with aws s3 cp or rclone copy")
    }
    return paths
  }

  /// The paths in a list: one a line, or parted by NUL bytes where there is one. Their bytes are taken as they are.
  static func listed(_ bytes: [UInt8]) throws(KeepError) -> [FilePath] {
    let separator: UInt8 = bytes.contains(0) ? 0 : UInt8(ascii: "\n")
    let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
    let paths = text.split(separator: separator).map { line in
      // Lines that another system has written end in two characters.
      separator != 0 && line.last == UInt8(ascii: "\r") ? line.dropLast() : line
    }.filter { !$0.isEmpty }.map { name in
      (name + [0]).map { CChar(bitPattern: $0) }.withUnsafeBufferPointer { buffer in
        buffer.baseAddress.map { FilePath(platformString: $0) } ?? ""
      }
    }
    guard !paths.isEmpty else {
      throw KeepError(.usage, .option("PATH"), "- reads a list from standard input, and it is empty")
    }
    return paths
  }

  private static func standardInput() throws(KeepError) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count: Int
      do {
        count = try buffer.withUnsafeMutableBytes { try FileDescriptor.standardInput.read(into: $0) }
      } catch {
        throw KeepError(.localIO, .option("PATH"), "the list on standard input cannot be read: \(error)")
      }
      if count == 0 { return bytes }
      bytes += buffer[..<count]
      guard bytes.count <= maximumSize.bytes else {
        throw KeepError(.usage, .option("PATH"), "the list on standard input has more than \(maximumSize)")
      }
    }
  }
}
