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
      var changes = RandomChanges(root: folder.path.string, numbers: SeededNumbers(state: seed))
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
  let root: String
  var numbers: SeededNumbers

  /// Makes one change, or fails to.
  mutating func change() {
    let all = all()
    let folders = all.filter(\.isFolder).map(\.path) + ["in", "in", "out"].map { root + "/" + $0 }
    let there = all.randomElement(using: &numbers)?.path ?? root + "/in/a"
    let (from, to) = (any(folders), any(folders) + "/" + anyName())
    switch Int.random(in: 0..<16, using: &numbers) {
    case 0..<4: write(to)
    case 4: write(there)
    case 5: mkdir(to, 0o700)
    case 6:
      for below in ["", "/x", "/x/y", "/z"] { mkdir(to + below, 0o700) }
      for below in ["/p", "/x/y/q", "/z/r"] { write(to + below) }
    case 7..<10: rename(there, to)
    case 10 where !from.hasSuffix("/in") && !from.hasSuffix("/out"): rename(from, to)
    case 11: link(there, to)
    case 12: symlink(there, to)
    case 13: unlink(there)
    case 14 where !from.hasSuffix("/in") && !from.hasSuffix("/out"):
      try? FileManager.default.removeItem(atPath: from)
    case 15 where all.count < 200 && !to.hasPrefix(from):
      try? FileManager.default.copyItem(atPath: from, toPath: to)
    default: break
    }
  }

  private mutating func any(_ names: [String]) -> String {
    names.randomElement(using: &numbers) ?? root + "/in"
  }

  private mutating func anyName() -> String {
    any(["p", "q", "r\n", ".h", "s t", "ü", "v", "w"])
  }

  private mutating func write(_ path: String) {
    // Of what is written by a name outside, the kernel tells nothing inside.
    var status = stat()
    guard lstat(path, &status) != 0 || status.st_nlink < 2 else { return }
    // Not through links, which lead to what is not to be seen.
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { return }
    Glibc.write(file, "12345678", Int.random(in: 0...8, using: &numbers))
    close(file)
  }

  /// All that lies in the two folders, links not followed, in an order that does not change.
  private func all() -> [(path: String, isFolder: Bool)] {
    var found: [(path: String, isFolder: Bool)] = []
    var open = [root + "/in", root + "/out"]
    while let next = open.popLast(), let stream = opendir(next) {
      defer { closedir(stream) }
      while let entry = readdir(stream) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) {
          String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        guard name != ".", name != ".." else { continue }
        let isFolder = Int(entry.pointee.d_type) == Int(DT_DIR)
        found.append((next + "/" + name, isFolder))
        if isFolder { open.append(next + "/" + name) }
      }
    }
    return found.sorted { $0.path < $1.path }
  }
}
