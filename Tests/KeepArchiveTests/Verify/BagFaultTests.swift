import KeepModel
import Testing

@testable import KeepArchive

/// One way to break the contents of a good bundle.
struct BundleFault: Sendable, CustomTestStringConvertible {
  let name: String
  let code: FindingCode
  let status: Int32
  let apply: @Sendable (inout CraftedBundle) -> Void

  init(
    _ name: String, _ code: FindingCode, exit status: Int32 = 30,
    _ apply: @escaping @Sendable (inout CraftedBundle) -> Void
  ) {
    (self.name, self.code, self.status, self.apply) = (name, code, status, apply)
  }

  var testDescription: String { name }

  /// Applies the fault to a good bundle and checks what is found.
  func check() throws {
    var bundle = try CraftedBundle.good()
    apply(&bundle)
    let report = try bundle.verify()
    #expect(report.findings.contains { $0.code == code.rawValue }, "\(report.findings)")
    #expect(report.exitStatus == status, "\(report.findings)")
  }
}

@Suite struct BagFaultTests {
  static let faults: [BundleFault] = [
    BundleFault("another BagIt version", .bagDeclarationDiffers) {
      $0.declaration = "BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n"
    },
    BundleFault("byte order mark", .bagDeclarationDiffers) {
      $0.declaration = "\u{FEFF}" + $0.declaration
    },
    BundleFault("label missing", .bagInfoDiffers) {
      $0.editInfo = { $0.replacing("External-Description: One archived ComfyUI API run\n", with: "") }
    },
    BundleFault("label of other tools", .bagInfoDiffers) {
      $0.editInfo = { "Bag-Software-Agent: bagit.py\n" + $0 }
    },
    BundleFault("label twice", .bagInfoDiffers) {
      $0.editInfo = { $0 + "Run-Bundle-Profile: 1.0\n" }
    },
    BundleFault("two spaces", .bagInfoDiffers) {
      $0.editInfo = { $0.replacing("Oxum: ", with: "Oxum:  ") }
    },
    BundleFault("CRLF", .bagInfoDiffers) { $0.editInfo = { $0.replacing("\n", with: "\r\n") } },
    BundleFault("other description", .bagInfoDiffers) {
      $0.editInfo = { $0.replacing("One archived", with: "Two archived") }
    },
    BundleFault("other bag profile", .bagInfoDiffers) {
      $0.editInfo = { $0.replacing("urn:uuid:2375481c", with: "https://example.org/2375481c") }
    },
    BundleFault("bag profile of somebody else", .bagInfoDiffers) {
      $0.editInfo = { $0.replacing("urn:uuid:2375481c", with: "urn:uuid:00000000") }
    },
    BundleFault("oxum too large", .oxumDiffers) { $0.oxum = "999999999.11" },
    BundleFault("oxum counts other files", .oxumDiffers) { bundle in
      let octets = bundle.payload.values.reduce(0) { $0 + $1.count }
      bundle.oxum = "\(octets).10"
    },
    BundleFault("oxum too small", .moreThanDeclared, exit: 5) { $0.oxum = "10.11" },
    BundleFault("oxum that is none", .oxumDiffers) { $0.oxum = "many" },
    BundleFault("higher profile", .profileUnknown, exit: 4) { $0.profile = "2.0" },
    BundleFault("profile that is none", .profileUnknown, exit: 4) { $0.profile = "one" },
    BundleFault("later minor profile", .profileLater, exit: 0) {
      $0.profile = "1.7"
      $0.manifest.set("profile", "1.7")
    },
    BundleFault("later profile in the bag alone", .profilesDiffer) { $0.profile = "1.7" },
    BundleFault("later profile in the manifest alone", .profilesDiffer) {
      $0.manifest.set("profile", "1.7")
    },
    BundleFault("another identifier", .identifierDiffers) {
      $0.identifier = "urn:uuid:00000000-0000-4000-8000-000000000000"
    },
    BundleFault("identifier that is none", .bagInfoDiffers) { $0.identifier = "urn:uuid:fox" },
    BundleFault("checksum list unsorted", .checksumListMalformed) {
      $0.editChecksums = { $0.split(separator: "\n").reversed().joined(separator: "\n") + "\n" }
    },
    BundleFault("checksum list lacks a file", .payloadUnlisted) {
      $0.editChecksums = {
        $0.split(separator: "\n").dropFirst().joined(separator: "\n") + "\n"
      }
    },
    BundleFault("checksum list names a file that is not there", .payloadMissing) {
      $0.editChecksums = { $0 + String(repeating: "0", count: 64) + "  data/zebra\n" }
    },
    BundleFault("checksum list leaves the payload", .checksumListMalformed) {
      $0.editChecksums = { $0 + String(repeating: "0", count: 64) + "  data/../../zebra\n" }
    },
    BundleFault("checksum list lists a tag file", .checksumListMalformed) {
      $0.editChecksums = { String(repeating: "0", count: 64) + "  bagit.txt\n" + $0 }
    },
    BundleFault("capital digits", .checksumListMalformed) { $0.editChecksums = { $0.uppercased() } },
    BundleFault("one space", .checksumListMalformed) {
      $0.editChecksums = { $0.replacing("  data", with: " data") }
    },
    BundleFault("binary mark", .checksumListMalformed) {
      $0.editChecksums = { $0.replacing("  data", with: " *data") }
    },
    BundleFault("CRLF in the list", .checksumListMalformed) {
      $0.editChecksums = { $0.replacing("\n", with: "\r\n") }
    },
    BundleFault("no line feed at the end", .checksumListMalformed) {
      $0.editChecksums = { String($0.dropLast()) }
    },
    BundleFault("wrong payload checksum", .payloadDamaged) {
      $0.editChecksums = { String(repeating: "0", count: 64) + $0.dropFirst(64) }
    },
    BundleFault("wrong tag checksum", .tagFileDamaged) {
      $0.editTags = { String(repeating: "0", count: 64) + $0.dropFirst(64) }
    },
    BundleFault("tag list lacks a file", .tagFileUnlisted) {
      $0.editTags = { $0.split(separator: "\n").dropLast().joined(separator: "\n") + "\n" }
    },
    BundleFault("tag list lists itself", .tagFileUnlisted) {
      $0.editTags = { $0 + String(repeating: "0", count: 64) + "  tagmanifest-sha256.txt\n" }
    },
  ]

