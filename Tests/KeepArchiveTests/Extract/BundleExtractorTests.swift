import Foundation
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@testable import KeepArchive

@Suite struct BundleExtractorTests {
  private let folder: TemporaryFolder
  private let name = "\(CraftedBundle.top).zip"

  init() throws { folder = try TemporaryFolder() }

  /// Everything below a folder of the test's, by path.
  private func contents(_ top: String) throws -> [String: [UInt8]] {
    try folder.files().filter { $0.hasPrefix("\(top)/") }.reduce(into: [:]) { contents, path in
      contents[String(path.dropFirst(top.utf8.count + 1))] = try folder.read(path)
    }
  }

  private func expected(_ zip: CraftedZIP) -> [String: [UInt8]] {
    zip.items.reduce(into: [:]) { contents, item in
      contents[String(decoding: item.name.dropFirst(CraftedBundle.top.utf8.count + 1), as: UTF8.self)] =
        item.data
    }
  }

  @Test func aWholeBundleIsTakenOut() throws {
    let zip = try CraftedBundle.good().zip
    let path = try folder.write(zip.bytes, to: name)
    let report = try BundleExtractor().extract(path, into: folder.path)
    #expect(report.isWhole)
    #expect(report.folder == folder(CraftedBundle.top))
    #expect(report.files == 15)
    #expect(report.size.bytes == UInt64(zip.items.reduce(0) { $0 + $1.data.count }))
    #expect(try contents(CraftedBundle.top) == expected(zip))
    #expect(folder.files().count == 16)
  }

