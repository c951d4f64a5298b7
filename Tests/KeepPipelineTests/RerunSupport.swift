import Glibc
import KeepModel
import KeepTestKit
import KeepTransport
import SystemPackage
import Testing

@testable import KeepPipeline

extension Bench {
  /// A larger photo, which travels outside the request's record: a PNG with a long comment.
  func largeAsset(name: String = "large.png") throws -> Asset {
    let whole = Pictures.png(9)
    let note = Pictures.chunk("tEXt", Array("note\0".utf8) + Array(repeating: 0x61, count: 80_000))
    let bytes = Array(whole.dropLast(12)) + note + Array(whole.suffix(12))
    let path = try folder.write(bytes, to: "photos/\(name)")
    return Asset(
      path: path, size: ByteCount(UInt64(bytes.count)), checksum: Checksum(of: bytes), mediaType: "image/png")
  }

  /// Keeps a run and gives its bundle; nothing of the photos is left.
  func bundle(
    of submission: Submission, _ configure: (inout Pipeline.Configuration) -> Void = { _ in }
  ) async throws -> FilePath {
    let bundle = try #require(try await run(submission, configure).bundle)
    for entry in submission.overrides.assets {
      entry.asset.path.withPlatformString { _ = unlink($0) }
    }
    return bundle
  }

  /// A wish to run bundles again.
  func wish(
    _ bundles: [FilePath], settings: [String] = [], assets: [String] = [], deployment: DeploymentID? = nil,
    sendsWorkflow: Bool = false
  ) -> RerunWish {
    RerunWish(
      bundles: bundles, deployment: deployment, sendsWorkflow: sendsWorkflow,
      changes: RunWish(deployment: "unused", assets: assets, settings: settings))
  }

  /// Plans reruns.
  func plan(
    _ wish: RerunWish, _ configure: (inout Pipeline.Configuration) -> Void = { _ in }
  ) async throws -> RerunPlan {
    try await pipeline(try await archive(), configure).planner.plan(wish, keptIn: root)
  }

  /// Opens an archive, plans, runs again, and closes it.
  func rerun(
    _ wish: RerunWish, stoppedBy interruption: Interruption? = nil,
    _ configure: (inout Pipeline.Configuration) -> Void = { _ in }
  ) async throws -> (outcomes: [SubmissionOutcome], comparisons: [RerunComparison?]) {
    let pipeline = try pipeline(try await archive(), stoppedBy: interruption ?? Interruption()) {
      configuration in
      configuration.concurrency = 1
      configure(&configuration)
    }
    let plan = try await pipeline.planner.plan(wish, keptIn: root)
    _ = try await pipeline.ready(plan, for: wish)
    let outcomes = try await pipeline.rerun(plan)
    return (outcomes, try plan.comparisons(of: outcomes).map { try $0?.get() })
  }

  /// The bodies of all submits so far.
  var bodies: [String] {
    transport.exchanges.filter { $0.request.url.path.hasSuffix("/inference") }
      .map { String(decoding: $0.body, as: UTF8.self) }
  }
}
