import Foundation
import Glibc
import KeepFiles
import KeepModel
import KeepTestKit
import Synchronization
import SystemPackage
import Testing

/// What only a source does that the kernel tells.
@Suite(.timeLimit(.minutes(3))) struct InotifySourceTests {
  private static let never = WatchTimes(
    poll: .milliseconds(5), safetyRescan: .seconds(86_400), lookAgain: .milliseconds(5))

  private static func setting(_ name: String) -> Int? {
    let text = try? FileReader.bytes(of: FilePath("/proc/sys/fs/inotify/\(name)"), limit: ByteCount(64))
    return text.flatMap { Int(String(decoding: $0.dropLast(), as: UTF8.self)) }
  }

  @Test func lostEventsAreMadeUpForByAScan() async throws {
    guard let most = Self.setting("max_queued_events"), most <= 65_536 else {
      print("lostEventsAreMadeUpForByAScan: passed over, the kernel's queue is too long")
      return
    }
    let folder = try TemporaryFolder()
    for name in ["in/0", "in/1"] { try folder.write([], to: name) }
    let (log, isHeld, goesOn) = (NewsLog(), Signal(), Signal())
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        try await InotifySource(WatchedFolders([folder("in")]), times: Self.never).run { news in
          log.add(news)
          isHeld.fire()
          await goesOn.wait()
        }
      }
      await isHeld.wait()
      // Besides what is held, one piece of news can wait, the end of the scan; with the next no event is read any more.
      try folder.write([1], to: "in/2")
      // The kernel joins equal events only where they follow each other.
      let both = ["in/0", "in/1"].map { folder($0).string }
      for number in 0..<most + 40_000 {
        let file = open(both[number % 2], O_WRONLY)
        close(file)
      }
      // Of these no event is left.
      try folder.write([1], to: "in/sub/late")
      try folder.write([1], to: "in/late")
      goesOn.fire()
      try await log.waitForAll(in: folder("in"))
      try await log.wait { $0.scans(of: folder("in")) >= 2 }
      try folder.write([1], to: "in/sub/later")
      try await log.waitForAll(in: folder("in"))
      group.cancelAll()
      try await group.waitForAll()
    }
    #expect(log.told.files.count == 6)
  }

  @Test func pollsAndSaysWhyWhenWatchesRunOut() async throws {
    let folder = try TemporaryFolder()
    for number in 0..<10 { try folder.write([1], to: "in/\(number)/a") }
    let folders = WatchedFolders([folder("in")])
    try await following(InotifySource(folders, times: Self.never, limits: InotifyLimits(watches: 8))) { log in
      try await log.waitForAll(in: folder("in"))
      try folder.write([1], to: "in/9/b")
      try folder.write([1], to: "in/0/b")
      try await log.waitForAll(in: folder("in"))
      let reason = "the system gives no more inotify watches; raise fs.inotify.max_user_watches with sysctl"
      #expect(log.told.others.first == .polled(folder("in"), reason))
      #expect(log.told.others.dropFirst().allSatisfy { $0 == .scanned(folder("in")) })
    }
  }

  @Test func sourcesThatWereEndedLeaveNoInstances() async throws {
    guard let most = Self.setting("max_user_instances"), most <= 1024 else {
      print("sourcesThatWereEndedLeaveNoInstances: passed over, the kernel gives too many")
      return
    }
    let folder = try TemporaryFolder()
    let roots = (0..<16).map { folder("in-\($0)") }
    for root in roots { try folder.write([1], to: "\(root.lastComponent?.string ?? "")/a") }
    for _ in 0..<most / roots.count + 1 {
      try await following(InotifySource(WatchedFolders(roots))) { log in
        try await log.wait { $0.others.count >= roots.count }
        #expect(Set(log.told.others.map { "\($0)" }) == Set(roots.map { "\(FolderNews.scanned($0))" }))
      }
    }
  }

  @Test func endsWhileItsNewsWait() async throws {
    let folder = try TemporaryFolder()
    for number in 0..<1100 { try folder.write([], to: "in/\(number)") }
    for isPolling in [false, true] {
      let isHeld = Signal()
      await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          let folders = WatchedFolders([folder("in"), folder.path])
          try await FolderSources.source(for: folders, polls: isPolling).run { _ in
            isHeld.fire()
            try? await Task.sleep(for: .seconds(3600))  // until it is cancelled
          }
        }
        await isHeld.wait()
        group.cancelAll()
      }
    }
  }

  @Test func theSafetyRescanTellsWhatNoEventDid() async throws {
    let folder = try TemporaryFolder()
    let times = WatchTimes(safetyRescan: .milliseconds(5))
    try folder.write([1], to: "in/a")
    try await following(InotifySource(WatchedFolders([folder("in")]), times: times)) { log in
      try await log.wait { $0.scans(of: folder("in")) >= 3 }
      #expect(log.told.times == [folder("in/a"): 1])
    }
  }

  @Test func pollsWhatLiesOnAnotherMachineAlone() async throws {
    let (one, other) = (try TemporaryFolder(), try TemporaryFolder())
    let share = other.path
    let folders = WatchedFolders(
      [one.path, share], kind: { FileSystemKind(name: $0 == share ? "nfs4" : "ext4") })
    try await following(FolderSources.source(for: folders, polls: false, times: Self.never)) { log in
      try await log.wait { $0.scans(of: one.path) == 1 && $0.scans(of: share) >= 3 }
      try one.write([1], to: "sub/a")
      try other.write([1], to: "sub/b")
      try await log.wait { Set($0.files.keys) == [one("sub/a"), other("sub/b")] }
      #expect(log.told.scans(of: one.path) == 1)
      let polled = log.told.others.filter { if case .polled = $0 { true } else { false } }
      #expect(polled == [.polled(share, "the file system (nfs4) does not tell what others change there")])
    }
  }

  @Test func pollsBelowWhereAShareIsMounted() async throws {
    let place = FilePath("/dev/shm")
    guard let device = FileStamp(of: "/dev")?.device, let below = FileStamp(of: place),
      below.device != device,
      access(place.string, W_OK) == 0
    else {
      print("pollsBelowWhereAShareIsMounted: passed over, nothing is mounted there")
      return
    }
    let share = place.appending("comfykeep-test-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(atPath: share.string) }
    try FileManager.default.createDirectory(atPath: share.string, withIntermediateDirectories: true)
    let folders = WatchedFolders(
      ["/dev"], excluding: { !share.starts(with: $0) && !$0.starts(with: share) },
      kind: { FileSystemKind(name: $0.starts(with: place) ? "9p" : "devtmpfs") })
    try await following(InotifySource(folders, times: Self.never)) { log in
      try await log.wait { $0.scans(of: "/dev") == 1 }
      let file = share.appending("a")
      try FileDescriptor.open(file, .writeOnly, options: .create, permissions: .ownerReadWrite).close()
      try await log.wait { $0.files[file] != nil }
      #expect(
        log.told.others == [
          .polled(place, "the file system (9p) does not tell what others change there"), .scanned("/dev"),
        ])
    }
  }

  @Test func tellsOnceWhatCannotBeReadAndTriesItAgain() async throws {
    guard geteuid() != 0 else {
      print("tellsOnceWhatCannotBeReadAndTriesItAgain: passed over, nothing is closed to the superuser")
      return
    }
    let folder = try TemporaryFolder()
    try folder.write([1], to: "in/closed/a")
    #expect(chmod(folder("in/closed").string, 0) == 0)
    try await following(InotifySource(WatchedFolders([folder("in")]), times: Self.never)) { log in
      try await log.wait { $0.scans(of: folder("in")) == 1 }
      #expect(log.told.others.first == .unreadable(folder("in/closed"), "permission denied"))
      #expect(chmod(folder("in/closed").string, 0o700) == 0)
      try await log.wait { Set($0.files.keys) == [folder("in/closed/a")] }
    }
  }

  @Test func tellsWhatLiesTooDeep() async throws {
    let folder = try TemporaryFolder()
    let deep = (0..<101).map { _ in "d" }.joined(separator: "/")
    try folder.write([1], to: "in/\(deep)/a")
    try folder.write([1], to: "in/\(deep.dropLast(2))/b")
    try await following(InotifySource(WatchedFolders([folder("in")]), times: Self.never)) { log in
      try await log.wait { $0.scans(of: folder("in")) == 1 }
      #expect(Array(log.told.files.keys) == [folder("in/\(deep.dropLast(2))/b")])
      #expect(
        log.told.others.first == .unreadable(folder("in/\(deep)"), "it lies more than 100 folders deep"))
    }
  }
}
