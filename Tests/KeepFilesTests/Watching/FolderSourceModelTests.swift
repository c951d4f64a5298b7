import Foundation
import Glibc
import KeepFiles
import KeepTestKit
import SystemPackage
import Testing

/// Whatever happens in a folder, and however fast, in the end the source has told what lies there.
@Suite(.timeLimit(.minutes(3))) struct FolderSourceModelTests {
  @Test(arguments: [1, 2, 3] as [UInt64], [false, true])
  func inTheEndAllIsToldAsItIs(_ seed: UInt64, _ polls: Bool) async throws {
    let folder = try TemporaryFolder()
    for name in ["in/a/b/1", "in/c/2", "out/d/3"] { try folder.write([1], to: name) }
    let folders = WatchedFolders([folder("in")])
    let times = WatchTimes(poll: .milliseconds(5), safetyRescan: .seconds(86_400))
    let source = FolderSources.source(for: folders, polls: polls, times: times)
    try await following(source) { log in
      var changes = RandomChanges(folder: folder, numbers: SeededNumbers(state: seed))
      for step in 1...600 {
        changes.change()
        if step % 97 == 0 { try await log.waitForAll(in: folder("in")) }
      }
      try await log.waitForAll(in: folder("in"))
      // Nothing that is told afterwards takes it back.
      try folder.write([1], to: "in/last/file")
      try await log.waitForAll(in: folder("in"))
      #expect(log.told.others.allSatisfy { $0 == .scanned(folder("in")) })
    }
  }
}

/// Makes, moves and removes files and folders in `in` and `out`.
private struct RandomChanges {
  let folder: TemporaryFolder
  var numbers: SeededNumbers

  /// Makes one change, or fails to.
  mutating func change() {
    let (there, new) = (anything(), anyFolder() + "/" + anyName())
    switch Int.random(in: 0..<16, using: &numbers) {
    case 0..<4: write(new)
    case 4: write(there)
    case 5: mkdir(path(new), 0o700)
    case 6: _ = try? folder.write([1], to: new + "/" + anyName() + "/" + anyName())
    case 7..<10: rename(path(there), path(new))
    case 10: rename(path(anyFolder()), path(new))
    case 11: link(path(there), path(new))
    case 12: symlink(path(there), path(new))
    case 13: unlink(path(there))
    case 14: if Bool.random(using: &numbers) { removeTree(there) }
    default: copyTree(anyFolder(), new)
    }
  }

  private func path(_ name: String) -> String { folder(name).string }

  private mutating func anyName() -> String {
    ["p", "q", "r\n", ".h", "s t", "ü", "v", "w"].randomElement(using: &numbers) ?? "p"
  }

  private mutating func write(_ name: String) {
    // Not through links, which lead to what is not to be seen.
    let count = Int.random(in: 0..<9, using: &numbers)
    guard
      let file = try? FileDescriptor.open(
        folder(name), .writeOnly, options: [.create, .truncate, .noFollow], permissions: .ownerReadWrite)
    else { return }
    _ = try? file.closeAfter { try file.writeAll(Array(repeating: 7, count: count)) }
  }

  private func all() -> [(name: String, isFolder: Bool)] {
    var found: [(name: String, isFolder: Bool)] = []
    var open = ["in", "out"]
    while let next = open.popLast() {
      for name in (try? FileManager.default.contentsOfDirectory(atPath: path(next)))?.sorted() ?? [] {
        let isFolder = FileKind(of: folder(next + "/" + name)) == .folder
        found.append((next + "/" + name, isFolder))
        if isFolder { open.append(next + "/" + name) }
      }
    }
    return found
  }

  private mutating func anything() -> String { all().randomElement(using: &numbers)?.name ?? "in/a" }

  private mutating func anyFolder() -> String {
    (all().filter(\.isFolder).map(\.name) + ["in", "in", "out"]).randomElement(using: &numbers) ?? "in"
  }

  private func removeTree(_ name: String) { try? FileManager.default.removeItem(atPath: path(name)) }

  private func copyTree(_ from: String, _ to: String) {
    guard all().count < 400, !to.hasPrefix(from) else { return }
    try? FileManager.default.copyItem(atPath: path(from), toPath: path(to))
  }
}
