internal import Dispatch
internal import Glibc
internal import KeepModel
internal import SystemPackage

/// Follows one watched folder with all that is below it, on a thread of its own.
///
/// Whatever wakes it (the kernel's event, time, a change of mounts) is a reason to look and nothing more: the look
/// decides, compared with what was told last, so an event too many or a scan in its place changes nothing.
final class FolderFollower {
  let path: FilePath
  let excluded: @Sendable (FilePath) -> Bool
  let kind: @Sendable (FilePath) -> FileSystemKind
  private let times: WatchTimes
  /// What may be asked of inotify; `nil` to poll.
  private let limits: InotifyLimits?
  let handover: NewsHandover

  /// The watched folder; kept while it is lost, for what is known of its files.
  var tree: FolderNode?
  /// Whether the folder was there at the last look.
  private(set) var isAttached = false
  private var isLost = false
  var inotify: Inotify?
  /// The folders by the numbers of their watches.
  var nodes: [Int32: FolderNode] = [:]
  /// The watches of the folders above.
  var placesAbove: Set<Int32> = []
  /// The folders that are polled, none below another.
  var polled: [FolderNode] = []
  private var mounts = MountTable([])
  private let mountFile: FileDescriptor?
  private var sightings: [FolderSighting] = []
  private var nextScan = ContinuousClock.now
  private var nextPoll = ContinuousClock.now

  init(
    _ path: FilePath, _ folders: WatchedFolders, _ times: WatchTimes, _ limits: InotifyLimits?,
    _ handover: NewsHandover
  ) {
    self.path = path
    self.excluded = folders.excluded
    self.kind = folders.kind
    self.times = times
    self.limits = limits
    self.handover = handover
    // Without it a mount is found by the safety rescan.
    self.mountFile = try? FileDescriptor.open(MountTable.path, .readOnly, options: .closeOnExec)
  }

  deinit { try? mountFile?.close() }  // opened for reading: closing loses nothing

  /// Follows all folders until the task is cancelled, each on its thread.
  ///
  /// - Parameter limits: What may be asked of inotify; `nil` to poll.
  /// - Throws: ``KeepError`` with code `localIO` when the process has no descriptors left.
  static func follow(
    _ folders: WatchedFolders, _ times: WatchTimes, _ limits: InotifyLimits?,
    _ tell: @Sendable (FolderNews) async -> Void
  ) async throws(KeepError) {
    let handover = try NewsHandover(threads: folders.roots.count)
    for root in folders.roots {
      DispatchQueue(label: "comfykeep.watch").async {
        FolderFollower(root, folders, times, limits, handover).run()
        handover.end()
      }
    }
    await withTaskCancellationHandler {
      while let news = await handover.next() {
        if !Task.isCancelled { await tell(news) }
      }
    } onCancel: {
      handover.stop()
    }
  }

  /// Returns when the handover is stopped.
  private func run() {
    while !handover.isStopped {
      let isThere = isAttached || attach()
      let wake = wait(until: isThere ? deadline : .now + times.lookAgain)
      guard isThere, !handover.isStopped else { continue }
      if wake.hasEvents, let events = inotify?.events() { handle(events) }
      if wake.hasMounts { lookAtMounts() }
      if isAttached, ContinuousClock.now >= deadline { scanWhatIsDue() }
      flush()
    }
  }

  // MARK: Being there

  /// Looks for the folder and goes through it whole; whether it is there.
  private func attach() -> Bool {
    let folder: FolderIdentity
    do throws(Errno) {
      folder = try OpenFolder(path, followsLinks: true).identity
    } catch {
      lose(error.description.lowercased())
      return false
    }
    let tree = self.tree ?? FolderNode(path, folder)
    tree.identity = folder
    tree.forEach { ($0.watch, $0.isPolled, $0.isUnreadable) = (nil, false, false) }
    self.tree = tree
    isAttached = true
    if isLost {
      tell(.found(path))
      // Who heard that it was lost may have given its files up.
      tree.forEach { $0.memory.forgetStates() }
    }
    isLost = false
    mounts = touchingMounts()
    beginNotices(tree)
    scanAll(tree)
    return isAttached
  }

