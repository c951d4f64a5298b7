import ArgumentParser
import KeepModel
import KeepPipeline
import SystemPackage

/// Where the archive and its ledger lie.
struct ArchiveOptions: ParsableArguments {
  @Option(
    name: .customLong("archive"),
    help: ArgumentHelp(
      RecipeKey.help("archive") + " Given again as s3://BUCKET/PREFIX: where bundles are put from there.",
      valueName: "DIR"))
  var places: [String] = []

  @Option(help: ArgumentHelp(RecipeKey.help("ledger"), valueName: "PATH"))
  var ledger: String?

  func validate() throws {
    guard !places.contains("") else { throw ValidationError("--archive names no folder") }
    guard ledger?.isEmpty != true else { throw ValidationError("--ledger names no file") }
    if let other = places.first(where: { $0.contains("://") && !Self.isStore($0) }) {
      let scheme = Terminal.safe(String(other.prefix { $0 != ":" }))
      throw ValidationError("--archive takes a folder or s3://BUCKET/PREFIX, and no \(scheme)://")
    }
    if let other = places.first(where: { $0.lowercased().hasPrefix("s3:") && !Self.isStore($0) }) {
      throw ValidationError(
        "--archive \(Terminal.safe(other)): for a store write s3://BUCKET/PREFIX, for a folder ./\(Terminal.safe(other))"
      )
    }
    guard places.count(where: Self.isStore) <= 1, places.count(where: { !Self.isStore($0) }) <= 1 else {
      throw ValidationError("--archive takes one folder and one s3://BUCKET/PREFIX")
    }
    guard Environment["COMFYKEEP_ARCHIVE"]?.contains("://") != true else {
      throw ValidationError("COMFYKEEP_ARCHIVE names a folder; s3://BUCKET/PREFIX is for --archive")
    }
  }

  private static func isStore(_ place: String) -> Bool { place.lowercased().hasPrefix("s3://") }

  private var folder: String? { places.first { !Self.isStore($0) } }

  /// The store of objects that bundles are put into.
  var store: String? { places.first(where: Self.isStore) }

  var root: FilePath {
    folder.map { FilePath($0) } ?? Environment.path("COMFYKEEP_ARCHIVE")
      ?? Environment.home.appending("comfykeep")
  }

  /// With what a recipe says where neither flags nor environment do.
  func filled(from recipe: Recipe) -> ArchiveOptions {
    var filled = self
    if folder == nil, Environment.path("COMFYKEEP_ARCHIVE") == nil, let named = recipe.archive {
      filled.places.append(named.string)
    }
    filled.ledger = ledger ?? recipe.ledger?.string
    return filled
  }

  /// The archive for looking only; `nil` where there is none, and none is made.
  func openIfThere() async throws -> Archive? {
    do {
      return try await open(for: .reading)
    } catch let error as KeepError where error.code == .usage {
      return nil
    }
  }

  func open(for purpose: Archive.Purpose) async throws -> Archive {
    try await Archive(
      at: root, ledger: ledger.map { FilePath($0) }, for: purpose, now: SystemTime.now)
  }
}
