import KeepModel
import Testing

@Suite struct OpenRunTests {
  @Test func theDeadlineIsTheTimeSinceAndWhatTheServiceKeepsIt() {
    let since = Timestamp(milliseconds: 1_790_000_000_000)
    let run = OpenRun(key: nil, deployment: "d-1", request: nil, finishedAt: nil, since: since)
    #expect(run.deadline(after: .seconds(7 * 86_400)).milliseconds == 1_790_604_800_000)
    #expect(run.deadline(after: .zero) == since)
  }
}
