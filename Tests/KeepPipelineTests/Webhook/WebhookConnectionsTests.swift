import KeepTestKit
import Synchronization
import Testing

@testable import KeepPipeline

/// Which connection makes room for the next one.
@Suite struct WebhookConnectionsTests {
  /// Something to be known by.
  private final class Caller: Sendable {
    let isClosed = Mutex(false)
    var id: ObjectIdentifier { ObjectIdentifier(self) }
    func close() { isClosed.withLock { $0 = true } }
  }

  private let connections = WebhookConnections(limit: 3)
  private let callers = (0..<5).map { _ in Caller() }

  private func admit(_ numbers: Range<Int>) {
    for caller in callers[numbers] { connections.admit(caller.id) { caller.close() } }
  }

  private var closed: [Int] { callers.indices.filter { index in callers[index].isClosed.withLock { $0 } } }

  @Test func theOldestThatIsStillReadingGoes() {
    admit(0..<3)
    #expect(closed == [])
    connections.setAnswering(callers[0].id, true)
    admit(3..<4)
    #expect(closed == [1] && connections.count == 3)
    connections.setAnswering(callers[0].id, false)
    admit(4..<5)
    #expect(closed == [0, 1] && connections.count == 3)
  }

  @Test func theNewcomerGoesWhereAllAreBeingAnswered() {
    admit(0..<3)
    for caller in callers[0..<3] { connections.setAnswering(caller.id, true) }
    admit(3..<4)
    #expect(closed == [3] && connections.count == 3)
  }

  @Test func whatIsClosedMakesRoom() {
    admit(0..<3)
    connections.forget(callers[1].id)
    admit(3..<4)
    #expect(closed == [] && connections.count == 3)
  }

  @Test func aDeadlineSparesWhatIsBeingAnswered() {
    admit(0..<2)
    connections.setAnswering(callers[0].id, true)
    for caller in callers[0..<2] { connections.closeUnlessAnswering(caller.id) }
    #expect(closed == [1])
  }

  @Test func afterTheEndNobodyStays() {
    admit(0..<3)
    connections.end()
    admit(3..<5)
    #expect(closed == [0, 1, 2, 3, 4] && connections.count == 0)
  }
}
