import Foundation
import KeepTestKit
import Testing

/// Commands are killed at every crash point and at random moments and started again, until every photo is kept.
///
/// After each kill the service's log, the ledger, the bundles and the exported files are looked at; a job of photos goes
/// on until nothing is left to kill, and its end is looked at too.
@Suite struct KillTests {
  /// `COMFYKEEP_KILLS` sets how many; 40 by default.
  static let kills =
    ProcessInfo.processInfo.environment["COMFYKEEP_KILLS"].flatMap { Int($0) } ?? 40

  /// What happened.
  private struct Figures {
    var atPoints = 0
    var points: Set<String> = []
    var atCalls = 0
    var atMoments: [KillMoment: Int] = [:]
    var jobs = 0
    var (submissions, doubts, resubmits, bundles) = (0, 0, 0, 0)

    var kills: Int { atPoints + atCalls + atMoments.values.reduce(0, +) }
    var text: String {
      let moments = KillMoment.allCases.map { "\(atMoments[$0, default: 0]) \($0)" }.joined(separator: ", ")
      return
        "KILLS \(kills): \(atPoints) at \(points.count) crash points, \(atCalls) at system calls, the others at random moments (\(moments)); "
        + "\(jobs * KillJob.count) photos, \(submissions) submissions, \(doubts) in doubt of which \(resubmits) were "
        + "submitted again by a person's word, \(bundles) bundles"
    }
  }

  @Test(.timeLimit(.minutes(60)))
  func killedAtEveryPointAndAtRandomMomentsNothingIsLostAndNoneIsPaidTwice() throws {
    var random = SplitMix(seed: UInt64(Self.kills) &* 7919)
    var figures = Figures()
    for (scenario, blows) in zip(KillScenario.all, Self.plan(&random)) {
      try play(scenario, blows, &figures, &random)
    }
    print(figures.text)
    let points = Set(KillScenario.all.flatMap(\.points))
    #expect(figures.points == points)
    #expect(figures.kills >= Self.kills)
    #expect(figures.submissions <= figures.jobs * KillJob.count + figures.resubmits)
    #expect(figures.bundles == figures.jobs * KillJob.count)
  }

  @Test func everyCrashPointHasAScenario() throws {
    let points = (KillScenario.all + [.store]).flatMap(\.points) + WatchKillTests.points
    #expect(Set(points) == Set(try KillScenario.sourcePoints()))
  }

  /// Each point once in the first scenario that passes it; then, as far as there are kills left, moments, calls and the
  /// points of every scenario by turns.
  private static func plan(_ random: inout SplitMix) -> [[KillBlow]] {
    var seen: Set<String> = []
    var plan = KillScenario.all.map { scenario in
      scenario.points.filter { seen.insert($0).inserted }.map { KillBlow.point($0, passing: 1) }
    }
    for turn in 0..<max(0, kills - seen.count) {
      let index = turn % KillScenario.all.count
      let scenario = KillScenario.all[index]
      let round = turn / KillScenario.all.count
      switch round % 3 {
      case 1 where Strace.canTrace:
        let isOfDisk = round % 2 == 0
        plan[index].append(
          .call(
            KillBlow.calls[isOfDisk ? 0 : 1], number: .random(in: 1...(isOfDisk ? 40 : 120), using: &random)))
      case 2:
        let point = scenario.points[round / 3 * 5 % scenario.points.count]
        plan[index].append(.point(point, passing: .random(in: 1...4, using: &random)))
      default:
        let moment = scenario.moments[(round / 3 + index) % scenario.moments.count]
        plan[index].append(.random(moment, &random))
      }
    }
    return plan.map { $0.shuffled(using: &random) }
  }

  private func play(
    _ scenario: KillScenario, _ blows: [KillBlow], _ figures: inout Figures, _ random: inout SplitMix
  ) throws {
    let service = try Service("--fetch", "--queue", "50ms", "--cold-start", "50ms", "--run-time", "300ms")
    var jobs = [try KillJob(scenario, number: 0, service)]
    for blow in blows {
      var blow = blow
      for attempt in 0... {
        let job = jobs[jobs.count - 1]
        let hasStruck = try blow.strike(service, job)
        let violations = try job.violations(service)
        #expect(violations == [], "\(scenario.name), \(blow): \(violations)")
        // Every other doubt is settled by a person, so that doubts come up early and late.
        if Bool.random(using: &random) { try job.settle(service, &random) }
        if hasStruck {
          count(blow, &figures)
          break
        }
        try #require(attempt < 6, "\(scenario.name), \(blow): it never struck")
        // Nothing was left to kill: on with fresh photos, and with the first passing where later ones did not come.
        figures.bundles += try job.finish(service, &random)
        jobs.append(try KillJob(scenario, number: jobs.count, service))
        if attempt > 0 { blow = blow.earlier }
      }
    }
    figures.bundles += try jobs[jobs.count - 1].finish(service, &random)
    figures.jobs += jobs.count
    figures.submissions += try service.submissions().count
    for job in jobs {
      figures.doubts += job.doubts
      figures.resubmits += job.resubmits.values.reduce(0, +)
    }
    if scenario.exports { try Judges.judge(Array(jobs[0].bundles.prefix(2))) }
  }

  private func count(_ blow: KillBlow, _ figures: inout Figures) {
    switch blow {
    case .point(let name, _):
      figures.atPoints += 1
      figures.points.insert(name)
    case .call: figures.atCalls += 1
    case .moment(let moment, _, _): figures.atMoments[moment, default: 0] += 1
    }
  }
}
