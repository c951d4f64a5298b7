import KeepModel

@testable import KeepInput

extension ArchiveStore {
  /// Another size from which on files go in parts, of the smallest size that stores take.
  func sendingInParts(from limit: ByteCount, of size: ByteCount) -> ArchiveStore {
    var changed = self
    changed.store.singleLimit = limit
    changed.store.partSize = size
    return changed
  }
}
