public import SystemPackage

/// Something that `verify` found, with a stable code.
public struct Finding: Sendable, Hashable, CustomStringConvertible {
  /// Which part of a bundle was looked at.
  public enum Level: String, Sendable, Hashable, CaseIterable {
    case container
    case bag
    case manifest
    case crate
  }

  /// `E…` for what must not be, `W…` for what should not be; stable for scripts.
  public let code: String
  /// Which part of the bundle it is about.
  public let level: Level
  /// The path inside the bundle, if it is about one.
  public let path: String?
  /// What was found and what was expected.
  public let message: String
  /// The exit status that this finding asks for; `nil` for a warning.
  public let status: KeepError.Code?

  /// Something that `verify` found.
  public init(
    _ code: String, _ level: Level, path: String? = nil, _ message: String,
    status: KeepError.Code?
  ) {
    self.code = code
    self.level = level
    self.path = path
    self.message = message
    self.status = status
  }

  /// `E201 data/outputs/…: SHA-256 differs`.
  public var description: String { "\(code) \(path.map { "\($0): " } ?? "")\(message)" }
}

/// All that `verify` found in one bundle.
public struct VerificationReport: Sendable {
  /// What a bundle is found to be, in one word.
  public enum Verdict: String, Sendable, Hashable, CaseIterable {
    /// Whole, complete and canonical, every byte of it.
    case whole
    /// As its manifest says, and that says what is missing.
    case partial
    /// Nothing is wrong as far as it was looked at; the payload was not hashed.
    case unhashed
    /// The content is whole, the ZIP around it is not the one that was made.
    case notCanonical = "not_canonical"
    /// Bytes are damaged, missing, unexpected or contradictory.
    case damaged
    /// The ledger says that it is kept, and it is not there.
    case gone
    /// Must not be unpacked.
    case unsafe
    /// Not a run bundle, or an unknown profile.
    case notABundle = "not_a_bundle"
    /// Cannot be opened or read.
    case unreadable
  }

  /// The file.
  public let path: FilePath
  /// SHA-256 of the whole file, `nil` if it could not be read.
  public let checksum: Checksum?
  /// All findings in order of level, then path.
  public let findings: [Finding]
  /// How many outputs the manifest lists as archived.
  public let outputs: Int
  /// The run's id, if the manifest could be read.
  public let request: RequestID?
  /// The file's size, `nil` if it could not be opened.
  public let size: ByteCount?
  /// Whether the payload was not hashed.
  public let isFast: Bool

  /// All that `verify` found in one bundle.
  public init(
    path: FilePath, checksum: Checksum?, findings: [Finding], outputs: Int, request: RequestID?,
    size: ByteCount? = nil, isFast: Bool = false
  ) {
    self.path = path
    self.checksum = checksum
    self.findings = findings
    self.outputs = outputs
    self.request = request
    self.size = size
    self.isFast = isFast
  }

  /// How to get the canonical file back, where only that is wanting.
  public var advice: String? {
    let repack = "to have the canonical file again: comfykeep repack \(path) --to DIR"
    if verdict == .notCanonical, let request {
      return "\(repack) (comfykeep show \(request) names the SHA-256 that it must have)"
    }
    // Other ZIP programs write entries for folders; nothing else need be wrong.
    let unsafe = findings.filter { $0.status == .unsafeBundle }
    let isOfFolders = verdict == .unsafe && unsafe.allSatisfy { $0.path?.utf8.last == UInt8(ascii: "/") }
    return isOfFolders ? "it has entries for folders, as other ZIP programs write them; \(repack)" : nil
  }

  /// That the bundle does not verify, by the gravest finding.
  package var failure: KeepError {
    let status = exitStatus
    let grave = findings.first { $0.status?.exitStatus == status }
    return KeepError(
      grave?.status ?? .fixity, .path(path), "does not verify: \(grave?.description ?? "it cannot be read")")
  }

  /// Why nothing may be taken from the bundle; `nil` for a whole one, also where it is partial or was zipped again.
  package var refusal: KeepError? {
    guard ![.whole, .partial, .notCanonical].contains(verdict) else { return nil }
    var error = failure
    error.hint = "comfykeep verify tells everything that is wrong with it; put it back from a copy"
    return error
  }

  /// The exit status: the gravest finding decides, in the order unreadable, not ours (4), unsafe (5),
  /// damaged (30), not canonical (6), partial (3). Without any it is 0, and 3 where the payload was not hashed.
  public var exitStatus: Int32 {
    Self.gravest(findings.compactMap { $0.status?.exitStatus })
      ?? (isFast ? KeepError.Code.partial.exitStatus : 0)
  }

  /// The gravest of the exit statuses that findings or bundles ask for, as they are ordered above; `nil` of none.
  public static func gravest(_ statuses: some Collection<Int32>) -> Int32? {
    [74, 4, 5, 30, 6, 3].first { statuses.contains($0) } ?? statuses.max()
  }

  /// What the bundle is found to be.
  public var verdict: Verdict {
    switch Self.gravest(findings.compactMap { $0.status?.exitStatus }) {
    case nil: isFast ? .unhashed : .whole
    case KeepError.Code.partial.exitStatus: .partial
    case KeepError.Code.notCanonical.exitStatus: .notCanonical
    case KeepError.Code.unsafeBundle.exitStatus: .unsafe
    case KeepError.Code.notABundle.exitStatus: .notABundle
    case KeepError.Code.localIO.exitStatus: .unreadable
    default: findings.contains { $0.code == "E142" } ? .gone : .damaged
    }
  }

  /// Whether every byte was checked and is as manifest and checksums say.
  public var isVerified: Bool { !isFast && [.whole, .partial].contains(verdict) }
}
