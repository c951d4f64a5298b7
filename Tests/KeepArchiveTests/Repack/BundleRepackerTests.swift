import Foundation
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@testable import KeepArchive

@Suite struct BundleRepackerTests {
  private let folder: TemporaryFolder
  private let target: TemporaryFolder
  private let bytes: [UInt8]
  private let name = "\(CraftedBundle.top).zip"

  init() throws {
    folder = try TemporaryFolder()
    target = try TemporaryFolder()
    bytes = try CraftedBundle.good().zip.bytes
  }

  private var checksum: Checksum { Checksum(of: bytes) }

  private func repack(_ zip: CraftedZIP, _ repacker: BundleRepacker = BundleRepacker()) throws -> RepackReport
  {
    try repacker.repack(folder.write(zip.bytes, to: name), into: target.path)
  }

  static let spellings: [ContainerFault] =
    ContainerFaultTests.spelling.filter { $0.code != .directoryUnreadable } + [
      ContainerFault("folder entries", .notARegularFile, 5) { zip in
        zip.items.insert(CraftedZIP.Item("\(CraftedBundle.top)/", []), at: 0)
        zip.items.append(CraftedZIP.Item("\(CraftedBundle.top)/data/run/", []))
      },
      ContainerFault("turned round", .orderNotCanonical, 6) { $0.items.reverse() },
      ContainerFault("under another top directory", .identifierDiffers, 30) { zip in
        for index in zip.items.indices {
          zip.items[index].name =
            Array("renamed".utf8) + zip.items[index].name.dropFirst(CraftedBundle.top.utf8.count)
        }
      },
    ]

  @Test(arguments: spellings)
  func anotherSpellingBecomesTheOriginal(_ spelling: ContainerFault) throws {
    var zip = try CraftedBundle.good().zip
    spelling.apply(&zip)
    let report = try repack(zip, BundleRepacker(given: checksum))
    #expect(report.exitStatus == 0, "\(report.findings)")
    #expect(report.bundle == target(name))
    #expect(try target.read(name) == bytes)
    #expect(target.files() == [name, "\(name).sha256"])
    #expect(BundleVerifier().verify(target(name)).findings == [])
  }

  static let refused: [BundleFault] = [
    BundleFault("a file altered", .payloadDamaged) { $0.files[CraftedBundle.image]?[0] ^= 1 },
    BundleFault("a file missing", .payloadMissing) { $0.files[CraftedBundle.text] = nil },
    BundleFault("a file too many", .payloadUnlisted) { $0.files["outputs/extra.png"] = [1] },
  ]

