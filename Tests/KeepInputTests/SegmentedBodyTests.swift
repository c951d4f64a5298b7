import Foundation
import KeepFiles
import KeepInput
import KeepModel
import KeepTestKit
import KeepTransport
import SystemPackage
import Testing

@Suite struct SegmentedBodyTests {
  private static let piece = FileReader.pieceSize

  @Test(arguments: [
    1, 2, 3, 4, 5, 6, 100, piece - 2, piece - 1, piece, piece + 1, piece + 2, piece + 3, piece * 2,
    piece * 2 + 1,
  ])
  func equalsTheBase64OfTheFile(_ count: Int) throws {
    let folder = try TemporaryFolder()
    let bytes = noise(count)
    let asset = try asset(bytes, folder("a.bin"), folder)
    let body = SegmentedBody([.bytes(Array("{\"x\":\"".utf8)), .dataURI(asset), .bytes(Array("\"}".utf8))])
    let expected = "{\"x\":\"data:image/png;base64,\(Data(bytes).base64EncodedString())\"}"
    #expect(body.length.bytes == UInt64(expected.utf8.count))
    let request = body.requestBody(contentType: "application/json")
    #expect(request.length == body.length.bytes)
    for size in [1, 2, 3, 4, 5, 7, 65_536, 524_288] where count < 1000 || size > 4 {
      #expect(try drain(request, size) == Array(expected.utf8), "in reads of \(size)")
    }
  }

  @Test func canBeSentAgain() throws {
    let folder = try TemporaryFolder()
    let asset = try asset(noise(1000), folder("a"), folder)
    let request = SegmentedBody([.dataURI(asset), .dataURI(asset)]).requestBody()
    let first = try drain(request, 100)
    #expect(first.count == Int(request.length))
    #expect(try drain(request, 777) == first)
  }

  @Test func emptyPartsAddNothing() throws {
    #expect(SegmentedBody([]).length == 0)
    #expect(try drain(SegmentedBody([]).requestBody(), 10) == [])
    let body = SegmentedBody([.bytes([]), .bytes([1]), .bytes([]), .bytes([2, 3]), .bytes([])])
    #expect(try drain(body.requestBody(), 2) == [1, 2, 3])
    #expect(body.requestBody().contentType == "application/json")
  }

  @Test(arguments: [1, 3, piece - 1, piece, piece + 1, piece * 3])
  func aFileRewrittenWithTheSameSizeIsNeverDeliveredWhole(_ count: Int) throws {
    let folder = try TemporaryFolder()
    let bytes = noise(count)
    let asset = try asset(bytes, folder("a"), folder)
    for place in Set([0, count / 2, count - 1]) {
      var changed = bytes
      changed[place] ^= 1
      try folder.write(changed, to: "a")
      let sent = try sentBeforeRejection(asset)
      #expect(sent <= (count - 1) / Self.piece * Self.piece / 3 * 4 + 22, "the last piece was held back")
    }
  }

  @Test(arguments: [0, 1, 999, 1001, 400_000])
  func aFileOfAnotherSizeIsRefusedAtOnce(_ count: Int) throws {
    let folder = try TemporaryFolder()
    let asset = try asset(noise(1000), folder("a"), folder)
    try folder.write(noise(count), to: "a")
    #expect(try sentBeforeRejection(asset) == 0)
  }

  @Test func aFileThatIsGoneOrUnreadableIsRefused() throws {
    let folder = try TemporaryFolder()
    let asset = try asset(noise(1000), folder("a"), folder)
    try FileManager.default.removeItem(atPath: folder("a").string)
    #expect(try sentBeforeRejection(asset) == 0)
  }

  @Test func aFileOfAnotherTypeInItsPlaceNeverLeaves() throws {
    let folder = try TemporaryFolder()
    let asset = try asset(MediaFixture.png(pixels: 1 << 20), folder("a"), folder)
    try folder.write(MediaFixture.jpeg() + noise(Int(asset.size.bytes) - MediaFixture.jpeg().count), to: "a")
    #expect(try sentBeforeRejection(asset) <= 22)
  }

  @Test func aFileThatShrinksOrGrowsWhileItIsSentIsRefused() throws {
    for count in [Self.piece * 2, Self.piece * 4] {
      let folder = try TemporaryFolder()
      let bytes = noise(Self.piece * 3)
      let asset = try asset(bytes, folder("a"), folder)
      let reader = try SegmentedBody([.dataURI(asset)]).requestBody().open()
      _ = try read(reader, 1000)
      try folder.write(count < bytes.count ? Array(bytes.prefix(count)) : bytes + noise(Self.piece), to: "a")
      #expect(throws: KeepError(.inputRejected, .path(folder("a")), "")) {
        while try !read(reader, 65_536).isEmpty {}
      }
    }
  }

  private func noise(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) }
  }

  private func asset(_ bytes: [UInt8], _ path: FilePath, _ folder: TemporaryFolder) throws -> Asset {
    try folder.write(bytes, to: path.lastComponent?.string ?? "")
    return Asset(
      path: path, size: ByteCount(UInt64(bytes.count)), checksum: Checksum(of: bytes), mediaType: "image/png")
  }

  /// How much of the body was handed out until it was refused for the asset's file.
  private func sentBeforeRejection(_ asset: Asset) throws -> Int {
    let reader = try SegmentedBody([.dataURI(asset), .bytes([1])]).requestBody().open()
    var sent = 0
    let error = #expect(throws: KeepError.self) {
      while true {
        let count = try read(reader, 65_537).count
        if count == 0 { break }
        sent += count
      }
    }
    #expect(error == KeepError(.inputRejected, .path(asset.path), ""))
    return sent
  }

  private func drain(_ body: RequestBody, _ size: Int) throws -> [UInt8] {
    let reader = try body.open()
    var bytes: [UInt8] = []
    while true {
      let next = try read(reader, size)
      if next.isEmpty { return bytes }
      bytes += next
    }
  }

  private func read(_ reader: BodyReader, _ size: Int) throws -> [UInt8] {
    var buffer = [UInt8](repeating: 0xEE, count: size)
    let count = try buffer.withUnsafeMutableBytes { try reader.read(into: $0) }
    return Array(buffer.prefix(count))
  }
}
