// The one file that knows Foundation: GRDB speaks of blobs as its `Data`.
internal import Foundation
internal import GRDB
internal import SystemPackage

/// Bytes in a column.
struct Blob: DatabaseValueConvertible, Sendable {
  let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// A path is bytes, not text.
  init(_ path: FilePath) {
    self.bytes = path.withPlatformString { Array(UnsafeBufferPointer(start: $0, count: strlen($0))) }
      .map { UInt8(bitPattern: $0) }
  }

  /// The bytes as a path.
  var path: FilePath {
    (bytes.map { CChar(bitPattern: $0) } + [0]).withUnsafeBufferPointer { characters in
      characters.baseAddress.map { FilePath(platformString: $0) } ?? FilePath("")
    }
  }

  var databaseValue: DatabaseValue { Data(bytes).databaseValue }

  static func fromDatabaseValue(_ value: DatabaseValue) -> Blob? {
    Data.fromDatabaseValue(value).map { Blob(Array($0)) }
  }
}
