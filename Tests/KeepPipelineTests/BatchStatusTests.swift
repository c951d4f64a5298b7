import KeepModel
import KeepPipeline
import Testing

/// The exit status of a batch, from the outcomes in it.
@Suite struct BatchStatusTests {
  private static func outcomes(_ states: [SubmissionOutcome.State]) -> [SubmissionOutcome] {
    states.map { SubmissionOutcome($0) }
  }

  @Test(
    arguments: [
      ([], 0), ([.archived, .archived], 0), ([.archived, .failed], 3), ([.failed, .failed], 20),
      ([.canceled], 21), ([.empty], 22), ([.partial], 3), ([.rejected], 10), ([.unfinished], 23),
      ([.expired], 31), ([.archived, .inDoubt, .failed], 41), ([.archived, .rejected], 3),
    ] as [([SubmissionOutcome.State], Int32)])
  func aBatchHasTheStatusOfAllOrSaysPartly(_ states: [SubmissionOutcome.State], _ status: Int32) {
    #expect(Self.outcomes(states).exitStatus == status)
  }

  @Test func anInterruptionCountsBeforeEverything() {
    let stopped = SubmissionOutcome(
      .unfinished, error: KeepError(.interrupted, .none, "left running"))
    #expect((Self.outcomes([.archived, .inDoubt]) + [stopped]).exitStatus == 130)
  }
}