  @Test func onlyWhatIsAskedForIsTakenOut() throws {
    let path = try folder.write(try CraftedBundle.good().zip.bytes, to: name)
    let report = try BundleExtractor(.payload(["outputs"])).extract(path, into: folder.path)
    #expect(report.isWhole && report.files == 3)
    #expect(
      try contents(CraftedBundle.top).keys.sorted()
        == [CraftedBundle.text, CraftedBundle.image, CraftedBundle.preview].sorted())
    let other = try TemporaryFolder()
    let both = try BundleExtractor(.payload(["inputs", "outputs"])).extract(path, into: other.path)
    #expect(both.files == 4)
  }

  @Test(arguments: SampleSort.allCases)
  func everySortOfRunIsTakenOut(_ sort: SampleSort) throws {
    let bundle = try sort.run().write(into: folder, allowsPartial: true)
    #expect(try BundleExtractor().extract(bundle.path, into: folder.path).isWhole)
  }

  @Test func nothingIsOverwritten() throws {
    let path = try folder.write(try CraftedBundle.good().zip.bytes, to: name)
    for taken in ["\(CraftedBundle.top)/mine.txt", "\(CraftedBundle.top)"] {
      let place = try TemporaryFolder()
      try place.write([1], to: taken)
      #expect(throws: KeepError(.bundleExists, .path(place(CraftedBundle.top)), "")) {
        _ = try BundleExtractor().extract(path, into: place.path)
      }
      #expect(place.files() == [taken])
      #expect(try place.read(taken) == [1])
    }
  }

  @Test func aLinkWithTheFoldersNameIsNotFollowed() throws {
    let path = try folder.write(try CraftedBundle.good().zip.bytes, to: name)
    let (place, elsewhere) = (try TemporaryFolder(), try TemporaryFolder())
    try FileManager.default.createSymbolicLink(
      atPath: place(CraftedBundle.top).string, withDestinationPath: elsewhere.path.string)
    #expect(throws: KeepError.self) { _ = try BundleExtractor().extract(path, into: place.path) }
    #expect(elsewhere.files() == [])
  }

  @Test(arguments: ContainerFaultTests.unsafe, [false, true])
  func anUnsafeBundleIsRefusedBeforeAnythingIsMade(_ fault: ContainerFault, _ isSalvage: Bool) throws {
    if isSalvage, Self.nameFaults.contains(fault.code) { return }
    var zip = try CraftedBundle.good().zip
    fault.apply(&zip)
    let path = try folder.write(zip.bytes, to: name)
    let place = try TemporaryFolder()
    #expect(throws: KeepError(.unsafeBundle, .path(path), "")) {
      _ = try BundleExtractor(isSalvage: isSalvage).extract(path, into: place.path)
    }
    #expect(place.files() == [])
    #expect(try FileManager.default.contentsOfDirectory(atPath: place.path.string) == [])
    #expect(folder.files() == [name])
  }

  static let nameFaults: [FindingCode] = [.nameNotPortable, .outsideTopDirectory, .nameTwice, .fileIsFolder]

  @Test(arguments: ContainerFaultTests.unsafe.filter { nameFaults.contains($0.code) })
  func whereItIsSalvagedANameThatIsNotSafeCostsOneFile(_ fault: ContainerFault) throws {
    let good = try CraftedBundle.good().zip
    var zip = good
    fault.apply(&zip)
    let path = try folder.write(zip.bytes, to: name)
    let place = try TemporaryFolder()
    let report = try BundleExtractor(isSalvage: true).extract(path, into: place.path)
    #expect(report.files >= 14)
    let whole = expected(good)
    for path in place.files() {
      let inner = String(path.dropFirst(CraftedBundle.top.utf8.count + 1))
      #expect(path.hasPrefix("\(CraftedBundle.top)/"))
      #expect(try place.read(path) == whole[inner], "\(path)")
    }
    #expect(place.files().count == report.files)
  }

  static let hostileNames = [
    "../evil", "\(CraftedBundle.top)/../../evil", "/tmp/evil", "\(CraftedBundle.top)/data/a\u{0}b",
    "\(CraftedBundle.top)/data/" + String(repeating: "x", count: 4000),
    "\(CraftedBundle.top)/data/RUN/workflow_api.json", "\(CraftedBundle.top)/data/manifest.json/evil",
    "\(CraftedBundle.top)/data/..\\..\\evil", "\(CraftedBundle.top)/data/\u{1B}[31m",
    "\(CraftedBundle.top)/data/\u{202E}gnp.exe", "\(CraftedBundle.top)/data/nul", "C:\\evil", "",
  ]

  @Test(arguments: hostileNames)
  func aHostileNameBesideGoodOnesIsRefused(_ hostile: String) throws {
    var zip = try CraftedBundle.good().zip
    zip.items.append(CraftedZIP.Item(hostile, [1]))
    let path = try folder.write(zip.bytes, to: name)
    let place = try TemporaryFolder()
    #expect(throws: KeepError(.unsafeBundle, .path(path), "")) {
      _ = try BundleExtractor().extract(path, into: place.path)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: place.path.string) == [])
  }

  @Test(arguments: hostileNames)
  func whereItIsSalvagedAHostileNameIsNamedAndPassedOver(_ hostile: String) throws {
    var zip = try CraftedBundle.good().zip
    let whole = expected(zip)
    zip.items.append(CraftedZIP.Item(hostile, [1]))
    let path = try folder.write(zip.bytes, to: name)
    let place = try TemporaryFolder()
    let report = try BundleExtractor(isSalvage: true).extract(path, into: place.path)
    #expect(!report.isWhole && report.losses.count >= 1)
    #expect(report.losses.allSatisfy { $0.path.utf8.allSatisfy { (0x20..<0x7F).contains($0) || $0 > 0x7F } })
    for path in place.files() {
      #expect(
        try place.read(path) == whole[String(path.dropFirst(CraftedBundle.top.utf8.count + 1))], "\(path)")
    }
    #expect(place.files().count >= 14)
    #expect(try FileManager.default.contentsOfDirectory(atPath: place.path.string) == [CraftedBundle.top])
  }

  @Test func whereNoNameIsSafeNothingIsSalvaged() throws {
    var zip = try CraftedBundle.good().zip
    for index in zip.items.indices { zip.items[index].name += Array("/../evil".utf8) }
    let path = try folder.write(zip.bytes, to: name)
    let place = try TemporaryFolder()
    #expect(throws: KeepError(.unsafeBundle, .path(path), "")) {
      _ = try BundleExtractor(isSalvage: true).extract(path, into: place.path)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: place.path.string) == [])
  }

  @Test(arguments: ContainerFaultTests.damage)
  func nothingStaysOfADamagedBundle(_ fault: ContainerFault) throws {
    var zip = try CraftedBundle.good().zip
    fault.apply(&zip)
    let path = try folder.write(zip.bytes, to: name)
    #expect(throws: KeepError(.fixity, .path(path), "")) {
      _ = try BundleExtractor().extract(path, into: folder.path)
    }
    #expect(folder.files() == [name])
  }

  @Test func nothingStaysWhenTheLastFileIsDamaged() throws {
    var bytes = try CraftedBundle.good().zip.bytes
    let place = try #require(bytes.firstRange(of: Array("PNG other bytes".utf8))).lowerBound
    bytes[place] ^= 1
    let path = try folder.write(bytes, to: name)
    #expect(throws: KeepError(.fixity, .path(path), "")) {
      _ = try BundleExtractor().extract(path, into: folder.path)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path.string) == [name])
  }

  @Test func payloadThatIsNotWhatTheListSaysIsRefused() throws {
    // All CRC-32 are right: only the list of SHA-256 knows.
    var zip = try CraftedBundle.good().zip
    let index = try #require(zip.items.firstIndex { $0.data == Array("input bytes".utf8) })
    zip.items[index].data = Array("other bytes".utf8)
    let path = try folder.write(zip.bytes, to: name)
    #expect(throws: KeepError(.fixity, .path(path), "")) {
      _ = try BundleExtractor().extract(path, into: folder.path)
    }
    #expect(folder.files() == [name])
    let report = try BundleExtractor(isSalvage: true).extract(path, into: folder.path)
    #expect(report.losses.map(\.path) == ["data/\(CraftedBundle.input)"])
    #expect(report.files == 14)
  }

  @Test func aStopLeavesNothing() throws {
    let path = try folder.write(try CraftedBundle.good().zip.bytes, to: name)
    var calls = 0
    #expect(throws: KeepError(.interrupted, .none, "")) {
      _ = try BundleExtractor().extract(path, into: folder.path) { _ throws(KeepError) in
        calls += 1
        if calls == 9 { throw KeepError(.interrupted, .none, "stopped") }
      }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path.string) == [name])
  }
}
