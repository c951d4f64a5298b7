import Foundation
import KeepTestKit
import SystemPackage
import Testing

/// Crash points are for tests: what is built for users cannot be killed by its environment.
@Suite struct CrashPointTests {
  @Test(arguments: [true, false]) func onlyADebugBuildListensToTheEnvironment(_ isDebug: Bool) throws {
    let folder = try TemporaryFolder()
    let source = SamplePhotos.samples.deletingLastPathComponent()
      .appendingPathComponent("Sources/KeepFiles/CrashPoint.swift").path
    let built = try Judges.run(
      "/usr/bin/env",
      [
        "swiftc", "-O", "-swift-version", "6", "-parse-as-library", "-package-name", "comfykeep",
        "-module-name", "KeepFiles",
      ]
        + (isDebug ? ["-D", "DEBUG"] : []) + ["-emit-object", source, "-o", folder("point.o").string])
    try #require(built.status == 0, "\(built.output)")
    let bytes = Data(try folder.read("point.o"))
    for trace in ["COMFYKEEP_CRASH_POINT", "getenv", "getpid"] {
      #expect((bytes.range(of: Data(trace.utf8)) != nil) == isDebug, "\(trace)")
    }
  }
}
