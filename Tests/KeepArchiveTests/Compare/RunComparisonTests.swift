import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@testable import KeepArchive

@Suite struct RunComparisonTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func compare(_ change: (inout CraftedBundle) -> Void) throws -> RunComparison {
    var other = try CraftedBundle.good()
    change(&other)
    let first = try BundleReader(folder.write(CraftedBundle.good().zip.bytes, to: "a.zip"))
    let second = try BundleReader(folder.write(other.zip.bytes, to: "b.zip"))
    return try RunComparison(first, second)
  }

  @Test func oneRunHasNoDifferences() throws {
    #expect(try compare { _ in }.isSame)
  }

  @Test func overridesAreToldByNodeAndInputWithEveryDigit() throws {
    let found = try compare { bundle in
      var request = CraftedBundle.request
      request.change(["overrides", "25", "inputs", "noise_seed"]) {
        $0 = .number(JSONNumber(unchecked: "18446744073709551614"))
      }
      request.change(["overrides", "7"]) { $0 = .null }
      bundle.files["run/request.json"] = CanonicalJSON.indented(request)
    }
    #expect(
      found.overrides == [
        .init(name: "25.noise_seed", first: "18446744073709551615", second: "18446744073709551614"),
        .init(name: "7.api_key", first: "\"REDACTED\"", second: nil),
      ])
  }

  @Test func inputsDeploymentAndWorkflowAreTold() throws {
    let found = try compare { bundle in
      bundle.replace(CraftedBundle.input, with: [1, 2, 3])
      bundle.manifest.change(["run", "deploymentId"]) { $0 = "elsewhere" }
      var workflow = CraftedBundle.workflow
      workflow.change(["9", "inputs", "quality"]) { $0 = 90 }
      bundle.replace("run/workflow_api.json", with: CanonicalJSON.indented(workflow))
    }
    #expect(found.facts.map(\.name) == ["deployment"])
    #expect(found.inputs.map(\.name) == ["189.image"])
    #expect(found.inputs.first?.second == "sha256 \(Checksum(of: [1, 2, 3]))")
    #expect(found.workflow == [.init(name: "9.quality", first: nil, second: "90")])
  }

  @Test func longValuesAreCutAndStillToldApart() throws {
    let long = String(repeating: "x", count: 5000)
    let values = try [long + "1", long + "2"].map { text in
      try compare { bundle in
        var request = CraftedBundle.request
        request.change(["overrides", "25", "inputs", "noise_seed"]) { $0 = .string(text) }
        bundle.files["run/request.json"] = CanonicalJSON.indented(request)
      }.overrides.first?.second ?? ""
    }
    #expect(values.allSatisfy { $0.count < 300 })
    #expect(values[0] != values[1])
  }
}

extension RunComparison {
  /// Whether both were given the same.
  fileprivate var isSame: Bool { facts.isEmpty && overrides.isEmpty && inputs.isEmpty && workflow.isEmpty }
}
