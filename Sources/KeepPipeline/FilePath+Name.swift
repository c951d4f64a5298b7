import Glibc
import SystemPackage

/// Names made of others, byte by byte: neither they nor their folders need be UTF-8.
extension FilePath {
  /// The file beside this one that has its name and more.
  func beside(_ suffix: String) -> FilePath { replacingName { $0 + $1 + suffix.utf8 } }

  /// The file beside this one whose name is made of this one's stem and its ending with the dot, if it has one.
  func replacingName(_ make: (_ stem: ArraySlice<UInt8>, _ ending: ArraySlice<UInt8>) -> ArraySlice<UInt8>)
    -> FilePath
  {
    let name = lastComponent.map { name in
      name.withPlatformString {
        UnsafeBufferPointer(start: $0, count: strlen($0)).map { UInt8(bitPattern: $0) }
      }
    }
    let bytes = name ?? []
    let dot = bytes.lastIndex(of: UInt8(ascii: ".")).flatMap { $0 > 0 ? $0 : nil } ?? bytes.endIndex
    let made = make(bytes[..<dot], bytes[dot...]).map { CChar(bitPattern: $0) } + [0]
    return FilePath.Component(platformString: made).map { removingLastComponent().appending($0) } ?? self
  }
}
