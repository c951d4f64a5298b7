import Foundation
import Testing

/// What git tracks.
@Suite(.enabled(if: Repository.isCheckout, "only a git checkout knows what is tracked"))
struct RepositoryTests {
  @Test func theTopLevelStaysSmall() throws {
    let allowed: Set<String> = ["Package.swift", "Sources", "Tests", "Samples", "README.md"]
    let names = Set(try Repository.tracked().map(\.topLevel)).filter { !$0.hasPrefix(".") }
    #expect(names.subtracting(allowed).isEmpty)
  }

  @Test func whatStartsWithAnInterpreterMayBeRun() throws {
    for entry in try Repository.tracked() {
      let start = try Repository.bytes(of: entry.path).prefix(2)
      #expect(entry.isExecutable == (start == Data("#!".utf8)), "\(entry.path)")
    }
  }

  @Test func noTrackedFileIsLargerThanOneMebibyte() throws {
    for entry in try Repository.tracked() {
      #expect(try Repository.bytes(of: entry.path).count <= 1 << 20, "\(entry.path)")
    }
  }

  @Test func nothingBuiltOrDownloadedIsTracked() throws {
    let built: Set<Substring> = [".build", ".venv", "__pycache__", ".swiftpm", "Package.resolved"]
    for entry in try Repository.tracked() {
      #expect(built.isDisjoint(with: entry.path.split(separator: "/")), "\(entry.path)")
    }
  }

  @Test func noFileNamesAFolderOfSomeonesMachine() throws {
    for entry in try Repository.tracked() {
      guard let text = String(data: try Repository.bytes(of: entry.path), encoding: .utf8) else { continue }
      #expect(Self.machinePath(in: text) == nil, "\(entry.path)")
    }
  }

  /// The first absolute path into a folder that only one machine has.
  static func machinePath(in text: String) -> Substring? {
    let folders = ["work", "root", "home", "Users"].map { "/\($0)/" }
    for folder in folders {
      for range in text.ranges(of: folder) {
        let before = text[..<range.lowerBound].last ?? " "
        // `example.org/home/` and `a/root/b` are no places on this disk.
        if !before.isLetter && !before.isNumber && !"._-~}/)".contains(before) { return text[range] }
      }
    }
    return nil
  }

  @Test func aMachinePathIsFoundAndAnAddressIsNot() {
    let slash = "/"
    #expect(Self.machinePath(in: "see \(slash)home\(slash)ann/photos") != nil)
    #expect(Self.machinePath(in: "\"\(slash)root\(slash).ssh\"") != nil)
    #expect(Self.machinePath(in: "https://example.org/home/page") == nil)
    #expect(Self.machinePath(in: "${folder}/root/a") == nil)
  }
}
