// swift-tools-version: 6.2
import PackageDescription

// The arrows below are the architecture: an import may skip layers, but never goes sideways or up.
// `Tests/run.sh` builds with `--explicit-target-dependency-import-check error`, and
// `Tests/ContractTests/ImportTests.swift` reads every `import` line.

/// Every target of ours is compiled alike: Swift 6 mode, and no warnings.
let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
]

let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let database: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let webServer: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let yaml: Target.Dependency = .product(name: "Yams", package: "Yams")

func target(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
  .testTarget(
    name: name, dependencies: dependencies, resources: resources, swiftSettings: settings)
}

let package = Package(
  name: "comfykeep",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "comfykeep", targets: ["comfykeep"]),
    .library(
      name: "KeepPipeline", targets: ["KeepPipeline", "KeepHTTP", "KeepTransport", "KeepModel"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // System modules
    .target(name: "CCurl", linkerSettings: [.linkedLibrary("curl")]),
    .target(name: "CZlib", linkerSettings: [.linkedLibrary("z")]),

    // 0: nouns. Values, no I/O, no clock
    target("KeepModel", [system, crypto]),

    // 1: the two doors
    target("KeepFiles", ["KeepModel", "CZlib", system]),
    target("KeepTransport", ["KeepModel"]),

    // 2: the three stages, the journal, and libcurl
    target("KeepInput", ["KeepFiles", "KeepTransport", "KeepModel", system]),
    target("KeepSubmit", ["KeepTransport", "KeepModel"]),
    target("KeepArchive", ["KeepFiles", "KeepTransport", "KeepModel", system]),
    target("KeepLedger", ["KeepModel", database, system]),
    target("KeepHTTP", ["KeepTransport", "KeepModel", "CCurl", system]),

    // 3: composition, and the counterpart
    target(
      "KeepPipeline",
      [
        "KeepInput", "KeepSubmit", "KeepArchive", "KeepLedger", "KeepFiles", "KeepTransport",
        "KeepModel", system, logging, yaml, webServer,
      ]),
    target("KeepSimulator", ["KeepModel", "CZlib", webServer, logging, system]),

    // 4: the command
    .executableTarget(
      name: "comfykeep",
      dependencies: [
        "KeepPipeline", "KeepSimulator", "KeepHTTP", "KeepTransport", "KeepModel", arguments, system,
        logging,
      ],
      swiftSettings: settings),

    // What Tests/Benchmarks/run.py measures beside the command itself
    .executableTarget(
      name: "comfykeep-bench", dependencies: ["KeepInput", "KeepTransport", "KeepModel", system],
      path: "Tests/Benchmarks/Bench", swiftSettings: settings),

    // Tests
    .target(
      name: "KeepTestKit", dependencies: ["KeepTransport", "KeepModel", system],
      path: "Tests/KeepTestKit", swiftSettings: settings),
    tests("KeepModelTests", ["KeepModel", system]),
    tests("KeepFilesTests", ["KeepFiles", "KeepModel", "KeepTestKit", system]),
    tests("KeepTransportTests", ["KeepTransport", "KeepModel", "KeepTestKit"]),
    tests(
      "KeepHTTPTests",
      ["KeepHTTP", "KeepTransport", "KeepModel", "KeepTestKit", "CCurl", system]),
    tests(
      "KeepInputTests",
      ["KeepInput", "KeepHTTP", "KeepFiles", "KeepTransport", "KeepModel", "KeepTestKit", system]),
    tests(
      "KeepSubmitTests", ["KeepSubmit", "KeepTransport", "KeepModel", "KeepTestKit", system]),
    tests(
      "KeepArchiveTests",
      ["KeepArchive", "KeepFiles", "KeepTransport", "KeepModel", "KeepTestKit", system],
      resources: [.copy("Fixtures")]),
    tests("KeepLedgerTests", ["KeepLedger", "KeepModel", "KeepTestKit", system, database]),
    tests(
      "KeepPipelineTests",
      [
        "KeepPipeline", "KeepLedger", "KeepTransport", "KeepModel", "KeepTestKit", system, database,
      ]),
    tests(
      "KeepSimulatorTests",
      ["KeepSimulator", "KeepModel", "KeepHTTP", "KeepTransport", "KeepTestKit", system]),
    tests("ContractTests", ["KeepTestKit"]),
    tests("EndToEndTests", ["KeepModel", "KeepTestKit", "comfykeep", system]),
  ]
)
