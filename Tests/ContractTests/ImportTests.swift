import Testing

/// The arrow chart of the design: an import may skip layers, it never goes sideways or up, and each outside
/// package has one home.
@Suite struct ImportTests {
  /// What the language and the platform bring along.
  static let platform: Set<String> = ["Glibc", "Darwin", "Synchronization", "Dispatch"]

  /// Our own targets that each target may import.
  static let arrows: [String: Set<String>] = [
    "KeepModel": [],
    "KeepFiles": ["KeepModel"],
    "KeepTransport": ["KeepModel"],
    "KeepInput": ["KeepFiles", "KeepTransport", "KeepModel"],
    "KeepSubmit": ["KeepTransport", "KeepModel"],
    "KeepArchive": ["KeepFiles", "KeepTransport", "KeepModel"],
    "KeepLedger": ["KeepModel"],
    "KeepHTTP": ["KeepTransport", "KeepModel"],
    "KeepPipeline": [
      "KeepInput", "KeepSubmit", "KeepArchive", "KeepLedger", "KeepFiles", "KeepTransport", "KeepModel",
    ],
    "KeepSimulator": ["KeepModel"],
    "comfykeep": ["KeepPipeline", "KeepSimulator", "KeepHTTP", "KeepTransport", "KeepModel"],
  ]

  /// Where an outside module may be imported.
  enum Home {
    /// Anywhere in these targets.
    case targets(Set<String>)
    /// In these files alone.
    case files(Set<String>)
  }

  /// What of the library knows which package serves HTTP.
  static let servers: Set<String> = [
    "KeepPipeline/CallerChannel.swift", "KeepPipeline/WebhookListener.swift",
    "KeepPipeline/DashboardServer.swift",
  ]

  static let outside: [String: [Home]] = [
    "SystemPackage": [.targets(Set(arrows.keys))],
    "Logging": [.targets(["KeepSimulator", "KeepPipeline", "comfykeep"])],
    "Foundation": [.files(["KeepLedger/Blob.swift"])],
    "Crypto": [.files(["KeepModel/ChecksumHasher.swift", "KeepModel/NamedUUID.swift"])],
    "CZlib": [.targets(["KeepFiles", "KeepSimulator"])],
    "CCurl": [.targets(["KeepHTTP"])],
    "GRDB": [.targets(["KeepLedger"])],
    "Yams": [.files(["KeepPipeline/RecipeParser.swift"])],
    "Hummingbird": [.targets(["KeepSimulator"]), .files(servers)],
    "HummingbirdCore": [.targets(["KeepSimulator"]), .files(servers)],
    "HTTPTypes": [.targets(["KeepSimulator"]), .files(servers)],
    "NIOCore": [.targets(["KeepSimulator"]), .files(servers)],
    "NIOHTTPTypes": [.files(servers)],
    "ServiceLifecycle": [.targets(["KeepSimulator"])],
    "ArgumentParser": [.targets(["comfykeep"])],
  ]

  /// Why an import is not allowed; `nil` if it is.
  static func objection(to module: String, in file: SourceFile) -> String? {
    if platform.contains(module) || arrows[file.target]?.contains(module) == true { return nil }
    let place = "\(file.target)/\(file.name)"
    guard let homes = outside[module] else {
      return "\(file.path) imports \(module), which \(file.target) may not know"
    }
    let isAtHome = homes.contains { home in
      switch home {
      case .targets(let targets): targets.contains(file.target)
      case .files(let files): files.contains(place)
      }
    }
    return isAtHome ? nil : "\(file.path) imports \(module), whose home is \(homes)"
  }

  @Test func everyImportFollowsTheArrows() throws {
    let files = try Repository.swiftFiles(under: "Sources")
    #expect(!files.isEmpty)
    let objections = files.flatMap { file in
      file.imports.compactMap { Self.objection(to: $0, in: file) }
    }
    #expect(objections.isEmpty, "\(objections.joined(separator: "\n"))")
  }

  @Test func everyTargetHasItsArrows() throws {
    let targets = Set(try Repository.swiftFiles(under: "Sources").map(\.target))
    #expect(targets.subtracting(Self.arrows.keys).isEmpty)
  }

  @Test func noArrowLeadsBack() {
    for (target, known) in Self.arrows {
      for neighbour in known {
        #expect(Self.arrows[neighbour]?.contains(target) == false, "\(target) and \(neighbour)")
      }
    }
  }

  @Test(arguments: [
    ("KeepArchive/Sweep.swift", "import KeepLedger"),
    ("KeepSimulator/Answers.swift", "package import KeepSubmit"),
    ("KeepModel/Asset.swift", "import Foundation"),
    ("KeepModel/Asset.swift", "@preconcurrency internal import Crypto"),
    ("KeepHTTP/Engine.swift", "internal import FoundationNetworking"),
    ("KeepPipeline/Batch.swift", "import struct GRDB.Row"),
    ("KeepPipeline/Batch.swift", "public import Hummingbird"),
    ("KeepFiles/CRC32.swift", "import KeepFiles_private.Part"),
  ])
  func aForbiddenImportIsFound(_ file: String, _ line: String) {
    let file = SourceFile(path: "Sources/\(file)", text: "/// Text\n\(line)\n")
    #expect(file.imports.count == 1)
    #expect(file.imports.compactMap { Self.objection(to: $0, in: file) }.count == 1)
  }
}
