/// How two outputs of one place, each of its run, go together.
public enum OutputLikeness: String, Sendable, Hashable, CaseIterable {
  /// Byte for byte.
  case same
  /// PNG files of other bytes that hold the same picture: only words or the time beside it differ.
  case samePicture = "same_picture"
  /// Other bytes.
  case different
  /// Only the first run has it.
  case onlyFirst = "only_first"
  /// Only the second run has it.
  case onlySecond = "only_second"
  /// Both list it, and at least one does not hold its bytes.
  case unknown
}
