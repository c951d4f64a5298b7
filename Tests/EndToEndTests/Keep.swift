import Foundation
import KeepTestKit
import SystemPackage
import Testing

/// An archive with a few kept runs, for commands that read bundles.
struct Keep {
  let service: Service
  let archive: TemporaryFolder
  let bundles: [String]

  /// Keeps one run for each of `count` photos.
  init(_ count: Int, _ options: String..., deployment: String = Service.Deployment.image) throws {
    service = try Service()
    archive = try TemporaryFolder()
    let photos = try SamplePhotos.folder(count)
    let run = try service.program.run(
      [
        "run", photos.path.string, "--deployment", deployment, "--archive", archive.path.string, "--json",
        "--poll-interval", "20ms",
      ] + options)
    try #require(run.status == 0, "\(run.errors)")
    bundles = run.bundles.sorted()
    try #require(bundles.count == count)
  }

  /// The command, without service and token.
  func run(_ arguments: String..., launcher: [String] = []) throws -> Program.Result {
    try Program().run(arguments, launcher: launcher)
  }

  /// Flips a bit in the middle of a bundle's picture.
  static func damage(_ path: String) throws {
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let place = try #require(bytes.range(of: Data("IDAT".utf8)))
    bytes[place.upperBound + 4] ^= 1
    try bytes.write(to: URL(fileURLWithPath: path))
  }
}
