import Testing

@testable import KeepFiles

@Suite struct InflaterTests {
  /// "hello hello hello hello" by zlib, level 9, raw.
  private let deflated: [UInt8] = [0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0x57, 0xC8, 0x40, 0x27, 0x01]
  private let text = Array("hello hello hello hello".utf8)

  /// Decodes input in pieces; returns the last progress and everything decoded.
  private func decode(
    _ input: [UInt8], pieces count: Int, limit: Int = .max
  ) throws -> (Inflater.Progress, [UInt8]) {
    let inflater = try #require(Inflater())
    var output: [UInt8] = []
    var progress = Inflater.Progress.hungry
    for start in stride(from: 0, to: input.count, by: count) where progress == .hungry {
      progress = input[start..<min(start + count, input.count)].withUnsafeBytes { piece in
        inflater.decode(piece) { part in
          output += part
          return output.count <= limit
        }
      }
    }
    return (progress, output)
  }

  @Test(arguments: [1, 3, 100])
  func piecesOfAnySizeGiveTheSame(_ count: Int) throws {
    #expect(try decode(deflated, pieces: count) == (.finished(unused: 0), text))
  }

  @Test func leftoversAreCounted() throws {
    #expect(try decode(deflated + [1, 2, 3], pieces: 100) == (.finished(unused: 3), text))
  }

  @Test func whatIsCutOffStaysHungry() throws {
    #expect(try decode(Array(deflated.dropLast()), pieces: 100).0 == .hungry)
  }

  @Test func whatIsNoDeflateIsCorrupt() throws {
    #expect(try decode([0xFF, 0xFF, 0xFF, 0xFF], pieces: 100).0 == .corrupt)
  }

  @Test func aTakerCanStop() throws {
    #expect(try decode(deflated, pieces: 100, limit: 5).0 == .stopped)
  }
}
