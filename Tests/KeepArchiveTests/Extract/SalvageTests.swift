import Foundation
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@testable import KeepArchive

/// What can be had of bundles that are damaged or cut off.
@Suite struct SalvageTests {
  private let folder: TemporaryFolder
  private let zip: CraftedZIP
  private let bytes: [UInt8]

  init() throws {
    folder = try TemporaryFolder()
    zip = try CraftedBundle.good().zip
    bytes = zip.bytes
  }

  private func salvage(_ bytes: [UInt8]) throws -> (report: ExtractionReport, found: [String: [UInt8]]) {
    let place = try TemporaryFolder()
    let path = try folder.write(bytes, to: "\(CraftedBundle.top).zip")
    let report = try BundleExtractor(isSalvage: true).extract(path, into: place.path)
    let skipped = CraftedBundle.top.utf8.count + 1
    let found = try place.files().reduce(into: [String: [UInt8]]()) { found, path in
      found[String(path.dropFirst(skipped))] = try place.read(path)
    }
    return (report, found)
  }

  /// Every file as it was written, by its path below the top directory.
  private var whole: [String: [UInt8]] {
    zip.items.reduce(into: [:]) { files, item in
      files[String(decoding: item.name.dropFirst(CraftedBundle.top.utf8.count + 1), as: UTF8.self)] =
        item.data
    }
  }

  /// Where each entry's data end in the file.
  private var ends: [Int] {
    zip.items.reduce(into: []) { $0.append(($0.last ?? 0) + 30 + $1.name.count + $1.data.count) }
  }

  @Test func aGoodBundleIsTakenWhole() throws {
    let (report, found) = try salvage(bytes)
    #expect(report.isWhole)
    #expect(found == whole)
  }

