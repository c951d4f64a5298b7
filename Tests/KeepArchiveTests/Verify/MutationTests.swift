import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@testable import KeepArchive

/// The claim that any accidental change to any byte is found, and that nothing hostile crashes the verifier.
@Suite struct MutationTests {
  private let folder: TemporaryFolder
  private let bytes: [UInt8]

  init() throws {
    folder = try TemporaryFolder()
    bytes = try CraftedBundle.small().zip.bytes
  }

  private func status(_ bytes: [UInt8]) throws -> Int32 {
    BundleVerifier().verify(try folder.write(bytes, to: "\(CraftedBundle.top).zip")).exitStatus
  }

  @Test(arguments: 0..<4)
  func aFlippedBitInAnyByteIsFound(_ part: Int) throws {
    let path = try folder.write(bytes, to: "\(CraftedBundle.top).zip")
    let file = try FileDescriptor.open(path, .readWrite)
    defer { try? file.close() }
    // Of the two long texts every 16th byte stands for its neighbours; all others are tried.
    let files = try CraftedBundle.small().files
    let texts = ["README.md", "ro-crate-preview.html"].compactMap { name in
      bytes.firstRange(of: files[name] ?? [0])
    }
    try #require(texts.count == 2)
    let offsets = bytes.indices.filter { offset in
      offset % 16 == 0 || !texts.contains { $0.contains(offset) }
    }
    for offset in offsets where offset / 16 % 4 == part {
      try file.writeAll(toAbsoluteOffset: Int64(offset), [bytes[offset] ^ 1 << UInt8(offset % 8)])
      let found = BundleVerifier().verify(path).exitStatus
      #expect([4, 5, 6, 30].contains(found), "exit \(found) for byte \(offset)")
      try file.writeAll(toAbsoluteOffset: Int64(offset), [bytes[offset]])
    }
    #expect(BundleVerifier().verify(path).findings == [])
  }

  @Test func aFlippedBitInThePayloadIsDamageOfTheNamedFile() throws {
    let bytes = try CraftedBundle.good().zip.bytes
    let item = try #require(try CraftedBundle.good().zip.items.first { $0.data.starts(with: "input".utf8) })
    let place = try #require(bytes.firstRange(of: item.data)?.lowerBound)
    var broken = bytes
    broken[place] ^= 4
    let report = try CraftedBundle.verify(broken)
    #expect(report.exitStatus == 30)
    #expect(Set(report.findings.map(\.code)) == ["E107", "E208", "E308"])
    #expect(report.findings.allSatisfy { $0.path?.hasSuffix(CraftedBundle.input) == true })
  }

  @Test func anyOtherLengthIsFound() throws {
    // Cutting off leaves no end record, wherever it happens; every length would only take longer.
    let lengths = Array(0..<90) + stride(from: 90, to: bytes.count - 90, by: 41)
    for length in lengths + (bytes.count - 90..<bytes.count) {
      let found = try status(Array(bytes[..<length]))
      #expect(length < 60 ? found != 0 : found == 30, "exit \(found) at length \(length)")
    }
    for more in [1, 22, 46, 70_000] {
      #expect(try status(bytes + Array(repeating: 0, count: more)) != 0)
    }
  }

  @Test func aRemovedOrDoubledPieceIsFound() throws {
    for start in stride(from: 0, to: bytes.count, by: 149) {
      var shorter = bytes
      shorter.removeSubrange(start..<min(start + 11, bytes.count))
      #expect(try status(shorter) != 0)
      var longer = bytes
      longer.insert(contentsOf: bytes[start..<min(start + 11, bytes.count)], at: start)
      #expect(try status(longer) != 0)
    }
  }

  @Test(arguments: 0..<4)
  func randomDamageIsFoundAndNeverCrashes(_ seed: Int) throws {
    var generator = SplitMix(state: UInt64(seed))
    for _ in 0..<250 {
      var broken = bytes
      for _ in 0...Int.random(in: 0..<6, using: &generator) {
        // The structure lies at the end: half of all changes go there.
        let start = Bool.random(using: &generator) ? 0 : broken.count * 3 / 4
        let offset = Int.random(in: start..<broken.count, using: &generator)
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: broken[offset] = UInt8.random(in: 0...255, using: &generator)
        case 1: broken[offset] = [0, 0xFF, 0x7F, 0x80].randomElement(using: &generator) ?? 0
        case 2: broken.insert(UInt8.random(in: 0...255, using: &generator), at: offset)
        case 3: broken.remove(at: offset)
        default:
          let count = min(8, broken.count - offset)
          broken.replaceSubrange(offset..<offset + count, with: repeatElement(0xFF, count: count))
        }
      }
      if broken != bytes { #expect(try status(broken) != 0) }
    }
  }

  @Test func randomDocumentsWithAllChecksumsRedoneNeverCrash() throws {
    var generator = SplitMix(state: 7)
    let documents = [
      "manifest.json", "ro-crate-metadata.json", "run/result.json", "run/request.json",
    ]
    let good = try CraftedBundle.good()
    for round in 0..<300 {
      var bundle = good
      let name = documents[round % documents.count]
      var document = bundle.payload[name] ?? []
      for _ in 0...Int.random(in: 0..<3, using: &generator) {
        let offset = Int.random(in: 0..<document.count, using: &generator)
        document[offset] = UInt8.random(in: 0x20..<0x7F, using: &generator)
      }
      switch name {
      case "manifest.json": bundle.manifestBytes = document
      case "ro-crate-metadata.json": bundle.crateBytes = document
      default: bundle.files[name] = document
      }
      if document != good.payload[name], name.hasPrefix("run/") {
        #expect(try status(bundle.zip.bytes) != 0)
      } else {
        _ = try status(bundle.zip.bytes)
      }
    }
  }

  @Test func aHundredThousandEntriesOnTheSameBytesAreRefused() throws {
    var zip = try CraftedBundle.good().zip
    var directory: [CraftedZIP.Item] = []
    for number in 0..<100_000 {
      var item = CraftedZIP.Item("\(CraftedBundle.top)/data/\(number)", [])
      item.offset = 0
      (item.size, item.compressedSize) = (1 << 20, 1 << 20)
      directory.append(item)
    }
    zip.items += directory
    zip.zip64 = CraftedZIP.zip64Records
    zip.count = 0xFFFF
    let report = try CraftedBundle.verify(zip.bytes)
    #expect([5, 30].contains(report.exitStatus))
    #expect(report.findings.count < 1000)
  }

  @Test func moreThanAMillionEntriesAreRefusedUnread() throws {
    var zip = try CraftedBundle.good().zip
    zip.zip64 = { _, size, offset in CraftedZIP.zip64Records(1_000_001, size, offset) }
    zip.count = 0xFFFF
    #expect(try CraftedBundle.verify(zip.bytes).exitStatus == 30)
  }
}

/// A small random generator that gives the same numbers on every machine.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
