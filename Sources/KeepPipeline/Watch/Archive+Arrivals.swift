import KeepFiles
import KeepLedger
public import KeepModel
public import SystemPackage

extension Archive {
  /// Files that came into watched folders, the ones that came to their state last first.
  ///
  /// - Throws: ``KeepError`` with code `ledger_unusable`, as all that follow.
  public func arrivals(_ states: [Arrival.State] = Arrival.State.allCases) async throws(KeepError)
    -> [Arrival]
  {
    try await ledger.arrivals(states)
  }

  /// How many files are in each state.
  public func arrivalCounts() async throws(KeepError) -> [Arrival.State: Int] {
    try await ledger.arrivalCounts()
  }

  /// Lets a watch take parked files again, each of which costs a run.
  ///
  /// - Returns: Those that wait now.
  @discardableResult
  public func repeatArrivals(_ ids: [Int64]) async throws(KeepError) -> [Arrival] {
    try await ledger.repeatArrivals(ids)
  }

  /// Keeps watches from submitting until ``resumeWatches()``.
  public func pauseWatches(reason: String?) async throws(KeepError) {
    try await ledger.pauseWatches(reason: reason)
  }

  /// Lets watches submit again.
  ///
  /// - Returns: Whether they were paused.
  public func resumeWatches() async throws(KeepError) -> Bool { try await ledger.resumeWatches() }

  /// Whether, since when and why watches submit nothing.
  public func watchPause() async throws(KeepError) -> WatchPause? { try await ledger.watchPause() }

  /// A path from the root of the file system on, as watched folders are known by.
  ///
  /// - Throws: ``KeepError`` with code `local_io` when the folder that the process stands in is gone.
  public static func absolute(_ path: FilePath) throws(KeepError) -> FilePath {
    try Folder.absolute(path).lexicallyNormalized()
  }
}