  @Test func whereverItIsCutOffWhatIsInFrontIsTaken() throws {
    let ends = ends
    // Below the first mark of a bundle there is nothing to go by.
    for length in stride(from: ends[1], to: ends[14] + 200, by: 397) {
      let (report, found) = try salvage(Array(bytes[..<length]))
      let there = ends.count { $0 <= length }
      #expect(report.isWithoutDirectory && !report.isWhole)
      #expect(found.count == there, "\(length)")
      for (path, data) in found { #expect(data == whole[path]) }
      let isListed = ends[2] <= length
      if isListed {
        let list = ends[3] <= length ? 15 : 14
        #expect(report.files + report.losses.count >= list - (ends[3] <= length ? 0 : 3), "\(length)")
      }
    }
  }

  @Test func oneDamagedFileIsLeftOutAndNamed() throws {
    for index in 4..<15 where !zip.items[index].data.isEmpty {
      var broken = bytes
      broken[ends[index] - 1] ^= 0x10
      let (report, found) = try salvage(broken)
      let name = String(
        decoding: zip.items[index].name.dropFirst(CraftedBundle.top.utf8.count + 1), as: UTF8.self)
      #expect(report.losses.map(\.path) == [name])
      #expect(report.files == 14)
      #expect(found[name] == nil)
    }
  }

  @Test func theEndsDamageCostsNoFile() throws {
    for place in [bytes.count - 20, bytes.count - 10, ends[14] + 3, ends[14] + 46] {
      var broken = bytes
      broken[place] ^= 0xFF
      let path = try folder.write(broken, to: "\(CraftedBundle.top).zip")
      guard BundleVerifier().verify(path).exitStatus == 30 else { continue }
      let (report, found) = try salvage(broken)
      #expect(found == whole, "\(place)")
      #expect(report.files == 15)
    }
  }

  @Test func aPieceThatIsMissingCostsOneFile() throws {
    var broken = bytes
    broken.removeSubrange((ends[7] + 10)..<(ends[7] + 60))
    let (report, found) = try salvage(broken)
    #expect(report.isWithoutDirectory)
    #expect(found.count == 14)
    #expect(report.losses.count == 1)
    for (path, data) in found { #expect(data == whole[path]) }
  }

  @Test func withoutItsListFilesAreHeldAgainstTheirCRC() throws {
    var broken = bytes
    broken[ends[2] - 1] ^= 1
    broken[ends[3] - 1] ^= 1
    let (report, found) = try salvage(broken)
    #expect(found.count == 13)
    #expect(report.unlisted == 13)
    #expect(!report.isWhole)
  }

  @Test func whereNothingIsWholeNothingIsMade() throws {
    var broken = Array(bytes[..<(ends[0] + 40)])
    broken[ends[0] - 1] ^= 1
    let path = try folder.write(broken, to: "cut.zip")
    let place = try TemporaryFolder()
    let report = try? BundleExtractor(isSalvage: true).extract(path, into: place.path)
    #expect(report?.folder == nil)
    #expect(try FileManager.default.contentsOfDirectory(atPath: place.path.string) == [])
  }

  @Test(
    arguments: [[], Array("hello".utf8), CraftedZIP(items: [CraftedZIP.Item("a/b", [1])]).bytes] as [[UInt8]])
  func whatIsNoBundleStaysNone(_ bytes: [UInt8]) throws {
    let path = try folder.write(bytes, to: "other.zip")
    #expect(throws: KeepError(.notABundle, .path(path), "")) {
      _ = try BundleExtractor(isSalvage: true).extract(path, into: folder.path)
    }
  }

  @Test func aHostileNameInACutOffBundleIsPassedOver() throws {
    var hostile = zip
    hostile.items[6].name = Array("\(CraftedBundle.top)/../../evil\u{1B}".utf8)
    let cut = Array(hostile.bytes[..<(ends[10] + hostile.items[6].name.count - zip.items[6].name.count)])
    let (report, found) = try salvage(cut)
    #expect(found.count == 10)
    for (path, data) in found { #expect(data == whole[path]) }
    #expect(report.losses.first?.path == "../../evil\\u{1B}")
    #expect(report.losses.first?.reason == "has a name that is not safe")
    let lost = String(decoding: zip.items[6].name.dropFirst(CraftedBundle.top.utf8.count + 1), as: UTF8.self)
    #expect(report.losses.contains { $0.path == lost && $0.reason == "is not in the file" })
  }

  @Test(arguments: [true, false])
  func aFlippedBitInALocalHeadersNameCostsOneFile(_ isCut: Bool) throws {
    for (index, end) in ends.enumerated() where isCut || index > 0 {
      let item = zip.items[index]
      let start = end - item.data.count - item.name.count
      // In the top directory, in the slash behind it, and at the end.
      for place in [start + 6, start + CraftedBundle.top.utf8.count, end - item.data.count - 1] {
        var broken = isCut ? Array(bytes[..<ends[14]]) : bytes
        broken[place] ^= 0x80
        let (report, found) = try salvage(broken)
        #expect(found.count >= 14, "\(index)")
        for (path, data) in found { #expect(data == whole[path], "\(path)") }
        #expect(report.isWithoutDirectory == isCut)
        if isCut { #expect(report.losses.contains { $0.reason == "has a name that is not safe" }) }
      }
    }
  }

  @Test func aFlippedBitInTheDirectorysNameCostsOneFile() throws {
    let start = try #require(bytes.firstRange(of: [0x50, 0x4B, 1, 2])).lowerBound
    var place = start
    for item in zip.items {
      for offset in [0, 4, item.name.count - 1] {
        var broken = bytes
        broken[place + 46 + offset] ^= 0x80
        let (report, found) = try salvage(broken)
        #expect(found.count == 14)
        for (path, data) in found { #expect(data == whole[path], "\(path)") }
        #expect(report.losses.contains { $0.reason == "has a name that is not safe" })
      }
      place += 46 + item.name.count
    }
  }

  @Test(arguments: [26, 27, 28, 29])
  func aFlippedBitInALengthCostsNoOtherFile(_ field: Int) throws {
    for index in 3..<14 {
      let item = zip.items[index]
      var broken = Array(bytes[..<ends[14]])
      broken[ends[index] - item.data.count - item.name.count - 30 + field] ^= 0x40
      let found = try salvage(broken).found
      #expect(found.count >= 14, "\(index)")
      for (path, data) in found { #expect(data == whole[path], "\(path)") }
    }
  }

  @Test(arguments: 0..<3)
  func randomDamageNeverBringsOutOtherBytes(_ seed: Int) throws {
    var generator = SplitMix(state: UInt64(seed + 100))
    let whole = whole
    for _ in 0..<25 {
      var broken = bytes
      for _ in 0...Int.random(in: 0..<4, using: &generator) {
        let offset = Int.random(in: 0..<broken.count, using: &generator)
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: broken[offset] ^= UInt8.random(in: 1...255, using: &generator)
        case 1: broken.removeSubrange(offset..<min(broken.count, offset + 40))
        default: broken = Array(broken[..<max(600, offset)])
        }
      }
      guard let found = try? salvage(broken).found else { continue }
      let isListed = found["manifest-sha256.txt"] == whole["manifest-sha256.txt"]
      for (path, data) in found where isListed && path.hasPrefix("data/") {
        #expect(data == whole[path], "\(path)")
      }
    }
  }
}
