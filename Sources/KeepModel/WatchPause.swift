/// That nothing is submitted by the watches of an archive, at a person's word.
public struct WatchPause: Sendable, Hashable {
  /// Since when.
  public let since: Timestamp
  /// Why, in the person's words.
  public let reason: String?

  /// A pause.
  public init(since: Timestamp, reason: String?) {
    self.since = since
    self.reason = reason
  }
}
