import Foundation
import KeepFiles
import KeepTestKit
import Testing

@testable import KeepArchive

/// A file of nothing but what looks like headers is gone through once.
@Suite struct LocalWalkTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// How often this thread has read so far, and how many bytes.
  private func reads() throws -> (count: Int, bytes: Int) {
    let text = try String(contentsOfFile: "/proc/thread-self/io", encoding: .utf8)
    let number = { (name: String) in
      text.split(separator: "\n").first { $0.hasPrefix(name) }
        .flatMap { Int($0.dropFirst(name.utf8.count + 2)) } ?? 0
    }
    return (number("syscr"), number("rchar"))
  }

  /// What reading the entries of a file costs, and how many there are.
  private func walk(_ bytes: [UInt8]) throws -> (entries: Int, count: Int, bytes: Int) {
    let file = try FileReader(try folder.write(bytes, to: "file.zip"))
    let before = try reads()
    let entries = try LocalWalk.entries(of: file)
    let after = try reads()
    return (entries.count, after.count - before.count, after.bytes - before.bytes)
  }

  private static let size = 1 << 20

  @Test(arguments: [0, 1, 2, 3])
  func nothingButSignatures(_ shift: Int) throws {
    let bytes = (0..<Self.size).map { [0x50, 0x4B, 3, 4][($0 + shift) % 4] as UInt8 }
    let (entries, count, read) = try walk(bytes)
    #expect(entries == 0)
    #expect(count < 50 && read < 3 * Self.size, "\(count) reads, \(read) bytes")
  }

  @Test(arguments: [0, 30, 60, 1000, 60_000] as [UInt32])
  func nothingButHeaders(_ size: UInt32) throws {
    // Whose data reach to nothing, to the next but one, or far ahead.
    var bytes: [UInt8] = []
    var number = 0
    while bytes.count < Self.size {
      bytes += Self.header("run-1/\(number)", size: size)
      number += 1
    }
    let (entries, count, read) = try walk(bytes)
    #expect(entries > 0)
    #expect(count < 4 * number && read < 200 * Self.size, "\(count) reads, \(read) bytes")
  }

  @Test func headersThatTellNoSize() throws {
    // Each asks for its extra field, which has none of the numbers.
    var bytes = Self.header("run-1/a", size: 1)
    for number in 0..<(Self.size / 40) { bytes += Self.header("run-1/\(number)", size: .max, extra: 0xFFFF) }
    let (entries, count, read) = try walk(bytes)
    #expect(entries <= 2)
    #expect(count < 50 && read < 3 * Self.size, "\(count) reads, \(read) bytes")
  }

  private static func header(_ name: String, size: UInt32, extra: UInt16 = 0) -> [UInt8] {
    let sizes = CraftedZIP.bytes(size) + CraftedZIP.bytes(size)
    let lengths = CraftedZIP.bytes(UInt16(name.utf8.count)) + CraftedZIP.bytes(extra)
    return [0x50, 0x4B, 3, 4, 10, 0, 0, 0, 0, 0, 0, 0, 0x21, 0, 0, 0, 0, 0] + sizes + lengths
      + Array(name.utf8)
  }
}