  @Test(arguments: refused)
  func whatIsNotTheContentIsAClearNo(_ fault: BundleFault) throws {
    let good = try CraftedBundle.good()
    let list = try #require(
      good.zip.items.first { $0.name.suffix(19) == Array("manifest-sha256.txt".utf8)[...] })
    var bundle = good
    fault.apply(&bundle)
    // The lists stay what they were.
    bundle.editChecksums = { _ in String(decoding: list.data, as: UTF8.self) }
    let report = try repack(bundle.zip)
    #expect(report.bundle == nil)
    #expect(report.exitStatus == 30)
    #expect(report.findings.contains { $0.code == fault.code.rawValue }, "\(report.findings)")
    #expect(target.files() == [])
  }

  @Test func aForgeryThatIsConsistentIsNotTheOriginal() throws {
    var bundle = try CraftedBundle.good()
    bundle.replace(CraftedBundle.image, with: Array("\u{89}PNG forged bytes".utf8))
    try bundle.derive()
    let report = try repack(bundle.zip, BundleRepacker(originals: [name: checksum]))
    #expect(report.bundle == nil)
    #expect(report.exitStatus == 30)
    #expect(report.original?.origin == .ledger)
    #expect(report.checksum != nil && report.checksum != checksum)
    #expect(target.files() == [])
    let unknown = try repack(bundle.zip)
    #expect(unknown.bundle != nil && unknown.original == nil)
  }

  @Test func theOriginalsChecksumIsFoundBesideTheSource() throws {
    var zip = try CraftedBundle.good().zip
    zip.items.reverse()
    try folder.write(Array("\(checksum)  \(name)\n".utf8), to: "\(name).sha256")
    let report = try repack(zip)
    #expect(report.original?.origin == .sidecar)
    #expect(report.original?.checksum == checksum)
    try folder.write(Array("\(Checksum(of: [1]))  \(name)\n".utf8), to: "\(name).sha256")
    let refused = try repack(zip)
    #expect(refused.bundle == nil && refused.exitStatus == 30)
  }

  @Test func aChecksumOfTheSourceItselfSaysNothingOfTheOriginal() throws {
    var zip = try CraftedBundle.good().zip
    zip.items.reverse()
    try folder.write(Array("\(Checksum(of: zip.bytes))  \(name)\n".utf8), to: "\(name).sha256")
    let report = try repack(zip)
    #expect(report.bundle != nil && report.original == nil)
    #expect(report.checksum == checksum)
  }

  @Test func nothingIsOverwritten() throws {
    let zip = try CraftedBundle.good().zip
    #expect(try repack(zip).wasThere == false)
    #expect(try repack(zip).wasThere)
    try target.write([1], to: name)
    #expect(throws: KeepError(.bundleExists, .path(target(name)), "")) { _ = try repack(zip) }
    #expect(try target.read(name) == [1])
    #expect(target.files() == [name, "\(name).sha256"])
  }

  @Test(arguments: SampleSort.allCases)
  func anUnpackedFolderBecomesTheOriginal(_ sort: SampleSort) throws {
    let bundle = try sort.run().write(into: folder, allowsPartial: true)
    let unpacked = try TemporaryFolder()
    let report = try BundleExtractor().extract(bundle.path, into: unpacked.path)
    let source = try #require(report.folder)
    let repacked = try BundleRepacker(given: bundle.checksum).repack(source, into: target.path)
    #expect(repacked.exitStatus == 0, "\(repacked.findings)")
    #expect(repacked.bundle?.lastComponent == bundle.path.lastComponent)
    #expect(repacked.checksum == bundle.checksum)
  }

  @Test func aFolderThatIsNotQuiteTheBagIsRefused() throws {
    let unpacked = try TemporaryFolder()
    let path = try folder.write(bytes, to: name)
    _ = try BundleExtractor().extract(path, into: unpacked.path)
    let source = unpacked(CraftedBundle.top)
    try unpacked.write([1], to: "\(CraftedBundle.top)/data/run/new.txt")
    let extra = try BundleRepacker().repack(source, into: target.path)
    #expect(extra.exitStatus == 30 && extra.findings.contains { $0.code == "E207" })
    try FileManager.default.removeItem(atPath: source.appending("data/run/new.txt").string)
    try FileManager.default.removeItem(atPath: source.appending("data/run/result.json").string)
    let missing = try BundleRepacker().repack(source, into: target.path)
    #expect(missing.exitStatus == 30 && missing.findings.contains { $0.code == "E206" })
    try FileManager.default.createSymbolicLink(
      atPath: source.appending("data/run/result.json").string, withDestinationPath: "/etc/passwd")
    #expect(throws: KeepError(.unsafeBundle, .path(source), "")) {
      _ = try BundleRepacker().repack(source, into: target.path)
    }
    #expect(throws: KeepError(.notABundle, .path(folder.path), "")) {
      _ = try BundleRepacker().repack(folder.path, into: target.path)
    }
    #expect(target.files() == [])
  }

  @Test(arguments: ContainerFaultTests.unsafe.filter { $0.name != "directory entry" })
  func anUnsafeSourceIsRefused(_ fault: ContainerFault) throws {
    var zip = try CraftedBundle.good().zip
    fault.apply(&zip)
    let error = #expect(throws: KeepError.self) {
      let report = try repack(zip)
      // What is only told by reading all of it is a finding of the result.
      throw KeepError(report.exitStatus == 5 || report.exitStatus == 30 ? .unsafeBundle : .failure, .none, "")
    }
    #expect(error?.code == .unsafeBundle || error?.code == .fixity, "\(error?.description ?? "")")
    #expect(target.files() == [])
  }
}
