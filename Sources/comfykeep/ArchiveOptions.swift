import ArgumentParser
import KeepModel
import KeepPipeline
import SystemPackage

/// Where the archive and its ledger lie.
struct ArchiveOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(RecipeKey.help("archive"), valueName: "DIR"))
  var archive: String?

  @Option(help: ArgumentHelp(RecipeKey.help("ledger"), valueName: "PATH"))
  var ledger: String?

  func validate() throws {
    guard archive?.isEmpty != true else { throw ValidationError("--archive names no folder") }
    guard ledger?.isEmpty != true else { throw ValidationError("--ledger names no file") }
  }

  var root: FilePath {
    archive.map { FilePath($0) } ?? Environment.path("COMFYKEEP_ARCHIVE")
      ?? Environment.home.appending("comfykeep")
  }

  /// With what a recipe says where neither flags nor environment do.
  func filled(from recipe: Recipe) -> ArchiveOptions {
    var filled = self
    if Environment.path("COMFYKEEP_ARCHIVE") == nil { filled.archive = archive ?? recipe.archive?.string }
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