  private func beginNotices(_ tree: FolderNode) {
    forgetWatches()
    guard let limits else {
      tree.isPolled = true
      polled = [tree]
      return
    }
    let kind = kind(path)
    guard !kind.isRemote else { return poll(tree, kind.reason) }
    do throws(Errno) {
      inotify = try Inotify(limits)
    } catch {
      return poll(
        tree,
        "the system gives no more inotify instances: \(error.description.lowercased()); raise"
          + " fs.inotify.max_user_instances with sysctl")
    }
    var above = path
    while above.removeLastComponent(), let watch = try? inotify?.watchPlace(of: above) {
      placesAbove.insert(watch)  // those that cannot be had are made up for by the safety rescan
    }
  }

  private func forgetWatches() {
    inotify = nil
    nodes = [:]
    placesAbove = []
    polled = []
  }

  /// The folder is gone, or another lies in its place.
  func lose(_ reason: String) {
    forgetWatches()
    isAttached = false
    guard !isLost else { return }
    isLost = true
    tell(.lost(path, reason))
  }

  /// Whether the folder that is watched still lies at its path.
  private func isInPlace(_ tree: FolderNode) -> Bool {
    FileStatus.of(path).map { FolderIdentity($0) } == tree.identity && (tree.watch != nil || tree.isPolled)
  }

  func lookAtPlace() {
    if let tree, isAttached, !isInPlace(tree) { lose("was moved or removed") }
  }

  private func touchingMounts() -> MountTable {
    MountTable.now().touching(FileSystemKind.withoutLinks(path))
  }

  private func lookAtMounts() {
    let now = touchingMounts()
    guard let tree, isAttached, now != mounts else { return }
    mounts = now
    lookAtPlace()
    if isAttached { scanAll(tree) }
  }

  // MARK: Time

  private var deadline: ContinuousClock.Instant {
    polled.isEmpty ? nextScan : tree?.isPolled == true ? nextPoll : min(nextScan, nextPoll)
  }

  private func scanWhatIsDue() {
    guard let tree else { return }
    if tree.isPolled || ContinuousClock.now >= nextScan {
      lookAtPlace()
      if isAttached { scanAll(tree) }
    } else {
      for node in polled { scan([node]) }
      nextPoll = .now + times.poll
    }
  }

  /// Goes through the watched folder whole.
  func scanAll(_ tree: FolderNode) {
    nextScan = .now + times.safetyRescan
    scan([tree])
    guard isAttached, !handover.isStopped else { return }
    tell(.scanned(path))
    nextScan = min(nextScan, .now + times.safetyRescan)
    nextPoll = .now + times.poll
  }

  /// Has the whole folder scanned again before long, after a failure that passes.
  func scanSoon() { nextScan = min(nextScan, .now + times.lookAgain) }

  private func wait(until deadline: ContinuousClock.Instant) -> (hasEvents: Bool, hasMounts: Bool) {
    // No descriptor, -1, is passed over.
    var waits = [
      pollfd(fd: handover.stopped.rawValue, events: Int16(POLLIN), revents: 0),
      pollfd(fd: inotify?.descriptor.rawValue ?? -1, events: Int16(POLLIN), revents: 0),
      pollfd(fd: mountFile?.rawValue ?? -1, events: Int16(POLLPRI), revents: 0),
    ]
    let rest = max(.zero, deadline - .now) / Duration.milliseconds(1)
    Glibc.poll(&waits, nfds_t(waits.count), Int32(min(rest.rounded(.up), 86_400_000)))
    return (waits[1].revents != 0, waits[2].revents != 0)
  }

  // MARK: Telling

  func note(_ sighting: FolderSighting) {
    sightings.append(sighting)
    if sightings.count == 1000 { flush() }
  }

  func flush() {
    guard !sightings.isEmpty else { return }
    handover.put(.sightings(sightings))
    sightings = []
  }

  func tell(_ news: FolderNews) {
    flush()
    handover.put(news)
  }
}
