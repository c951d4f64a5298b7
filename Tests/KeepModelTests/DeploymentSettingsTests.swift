import KeepModel
import Testing

@Suite struct DeploymentSettingsTests {
  private func settings(_ change: (inout DeploymentSettings) -> Void) -> DeploymentSettings {
    var settings = DeploymentSettings()
    change(&settings)
    return settings
  }

  @Test func theStandardNeedsNoAdvice() throws {
    #expect(try DeploymentSettings.standard.check().isEmpty)
    #expect(!DeploymentSettings.standard.isBilledWhileIdle)
  }

  @Test func numbersThatNoServiceCanMeanAreRefused() {
    for wrong in [
      settings { $0.minInstances = -1 }, settings { $0.maxInstances = 0 }, settings { $0.queueSize = -1 },
      settings { $0.keepWarmSeconds = -5 }, settings { ($0.minInstances, $0.maxInstances) = (3, 2) },
      settings { $0.name = "  " },
    ] {
      let error = #expect(throws: KeepError.self) { try wrong.check() }
      #expect(error?.code == .usage)
    }
  }

  @Test func aBoundThatStaysIsMeasuredAgainst() throws {
    let current = Deployment(id: "d", maxInstances: 2, minInstances: 1)
    #expect(throws: KeepError.self) { try settings { $0.minInstances = 3 }.check(against: current) }
    #expect(try settings { $0.maxInstances = 1 }.check(against: current).isEmpty)
  }

  @Test func whatOnlySomeDocumentsAllowIsSaid() throws {
    let large = settings { ($0.minInstances, $0.maxInstances, $0.hardware) = (4, 11, "NEW_999") }
    let advice = try large.check()
    #expect(advice.count == 4, "\(advice)")
    #expect(advice.contains { $0.contains("billed while idle") })
    #expect(try settings { ($0.minInstances, $0.maxInstances) = (0, 10) }.check().isEmpty)
  }

  @Test func whatIsMissingIsFilled() {
    let filled = settings { $0.hardware = "TURING_16" }.filled(from: .standard)
    #expect(filled.hardware == "TURING_16" && filled.maxInstances == 1 && filled.name == nil)
  }
}
