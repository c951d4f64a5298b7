internal import Glibc
internal import SystemPackage

/// What one folder is, by whatever path.
struct FolderIdentity: Hashable {
  let device: UInt64
  let inode: UInt64

  init(_ status: stat) {
    self.device = UInt64(status.st_dev)
    self.inode = UInt64(status.st_ino)
  }
}

/// A folder that is watched, by the path at which it was found; one that is moved is a new node.
final class FolderNode {
  let path: FilePath
  private(set) weak var parent: FolderNode?
  let depth: Int
  var identity: FolderIdentity
  /// The folders in it, by the bytes of their names.
  var children: [[UInt8]: FolderNode] = [:]
  /// What is known of its files.
  var memory = FolderMemory()
  /// The number of its watch; `nil` while it has none.
  var watch: Int32?
  /// Whether it is looked through every so often, with all below it.
  var isPolled = false
  /// Whether it was told that it cannot be read.
  var isUnreadable = false
  /// Whether the scan of the folder above has seen it.
  var wasSeen = true
  /// Whether it is no longer there, or no longer watched.
  var isDropped = false

  init(_ path: FilePath, _ identity: FolderIdentity, in parent: FolderNode? = nil) {
    self.path = path
    self.identity = identity
    self.parent = parent
    self.depth = parent.map { $0.depth + 1 } ?? 0
  }

  /// The bytes of its name.
  var name: [UInt8] { path.lastComponent.map { Array($0) } ?? [] }

  /// Calls a function with it and all below it, itself first.
  func forEach(_ body: (FolderNode) -> Void) {
    body(self)
    for child in children.values { child.forEach(body) }
  }
}

extension Array<UInt8> {
  /// The bytes of a name.
  init(_ name: FilePath.Component) {
    self = name.withPlatformString { Array(UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
  }
}
