extension String {
  /// Without the spaces, tabs and line ends around, which files and hands bring. By bytes: to a String, a space with an
  /// accent behind it is no space.
  package var trimmed: String {
    let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
    let bytes = utf8.drop(while: isSpace)
    let end = bytes.lastIndex { !isSpace($0) }.map(bytes.index(after:)) ?? bytes.startIndex
    return String(self[bytes.startIndex..<end])
  }
}
