internal import Foundation
internal import SystemPackage

/// Bytes and paths as SQLite blobs: a path is bytes, not text.
extension Ledger {
  static func blob(_ bytes: [UInt8]) -> Data { Data(bytes) }

  static func blob(_ path: FilePath) -> Data {
    path.withCString { Data(bytes: $0, count: strlen($0)) }
  }

  static func path(_ blob: Data) -> FilePath {
    Array(blob + [0]).withUnsafeBufferPointer { bytes in
      bytes.withMemoryRebound(to: CChar.self) { characters in
        characters.baseAddress.map { FilePath(platformString: $0) } ?? FilePath("")
      }
    }
  }
}
