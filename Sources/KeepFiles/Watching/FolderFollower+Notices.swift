internal import Glibc
internal import SystemPackage

extension FolderFollower {
  /// Watches a folder unless it is polled; whether it is to be looked into.
  func watch(_ node: FolderNode) -> Bool {
    guard let inotify, !node.isPolled else { return true }
    let number: Int32
    do throws(Errno) {
      number = try inotify.watch(node.path, followsLinks: node === tree)
    } catch {
      if error == .noSpace {
        pollAll("the system gives no more inotify watches; raise fs.inotify.max_user_watches with sysctl")
      } else if error == .noMemory {
        pollAll("the system has no memory for more inotify watches")
      }
      return true  // opening it tells what else is wrong
    }
    if let other = nodes[number], other !== node {
      // One folder at two places at once (a bind mount) is looked into at one of them.
      guard !isInPlace(other) else { return false }
      other.watch = nil
    }
    if let old = node.watch, old != number { unwatch(node) }
    node.watch = number
    nodes[number] = node
    return true
  }

  func unwatch(_ node: FolderNode) {
    guard let watch = node.watch else { return }
    node.watch = nil
    guard nodes[watch] === node else { return }
    nodes[watch] = nil
    inotify?.remove(watch)
  }

  private func isInPlace(_ node: FolderNode) -> Bool {
    var status = stat()
    return node.path.withPlatformString { lstat($0, &status) } == 0 && FolderIdentity(status) == node.identity
  }

  /// Decides whether a folder is polled: what lies in one that is, and where a file system of another machine begins.
  func settleHow(_ node: FolderNode) {
    guard !node.isPolled, let parent = node.parent else { return }
    if parent.isPolled {
      node.isPolled = true
    } else if node.identity.device != parent.identity.device {
      let kind = kind(node.path)
      if kind.isRemote { poll(node, kind.reason) }
    }
  }

  /// Polls a folder with all below it, and tells why.
  func poll(_ node: FolderNode, _ reason: String) {
    node.forEach { node in
      unwatch(node)
      node.isPolled = true
    }
    polled.append(node)
    tell(.polled(node.path, reason))
  }

  private func pollAll(_ reason: String) {
    guard let tree else { return }
    polled = []
    poll(tree, reason)
    inotify = nil
  }
}

extension FileSystemKind {
  /// Why a folder there is polled.
  var reason: String { "the file system (\(name)) does not tell what others change there" }
}
