internal import Dispatch

/// Waiting that a cancelled task does too, where `Task.sleep` would end at once and a loop would spin.
package enum PatientSleep {
  /// Returns after so long, whatever becomes of the task.
  package static func sleep(for time: Duration) async {
    let (seconds, attoseconds) = time.components
    let nanoseconds = Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
    await withCheckedContinuation { continuation in
      DispatchQueue.global().asyncAfter(deadline: .now() + .nanoseconds(nanoseconds)) {
        continuation.resume()
      }
    }
  }
}
