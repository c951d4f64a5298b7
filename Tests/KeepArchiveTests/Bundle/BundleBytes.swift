import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@testable import KeepArchive

/// A bundle's bytes, taken apart by its local headers alone: enough for stored entries.
struct BundleBytes {
  let bytes: [UInt8]

  /// Writes a run and reads the ZIP.
  init(_ run: SampleRun) throws {
    let folder = try TemporaryFolder()
    let bundle = try run.write(into: folder, allowsPartial: true)
    bytes = try folder.read(bundle.path.lastComponent?.string ?? "")
  }

  /// Names and contents in the order of the ZIP; every name must start with `top`.
  func files(under top: String) throws -> [(name: String, bytes: [UInt8])] {
    var files: [(name: String, bytes: [UInt8])] = []
    var place = 0
    while little(place, 4) == 0x0403_4B50 {
      let size = little(place + 18, 4)
      let start = place + 30 + little(place + 26, 2)
      let name = String(decoding: bytes[(place + 30)..<start], as: UTF8.self)
      #expect(name.hasPrefix(top))
      files.append((String(name.dropFirst(top.count)), Array(bytes[start..<(start + size)])))
      place = start + size
    }
    return files
  }

  private func little(_ place: Int, _ count: Int) -> Int {
    (0..<count).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) }
  }
}
