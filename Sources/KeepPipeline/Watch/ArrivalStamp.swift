import KeepFiles

extension FileState {
  /// What is written into the ledger to know a state of a file by. The number of the file system is not in it: after a
  /// restart a network share may have another.
  var mark: String {
    "\(stamp.inode).\(stamp.size).\(stamp.modifiedSeconds).\(stamp.modifiedNanoseconds)"
      + ".\(changedSeconds).\(changedNanoseconds)"
  }
}
