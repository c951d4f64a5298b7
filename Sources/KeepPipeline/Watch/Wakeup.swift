import KeepModel
import Synchronization

/// Lets one task wait for a poke, however many come.
final class Wakeup: Sendable {
  private let stream: AsyncStream<Void>
  private let continuation: AsyncStream<Void>.Continuation

  init() {
    (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
  }

  /// Ends the wait that goes on, or the next one.
  func poke() { continuation.yield() }

  /// Waits for a poke, for a while, or until a person wants to stop.
  func wait(_ limit: Duration, _ clock: any Clock<Duration>, _ interruption: Interruption) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { try? await clock.sleep(for: limit) }
      group.addTask { await interruption.wait() }
      group.addTask { for await _ in self.stream { break } }
      await group.next()
      group.cancelAll()
    }
  }
}
