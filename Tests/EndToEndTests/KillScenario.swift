import Foundation
import KeepTestKit
import Testing

/// A command that is killed again and again: its words, where its runs come from, and the points that it passes.
struct KillScenario: Sendable {
  /// Who submits the runs.
  enum Origin: Sendable {
    /// The command itself.
    case command
    /// Another archive, before.
    case elsewhere
    /// An earlier command with the same archive, which did not wait for them.
    case earlier
  }

  let name: String
  let origin: Origin
  /// `PHOTOS` stands for the folder of photos, `REQUESTS` for the ids of their runs, `EXPORT` for a folder beside the
  /// archive, `WIDTH` for how many go on at once, `UPLOADS` for the service's storage, `STORE` for the options of an
  /// archive in a store.
  let words: [String]
  /// The crash points that it passes, by name.
  let points: [String]
  let moments: [KillMoment]

  var exports: Bool { words.contains("EXPORT") }
  var usesStore: Bool { words.contains("STORE") }

  private static let opening = ["ledgerOpened", "leftoversCleaned"]
  private static let sending = [
    "claimed", "inputKept", "submitBeginning", "submitBegun", "bodyEnding", "answered", "submitReleased",
    "submitted",
  ]
  private static let keeping = [
    "statusRecorded", "resultReceived", "finished", "outputReceived", "outputSpooled", "fileSynced",
    "fileNamed",
    "bundleWritten", "bundleNamed", "bundlePublished", "kept", "exported", "spoolRemoved", "inputsDiscarded",
  ]
  private static let submitting: [KillMoment] = [.launch, .refusedSubmit, .submit, .poll, .download]
  private static let run = [
    "run", "PHOTOS", "--deployment", Service.Deployment.image, "--asset", "189.image", "--poll-interval",
    "20ms", "--concurrency", "WIDTH",
  ]

  static let inline = KillScenario(
    name: "run", origin: .command, words: run + ["--export", "EXPORT"], points: opening + sending + keeping,
    moments: submitting)

  static let upload = KillScenario(
    name: "run --upload", origin: .command,
    words: run + ["--export", "EXPORT", "--prefer", "upload", "--upload", "UPLOADS/{sha256}.{ext}"],
    points: ["uploading", "uploaded", "uploadRecorded", "placementRecorded"] + opening + sending + keeping,
    moments: submitting + [.upload])

  static let archive = KillScenario(
    name: "archive", origin: .elsewhere,
    words: [
      "archive", "REQUESTS", "--deployment", Service.Deployment.image, "--poll-interval", "20ms", "--export",
      "EXPORT",
    ],
    points: opening + keeping, moments: [.launch, .poll, .download])

  static let sweep = KillScenario(
    name: "sweep", origin: .earlier, words: ["sweep", "--poll-interval", "20ms", "--export", "EXPORT"],
    points: opening + keeping, moments: [.launch, .poll, .download])

  /// Bundles leave the folder for a store.
  static let store = KillScenario(
    name: "run --archive s3://", origin: .command, words: run + ["STORE"],
    points: ["bundlePut", "bundleStored", "storeRecorded", "bundleRemoved", "removalRecorded"] + opening
      + sending
      + keeping,
    moments: submitting)

  /// Every scenario that can be played here: a store needs a server.
  static let all = [inline, upload, archive, sweep] + (hasStore ? [store] : [])

  static let hasStore =
    StoreServer.isWanted && ProcessInfo.processInfo.environment["COMFYKEEP_SERVERS"] != nil

  /// The crash points in the order of the source, which this target cannot import.
  static func sourcePoints() throws -> [String] {
    let source = SamplePhotos.samples.deletingLastPathComponent()
      .appendingPathComponent("Sources/KeepFiles/CrashPoint.swift")
    return try String(contentsOf: source, encoding: .utf8).matches(of: /\n  case (\w+)/).map { String($0.1) }
  }
}

/// What a kill waits for in the service's log before it strikes.
enum KillMoment: String, CaseIterable, Sendable {
  case launch
  case refusedSubmit
  case upload
  case submit
  case poll
  case download

  /// Whether a line of the log is what is waited for.
  func isSeen(in line: Substring) -> Bool {
    switch self {
    case .launch: false
    case .refusedSubmit: line.contains(#"/inference","query":"","status":429"#)
    case .upload: line.contains(#""method":"PUT""#)
    case .submit: line.contains(#""event":"submission""#)
    case .poll: line.contains(#"/status","query""#)
    case .download: line.contains(#""event":"storage","#) && line.contains(#""method":"GET""#)
    }
  }
}

/// A small seeded generator (splitmix64).
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }
}
