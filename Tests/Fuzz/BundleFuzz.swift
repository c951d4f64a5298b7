import KeepFiles
import KeepModel
import SystemPackage

@testable import KeepArchive

/// One bundle whose checksums all agree: no trap in the whole verifier; every finding is known; what is whole can be
/// opened, read and compared with itself.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzBundle(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  MemoryFile.shared.fill(UnsafeRawBufferPointer(start: start, count: count))
  let path = MemoryFile.shared.path
  let report = BundleVerifier().verify(path)
  for finding in report.findings {
    precondition(FindingCode(rawValue: finding.code) != nil, "an unknown code")
    precondition(finding.message.utf8.allSatisfy { $0 >= 0x20 }, "a finding that steers a terminal")
  }
  precondition(report.findings.count < 4000, "a report without end")
  do throws(KeepError) {
    let fast = try BundleVerifier().verify(BundleCheck(path, isFast: true)) { _ in }
    precondition(!fast.isVerified && fast.exitStatus != 0, "verified without a look")
    guard [.whole, .partial, .notCanonical].contains(report.verdict) else { return 0 }
    let reader = try BundleReader(path)
    for path in reader.paths { try reader.read(path) { _ in } }
    let runs = try RunComparison(reader, reader)
    let differences = runs.facts + runs.overrides + runs.inputs + runs.workflow
    precondition(differences.isEmpty, "differs from itself")
    let outputs = try OutputComparison(reader, reader)
    precondition(
      outputs.entries.allSatisfy { $0.likeness == .same || $0.likeness == .unknown }, "differs from itself")
  } catch {
    preconditionFailure("\(error)")
  }
  return 0
}