  @Test(arguments: faults)
  func isFound(_ fault: BundleFault) throws { try fault.check() }

  @Test func aLaterProfileSaysWhatWasNotChecked() throws {
    var bundle = try CraftedBundle.good()
    bundle.profile = "1.7"
    bundle.manifest.set("profile", "1.7")
    let findings = try bundle.verify().findings
    #expect(findings.map(\.code) == ["W201"])
    #expect(findings.first?.message.contains("not at all whether readme, crate and page") == true)
  }

  @Test(arguments: ["fetch.txt", "manifest-sha512.txt", "tagmanifest-md5.txt", "notes.txt", "meta/a.xml"])
  func strayTagFilesAreFound(_ name: String) throws {
    var zip = try CraftedBundle.good().zip
    zip.items.insert(CraftedZIP.Item("\(CraftedBundle.top)/\(name)", [65]), at: 4)
    let report = try CraftedBundle.verify(zip.bytes)
    #expect(report.findings.contains { $0.code == "E212" && $0.path == name })
    #expect(report.exitStatus == 30)
  }

  @Test(arguments: 0..<4)
  func missingTagFilesAreFound(_ index: Int) throws {
    var zip = try CraftedBundle.good().zip
    zip.items.remove(at: index)
    let report = try CraftedBundle.verify(zip.bytes)
    #expect(report.findings.contains { $0.code == "E209" })
    #expect(report.exitStatus == 30)
  }

  @Test(arguments: 4..<15)
  func missingPayloadIsFound(_ index: Int) throws {
    var zip = try CraftedBundle.good().zip
    zip.items.remove(at: index)
    let report = try CraftedBundle.verify(zip.bytes)
    #expect(report.findings.contains { $0.code == "E206" })
    #expect(report.exitStatus == 30)
  }

  @Test func extraPayloadIsFound() throws {
    var zip = try CraftedBundle.good().zip
    zip.items.append(CraftedZIP.Item("\(CraftedBundle.top)/data/zebra", []))
    let codes = Set(try CraftedBundle.verify(zip.bytes).findings.map(\.code))
    #expect(codes.isSuperset(of: ["E207", "E306", "E403", "E203"]))
  }

  @Test func nothingOfABagIsNoBundle() throws {
    var zip = try CraftedBundle.good().zip
    zip.items = Array(zip.items[9...])
    #expect(try CraftedBundle.verify(zip.bytes).exitStatus == 4)
  }
}
