import Foundation
import Glibc
import KeepFiles
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

/// What every source does, each by its own means.
@Suite(.timeLimit(.minutes(2))) struct FolderSourceTests {
  enum Means: CaseIterable { case notices, polling, noInstance, oneWatch }

  private func source(_ means: Means, _ folders: WatchedFolders) -> any FolderSource {
    // The system's notices have to do without scans.
    let times = WatchTimes(
      poll: .milliseconds(5), safetyRescan: .seconds(86_400), lookAgain: .milliseconds(5))
    return switch means {
    case .notices: InotifySource(folders, times: times)
    case .polling: PollingSource(folders, times: times)
    case .noInstance: InotifySource(folders, times: times, limits: InotifyLimits(hasInstances: false))
    case .oneWatch: InotifySource(folders, times: times, limits: InotifyLimits(watches: 1))
    }
  }

  private func follow(
    _ means: Means, _ folder: TemporaryFolder, _ body: @Sendable (NewsLog) async throws -> Void
  ) async throws {
    try await following(source(means, WatchedFolders([folder("in")])), body)
  }

  @Test(arguments: Means.allCases) func tellsWhatIsThereAndThenWhatComes(_ means: Means) async throws {
    let folder = try TemporaryFolder()
    for name in ["in/a", "in/sub/b", "in/sub/deep/c\n", "in/.hidden/d", "in/e.part"] {
      try folder.write([1], to: name)
    }
    try await follow(means, folder) { log in
      try await log.wait { $0.scans(of: folder("in")) > 0 }
      #expect(Set(log.told.files.keys) == Set(["in/a", "in/sub/b", "in/sub/deep/c\n"].map { folder($0) }))
      try folder.write([1, 2], to: "in/a")
      try folder.write([1], to: "in/new/at/once/f")
      try folder.write([1], to: "in/.g")
      try FileManager.default.removeItem(atPath: folder("in/sub/b").string)
      try FileManager.default.linkItem(atPath: folder("in/a").string, toPath: folder("in/sub/h").string)
      let files = filesThere(folder("in")).filter { $0.key != folder("in/e.part") }
      #expect(files.count == 4)
      try await log.wait { $0.files == files }
      #expect(log.told.files[folder("in/a")]?.size == 2)
    }
  }

  @Test(arguments: Means.allCases) func followsFoldersThatAreMoved(_ means: Means) async throws {
    let folder = try TemporaryFolder()
    for name in ["in/a/b/c/1", "in/d/2", "out/e/f/3", "in/4"] { try folder.write([1], to: name) }
    try await follow(means, folder) { log in
      try await log.waitForAll(in: folder("in"))
      for (from, to) in [("in/a/b", "in/d/b"), ("in/d", "in/a/g"), ("out/e", "in/e"), ("in/4", "in/a/4")] {
        #expect(rename(folder(from).string, folder(to).string) == 0)
      }
      try folder.write([1], to: "in/a/g/b/c/5")
      try folder.write([1], to: "in/e/f/6")
      try await log.waitForAll(in: folder("in"))
      #expect(log.told.files.count == 6)
      #expect(rename(folder("in/a/g").string, folder("out/g").string) == 0)
      try folder.write([1], to: "out/g/7")
      try await log.waitForAll(in: folder("in"))
      #expect(log.told.files.count == 3)
      #expect(rename(folder("out/g").string, folder("in/g").string) == 0)
      try folder.write([1], to: "in/g/b/c/8")
      try await log.waitForAll(in: folder("in"))
      #expect(log.told.files.count == 8)
    }
  }

  @Test(arguments: Means.allCases) func linksAndPipesAreNoFiles(_ means: Means) async throws {
    let folder = try TemporaryFolder()
    try folder.write([1], to: "in/a")
    try folder.write([1], to: "secret/b")
    for (name, target) in [("to-file", "a"), ("to-folder", "../secret"), ("up", ".."), ("broken", "none")] {
      #expect(symlink(target, folder("in/\(name)").string) == 0)
    }
    #expect(mkfifo(folder("in/pipe").string, 0o600) == 0)
    try await follow(means, folder) { log in
      try await log.wait { $0.scans(of: folder("in")) > 0 }
      #expect(Array(log.told.times.keys) == [folder("in/a")])
      // A file that becomes a link is gone, and so are those of a folder that does.
      try folder.write([1], to: "in/sub/c")
      try await log.waitForAll(in: folder("in"))
      for name in ["in/a", "in/sub"] {
        try FileManager.default.removeItem(atPath: folder(name).string)
        #expect(symlink(folder("secret").string, folder(name).string) == 0)
      }
      try await log.wait { $0.files.isEmpty }
      #expect(Set(log.told.times.keys) == [folder("in/a"), folder("in/sub/c")])
    }
  }

  @Test(arguments: Means.allCases) func tellsNoFileTwiceInOneState(_ means: Means) async throws {
    let folder = try TemporaryFolder()
    for number in 0..<1100 { try folder.write([], to: "in/\(number)") }
    try await follow(means, folder) { log in
      try await log.waitForAll(in: folder("in"))
      try folder.write([1], to: "in/last")
      try await log.waitForAll(in: folder("in"))
      #expect(log.told.times.values.count { $0 == 1 } >= 1100)
      #expect(log.told.largest == 1000)
    }
  }

  @Test(arguments: Means.allCases) func namesAreBytes(_ means: Means) async throws {
    let folder = try TemporaryFolder()
    try folder.write([1], to: "in/a")
    let names: [[CChar]] = [[-1, 0x0a, 0], [0x65, -2, -128, 0], [0x20, 0], [0x0a, 0]]
    let paths = try names.map { folder("in").appending(try #require(FilePath.Component(platformString: $0))) }
    try await follow(means, folder) { log in
      try await log.waitForAll(in: folder("in"))
      for path in paths {
        #expect(path.withPlatformString { mkdir($0, 0o700) } == 0)
        for below in paths {
          let file = path.appending(try #require(below.lastComponent))
          try FileDescriptor.open(file, .writeOnly, options: .create, permissions: .ownerReadWrite).close()
        }
      }
      try await log.waitForAll(in: folder("in"))
      #expect(log.told.files.count == 17)
    }
  }

  @Test(arguments: Means.allCases) func leavesOutWhatIsExcluded(_ means: Means) async throws {
    let folder = try TemporaryFolder()
    for name in ["in/done/a", "in/sub/done/b"] { try folder.write([1], to: name) }
    let done = folder("in/done")
    try await following(source(means, WatchedFolders([folder("in")], excluding: { $0 == done }))) { log in
      try await log.wait { $0.scans(of: folder("in")) > 0 }
      #expect(rename(folder("in/sub/done/b").string, folder("in/done/b").string) == 0)
      try folder.write([1], to: "in/c")
      try await log.wait { Set($0.files.keys) == [folder("in/c")] }
      #expect(log.told.times[folder("in/done/a")] == nil)
    }
  }

  @Test(arguments: Means.allCases) func looksAgainForAFolderThatIsLost(_ means: Means) async throws {
    let folder = try TemporaryFolder()
    try await follow(means, folder) { log in
      try await log.wait { $0.others.contains(.lost(folder("in"), "no such file or directory")) }
      try folder.write([1], to: "in/a")
      try folder.write([1], to: "in/b")
      try await log.waitForAll(in: folder("in"))
      #expect(rename(folder("in").string, folder("away").string) == 0)
      try await log.wait { $0.others.last == .lost(folder("in"), "was moved or removed") }
      #expect(log.told.files.count == 2)
      try folder.write([1], to: "in/b")
      try await log.waitForAll(in: folder("in"))
      try FileManager.default.removeItem(atPath: folder("in").string)
      try FileManager.default.createDirectory(atPath: folder("in").string, withIntermediateDirectories: true)
      try await log.waitForAll(in: folder("in"))
      try folder.write([1], to: "in/sub/c")
      try await log.waitForAll(in: folder("in"))
      #expect(log.told.others.count { $0 == .found(folder("in")) } >= 2)
    }
  }

  /// Whoever heard that a folder was lost may have given up its files: they are told again, changed or not.
  @Test(arguments: Means.allCases) func tellsTheFilesOfAFolderAgainThatCameBack(_ means: Means) async throws {
    let folder = try TemporaryFolder()
    try folder.write([1], to: "in/sub/a")
    try await follow(means, folder) { log in
      try await log.waitForAll(in: folder("in"))
      #expect(log.told.times[folder("in/sub/a")] == 1)
      #expect(rename(folder("in").string, folder("away").string) == 0)
      try await log.wait { $0.others.last == .lost(folder("in"), "was moved or removed") }
      #expect(rename(folder("away").string, folder("in").string) == 0)
      try await log.wait { $0.times[folder("in/sub/a")] == 2 }
    }
  }

  @Test func findsARootWhoseFolderAboveWasMoved() async throws {
    let folder = try TemporaryFolder()
    try folder.write([1], to: "above/more/in/a")
    let root = folder("above/more/in")
    try await following(source(.notices, WatchedFolders([root]))) { log in
      try await log.waitForAll(in: root)
      #expect(rename(folder("above").string, folder("aside").string) == 0)
      try await log.wait { $0.others.last == .lost(root, "was moved or removed") }
      try folder.write([1], to: "above/more/in/b")
      try await log.waitForAll(in: root)
    }
  }

  @Test func followsALinkThatWasNamed() async throws {
    let folder = try TemporaryFolder()
    try folder.write([1], to: "real/a")
    #expect(symlink("real", folder("in").string) == 0)
    try await follow(.notices, folder) { log in
      try await log.wait { Set($0.files.keys) == [folder("in/a")] }
      try folder.write([1], to: "real/b/c")
      try await log.wait { $0.files.keys.contains(folder("in/b/c")) }
    }
  }

  @Test func seesARewriteThatKeepsSizeAndTime() async throws {
    let folder = try TemporaryFolder()
    let file = try folder.write([1], to: "in/a")
    try await follow(.notices, folder) { log in
      try await log.waitForAll(in: folder("in"))
      let before = try #require(FileStamp(of: file))
      var times = [
        timespec(tv_sec: Int(before.modifiedSeconds), tv_nsec: Int(before.modifiedNanoseconds)),
        timespec(tv_sec: Int(before.modifiedSeconds), tv_nsec: Int(before.modifiedNanoseconds)),
      ]
      try folder.write([2], to: "in/a")
      #expect(utimensat(AT_FDCWD, file.string, &times, 0) == 0)
      #expect(FileStamp(of: file) == before)
      let after = try #require(FileState(ofFileAt: file))
      try await log.wait { $0.states[file] == after }
    }
  }
}
