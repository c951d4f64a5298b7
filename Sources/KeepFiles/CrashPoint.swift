#if DEBUG
  internal import Glibc
  internal import Synchronization
#endif

/// A step at which a test has the process killed, to see that what follows loses nothing and pays nothing twice.
///
/// In debug builds alone, `COMFYKEEP_CRASH_POINT=NAME` or `NAME:K` in the environment has the process send itself
/// SIGKILL when it passes the point for the first or the K-th time: no destructor runs, nothing is flushed. In release
/// builds ``pass()`` is empty.
package enum CrashPoint: Sendable {
  /// The ledger is open, and submits that a killed process had begun are in doubt.
  case ledgerOpened
  /// What a killed process left is cleared away, and the mark of the new writer is not set yet.
  case leftoversCleaned
  /// A submission is claimed, and nothing else is done for it.
  case claimed
  /// One asset is copied into the archive.
  case inputKept
  /// A part of an upload is sent.
  case uploading
  /// An upload is done, and the ledger does not know of it.
  case uploaded
  /// The ledger knows of an upload, and its URL was not tried yet.
  case uploadRecorded
  /// The ledger knows by which URLs the assets travel.
  case placementRecorded
  /// The next step records the intent to submit.
  case submitBeginning
  /// The intent is recorded, and no byte is sent.
  case submitBegun
  /// A body was read to its end, and its last piece is not sent.
  case bodyEnding
  /// The service has answered a submit, and the ledger does not know what.
  case answered
  /// The ledger knows that the service did not take a submit.
  case submitReleased
  /// The ledger knows the request that the service made of a submission.
  case submitted
  /// The status of a request is recorded.
  case statusRecorded
  /// The result of a run is here, and the ledger does not know it.
  case resultReceived
  /// The ledger knows the result of a run.
  case finished
  /// One output is whole and noted in the spool, still under its temporary name there.
  case outputReceived
  /// One output has its name in the spool.
  case outputSpooled
  /// A file is written, synced and still without its name.
  case fileSynced
  /// A file has its name and still its temporary one, and the folder is not synced.
  case fileNamed
  /// A bundle is written and read back, and has no name.
  case bundleWritten
  /// A bundle has its name, and nothing lies beside it.
  case bundleNamed
  /// A bundle lies there with its checksum and receipt, and the ledger does not know.
  case bundlePublished
  /// The ledger knows that a run is kept.
  case kept
  /// The outputs of a kept run are exported, as far as they are to be.
  case exported
  /// The spool of a kept run is removed.
  case spoolRemoved
  /// The copies of a kept run's assets are removed, where no other run needs them.
  case inputsDiscarded
  /// A bundle is in the store, and nothing lies beside it there.
  case bundlePut
  /// A bundle is in the store with what lies beside it, and the ledger does not know.
  case bundleStored
  /// The ledger knows that a bundle is in the store, and it still lies in the folder.
  case storeRecorded
  /// A bundle is removed from the folder, and the ledger does not know.
  case bundleRemoved
  /// The ledger knows that a bundle is removed from the folder.
  case removalRecorded
  /// A file of a watched folder waits in the ledger, and its runs have not begun.
  case arrived
  /// What is run for a file of a watched folder is recorded, and nothing of it is claimed.
  case arrivalBegun
  /// The runs of a file are over, and the ledger says that they are under way.
  case arrivalEnding
  /// A file is moved where it goes once its runs are over, and the ledger does not know.
  case arrivalMoved

  #if DEBUG
    /// Kills the process where the environment says so.
    package func pass() {
      guard let wish = Self.wish, wish.name == "\(self)" else { return }
      let number = Self.passed.add(1, ordering: .relaxed).newValue
      if number == wish.number { kill(getpid(), SIGKILL) }
    }

    private static let passed = Atomic<Int>(0)

    private static let wish: (name: Substring, number: Int)? = {
      guard let value = getenv("COMFYKEEP_CRASH_POINT").map({ String(cString: $0) }) else { return nil }
      let parts = value.split(separator: ":", maxSplits: 1)
      guard let name = parts.first else { return nil }
      return (name, parts.count > 1 ? Int(parts[1]) ?? 1 : 1)
    }()
  #else
    /// Does nothing in a release build.
    @inlinable package func pass() {}
  #endif
}
