import KeepTestKit
import SystemPackage
import Testing

/// Files written in every way that people and programs write them, while the watch is killed and started again: each
/// content is submitted once and whole, or not at all where it was never whole.
///
/// Up to 150 files and three kills, or with `COMFYKEEP_LONG_TESTS=1` 1,000 files, one of them of 1 GiB, and ten kills.
@Suite(.serialized, .timeLimit(.minutes(60))) struct WatchTortureTests {
  @Test func withTheSystemsEventsAndFilesThatAreMoved() throws {
    try Torture("inotify, move", movesFiles: true, shortFiles: 150, seed: 1) { disk, _ in
      .init(roots: [disk("drop").string])
    }.play()
  }

  @Test func byPollingAndFilesThatAreLeft() throws {
    try Torture("polling, leave", movesFiles: false, options: ["--poll", "--poll-every", "200ms"], seed: 2) {
      disk, _ in
      .init(roots: [disk("drop").string])
    }.play()
  }

  @Test func inTwoFoldersOnDiskAndInMemory() throws {
    try Torture("disk and tmpfs, move", movesFiles: true, seed: 3) { disk, memory in
      .init(roots: [disk("drop").string, memory("drop").string])
    }.play()
  }

  @Test(.enabled(if: SmallDisk.canMount, "needs the right to mount")) func inAFolderWithAMountInIt() throws {
    let disk = try SmallDisk("size=64m")
    try Torture("a mount in the folder, leave", movesFiles: false, shortFiles: 60, seed: 4) { _, _ in
      .init(roots: [disk.folder.path.string], targets: [disk.folder.path.string, disk.path.string])
    }.play()
  }
}
