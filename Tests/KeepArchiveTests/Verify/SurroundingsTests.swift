import KeepModel
import KeepTestKit
import Testing

@testable import KeepArchive

@Suite struct SurroundingsTests {
  private let bytes: [UInt8]
  private let name = "\(CraftedBundle.top).zip"

  init() throws { bytes = try CraftedBundle.good().zip.bytes }

  private func codes(sidecar: String?, named other: String? = nil) throws -> ([String], Int32) {
    let folder = try TemporaryFolder()
    let path = try folder.write(bytes, to: other ?? name)
    if let sidecar { try folder.write(Array(sidecar.utf8), to: "\(other ?? name).sha256") }
    let report = BundleVerifier().verify(path)
    return (report.findings.map(\.code), report.exitStatus)
  }

  @Test func theSidecarIsCompared() throws {
    let checksum = Checksum(of: bytes)
    #expect(try codes(sidecar: "\(checksum)  \(name)\n") == ([], 0))
    #expect(try codes(sidecar: "\(checksum) *\(name)\n") == ([], 0))
    let wrong = String(repeating: "0", count: 64)
    #expect(try codes(sidecar: "\(wrong)  \(name)\n") == (["E140"], 30))
  }

  @Test(arguments: ["", "hello\n", "\(String(repeating: "0", count: 64))  other.zip\n"])
  func aSidecarThatIsNoneIsAWarning(_ text: String) throws {
    #expect(try codes(sidecar: text) == (["W103"], 0))
  }

  @Test(arguments: ["copy.zip", "\(CraftedBundle.top).bin", "\(CraftedBundle.top) (1).zip"])
  func anotherNameIsAWarning(_ other: String) throws {
    #expect(try codes(sidecar: nil, named: other) == (["W101"], 0))
  }

  @Test func aCompleteBundleNamedPartialIsAWarning() throws {
    #expect(try codes(sidecar: nil, named: "\(CraftedBundle.top).partial.zip") == (["W102"], 0))
  }

  @Test func theSidecarOfADamagedFileIsComparedToo() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array(bytes.dropLast(30)), to: name)
    try folder.write(Array("\(Checksum(of: bytes))  \(name)\n".utf8), to: "\(name).sha256")
    let report = BundleVerifier().verify(path)
    #expect(report.findings.map(\.code) == ["E102", "E140"])
  }

  @Test(arguments: [1, 2, 7])
  func manyAreCheckedInOrder(_ limit: Int) async throws {
    let folder = try TemporaryFolder()
    var broken = bytes
    broken[bytes.count / 2] ^= 1
    let paths = try (0..<6).map { number in
      try folder.write(number == 4 ? broken : bytes, to: "\(number)/\(name)")
    }
    var reports: [VerificationReport] = []
    try await BundleVerifier.verify(paths.map { BundleCheck($0) }, limit: limit, watch: { _ in }) {
      reports.append($0)
    }
    #expect(reports.map(\.path) == paths)
    #expect(reports.map { $0.exitStatus == 0 } == [true, true, true, true, false, true])
  }

  @Test func nothingIsWritten() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(bytes, to: name)
    _ = BundleVerifier().verify(path)
    #expect(folder.files() == [name])
    #expect(try folder.read(name) == bytes)
  }
}
