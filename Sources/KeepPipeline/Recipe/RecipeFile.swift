import KeepFiles
import KeepModel
public import SystemPackage

/// A recipe on disk.
public enum RecipeFile {
  /// The recipe in a file.
  ///
  /// - Parameter home: What `~/` stands for.
  /// - Throws: ``RecipeRefusal`` with everything that is wrong in it, each an error with code `usage`.
  public static func read(_ path: FilePath, home: FilePath?) throws(RecipeRefusal) -> Recipe {
    let file: FileReader
    do throws(KeepError) {
      file = try FileReader(path, code: .usage)
    } catch {
      throw RecipeRefusal([error])
    }
    return try read(file, home: home)
  }

  /// Reads a recipe that was opened.
  static func read(_ file: borrowing FileReader, home: FilePath?) throws(RecipeRefusal) -> Recipe {
    let path = file.path
    let bytes: [UInt8]
    do throws(KeepError) {
      bytes = try file.bytes(limit: RecipeText.maximumSize, code: .usage)
    } catch {
      throw RecipeRefusal([error])
    }
    let (recipe, findings) = RecipeReader.read(bytes, folder: path.removingLastComponent(), home: home)
    guard findings.isEmpty else { throw RecipeRefusal(findings.map { $0.error(in: path) }) }
    return recipe
  }
}
