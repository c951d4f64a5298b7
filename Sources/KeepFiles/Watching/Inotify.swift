internal import Glibc
internal import SystemPackage

/// What may be asked of the kernel, so that its own limits can be met in a test.
package struct InotifyLimits: Sendable {
  /// Whether an instance can be had.
  package var hasInstances: Bool
  /// How many folders each instance may watch.
  package var watches: Int

  /// As much as the kernel gives, unless less is named.
  package init(hasInstances: Bool = true, watches: Int = .max) {
    self.hasInstances = hasInstances
    self.watches = watches
  }
}

/// An inotify instance: one queue of events for many folders.
final class Inotify {
  let descriptor: FileDescriptor
  private let limits: InotifyLimits
  private var watches: Set<Int32> = []
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 * 1024, alignment: 16)

  /// Opens one.
  ///
  /// - Throws: `Errno`, such as `EMFILE` when the user has as many as are allowed.
  init(_ limits: InotifyLimits) throws(Errno) {
    let number = limits.hasInstances ? inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC)) : -1
    guard number >= 0 else {
      buffer.deallocate()
      throw limits.hasInstances ? Errno(rawValue: errno) : .tooManyOpenFiles
    }
    self.descriptor = FileDescriptor(rawValue: number)
    self.limits = limits
  }

  deinit {
    buffer.deallocate()
    try? descriptor.close()  // ends all watches; there is nothing to lose
  }

  /// Watches a folder for files that come, go or are closed after writing, or watches it anew; returns its number,
  /// the same one for the same folder by whatever path.
  ///
  /// - Throws: `Errno`; `ENOSPC` when there are as many watches as are allowed.
  func watch(_ folder: FilePath, followsLinks: Bool) throws(Errno) -> Int32 {
    // Not `IN_MODIFY`, of which one large copy makes thousands.
    try add(
      folder,
      IN_CLOSE_WRITE, IN_MOVED_TO, IN_MOVED_FROM, IN_CREATE, IN_DELETE, IN_ATTRIB, IN_DELETE_SELF,
      IN_MOVE_SELF,
      IN_EXCL_UNLINK, followsLinks ? 0 : IN_DONT_FOLLOW)
  }

  /// Watches only whether a folder itself is moved or removed.
  ///
  /// - Throws: `Errno`.
  func watchPlace(of folder: FilePath) throws(Errno) -> Int32 {
    try add(folder, IN_DELETE_SELF, IN_MOVE_SELF)
  }

  private func add(_ folder: FilePath, _ bits: Int32...) throws(Errno) -> Int32 {
    let mask = (bits + [IN_ONLYDIR]).reduce(0) { $0 | UInt32(bitPattern: $1) }
    let number = folder.withPlatformString { inotify_add_watch(descriptor.rawValue, $0, mask) }
    guard number >= 0 else { throw Errno(rawValue: errno) }
    watches.insert(number)
    guard watches.count <= limits.watches else {
      remove(number)
      throw .noSpace
    }
    return number
  }

  /// Ends a watch.
  func remove(_ watch: Int32) {
    guard watches.remove(watch) != nil else { return }
    _ = inotify_rm_watch(descriptor.rawValue, watch)  // it may have ended by itself
  }

  /// What happened since the last call, as much as fits into the buffer; empty when nothing did.
  func events() -> [InotifyEvent] {
    let count = read(descriptor.rawValue, buffer.baseAddress, buffer.count)
    let events = InotifyEvent.parse(UnsafeRawBufferPointer(rebasing: buffer[..<max(0, count)]))
    for event in events where event.has(Int32(IN_IGNORED)) { watches.remove(event.watch) }
    return events
  }
}
