import KeepFiles

extension FileState {
  /// What is written into the ledger to know a state of a file by. The number of the file system is not in it: after a
  /// restart a network share may have another.
  var mark: String { "\(identity).\(changedSeconds).\(changedNanoseconds)" }

  /// The part of it that a change of mode or of name leaves.
  var identity: String { "\(likeness).\(stamp.modifiedSeconds).\(stamp.modifiedNanoseconds)" }

  /// The part of it that another time leaves too.
  var likeness: String { "\(stamp.inode).\(stamp.size)" }

  /// Whether a file is the one of a mark, but for what a rename or a change of mode does to it.
  func isSameContent(as mark: String) -> Bool { mark.hasPrefix(identity + ".") }
}
