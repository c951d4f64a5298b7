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

  /// All that `verify` found in one bundle.
  public init(
    path: FilePath, checksum: Checksum?, findings: [Finding], outputs: Int, request: RequestID?
  ) {
    self.path = path
    self.checksum = checksum
    self.findings = findings
    self.outputs = outputs
    self.request = request
  }

  /// How to get the canonical file back, where only that is wanting.
  public var advice: String? {
    guard exitStatus == KeepError.Code.notCanonical.exitStatus, let request else { return nil }
    return
      "to have the canonical file again, put the original back from a copy (comfykeep show \(request) names "
      + "its SHA-256), or move this one away and run: comfykeep archive \(request)"
  }

  /// The exit status: the gravest finding decides, in the order unreadable, not ours (4), unsafe (5),
  /// damaged (30), not canonical (6), partial (3); 0 without any.
  public var exitStatus: Int32 {
    let statuses = Set(findings.compactMap { $0.status?.exitStatus })
    return [74, 4, 5, 30, 6, 3].first { statuses.contains($0) } ?? statuses.max() ?? 0
  }
}
