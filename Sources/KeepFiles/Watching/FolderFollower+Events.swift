internal import Glibc
internal import SystemPackage

extension FolderFollower {
  /// The names in one folder that events were about.
  private struct Touched {
    let node: FolderNode
    var names: [[UInt8]] = []
    /// By name, whether a folder may have come there by a move, with watches that are older than its place.
    var isMoved: [[UInt8]: Bool] = [:]

    mutating func add(_ name: [UInt8], isMoved: Bool) {
      if self.isMoved[name] == nil { names.append(name) }
      self.isMoved[name, default: false] = self.isMoved[name, default: false] || isMoved
    }
  }

  /// Looks at what events were about, each name once.
  func handle(_ events: [InotifyEvent]) {
    var (touched, places): ([Touched], [ObjectIdentifier: Int]) = ([], [:])
    func touch(_ node: FolderNode, _ name: [UInt8], isMoved: Bool) {
      if places[ObjectIdentifier(node)] == nil {
        places[ObjectIdentifier(node)] = touched.count
        touched.append(Touched(node: node))
      }
      if let place = places[ObjectIdentifier(node)] { touched[place].add(name, isMoved: isMoved) }
    }
    var (areLost, isPlaceInDoubt) = (false, false)
    for event in events {
      if event.has(IN_Q_OVERFLOW) { areLost = true }
      if placesAbove.contains(event.watch) { isPlaceInDoubt = true }
      guard let node = nodes[event.watch] else { continue }
      if event.has(IN_IGNORED) { unwatch(node) }
      if !event.name.isEmpty {
        touch(node, event.name, isMoved: event.has(IN_MOVED_TO))
      } else if node === tree {
        isPlaceInDoubt = isPlaceInDoubt || event.has(IN_IGNORED, IN_DELETE_SELF, IN_MOVE_SELF, IN_UNMOUNT)
      } else if event.has(IN_IGNORED), let parent = node.parent {
        touch(parent, node.name, isMoved: true)
      }
    }
    if isPlaceInDoubt { lookAtPlace() }
    guard isAttached, let tree else { return }
    if areLost { return scanAll(tree) }
    for touched in touched where isAttached && !touched.node.isDropped { look(at: touched) }
  }

  private func look(at touched: Touched) {
    let node = touched.node
    do throws(Errno) {
      let folder = try OpenFolder(node.path, followsLinks: node === tree)
      // Another folder lies there by now; what is above tells of it.
      guard folder.identity == node.identity else { return }
      for name in touched.names where !handover.isStopped {
        let below = FolderName(name).withBytes { bytes in
          see(bytes, in: node, folder, isNew: touched.isMoved[name] == true)
        }
        if let below { scan([below]) }
      }
    } catch {
      guard ![.noSuchFileOrDirectory, .notDirectory, .tooManySymbolicLinkLevels].contains(error) else {
        return
      }
      scanSoon()  // what the events told is not known now
    }
  }
}
