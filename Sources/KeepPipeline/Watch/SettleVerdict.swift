import KeepFiles

/// What a look at a file came to.
enum SettleVerdict: Sendable, Hashable {
  /// It is looked at again later.
  case wait
  /// Nobody is at it any more, and it has been in this state for long enough.
  case settled(FileStamp)
  /// It was not whole, has not changed for as long as is waited at most, and is given up, with the reason.
  case incomplete(FileStamp, String)
  /// There is no such file any more.
  case gone
}
