import KeepModel
import SystemPackage
import Testing

@testable import KeepArchive

@Suite struct CrateTests {
  @Test(arguments: SampleSort.allCases)
  func graphIsClosedAndHoldsEveryFile(sort: SampleSort) throws {
    let (entities, files) = try crate(of: sort.run())
    let ids = Set(entities.keys)
    for entity in entities.values {
      for link in Self.links(in: .object(entity)) where !link.hasPrefix("https://") {
        #expect(ids.contains(link), "\(link) is not in the graph")
      }
    }
    let parts = Self.ids(entities["./"]?["hasPart"])
    #expect(Set(parts) == files.subtracting([Crate.path]))
    #expect(parts.count == Set(parts).count)
    for part in parts { #expect(entities[part]?["contentSize"]?.string != nil) }
  }

  @Test func workflowMakesItAWorkflowRun() throws {
    let (entities, _) = try crate(of: SampleSort.image.run())
    #expect(
      Self.ids(entities["./"]?["conformsTo"]) == [
        "https://w3id.org/ro/wfrun/process/0.5", "https://w3id.org/ro/wfrun/workflow/0.5",
        "https://w3id.org/workflowhub/workflow-ro-crate/1.0",
      ])
    #expect(Self.ids(entities["./"]?["mainEntity"]) == ["run/workflow_api.json"])
    #expect(entities["#override/3/seed"]?["value"] == "18446744073709551615")
    #expect(Self.ids(entities["#override/3/seed"]?["exampleOfWork"]) == ["#param/3/seed"])
    #expect(Self.ids(entities["#param/38.42/denoise"]?["workExample"]) == ["#override/38.42/denoise"])
    #expect(
      Self.ids(entities["#param/10/image"]?["workExample"]) == ["inputs/node-10/image/0000-Caf_b_.png"])
    #expect(
      entities["inputs/node-10/image/0000-Caf_b_.png"]?["alternateName"] == "Café & <b>.png")
    #expect(
      Self.ids(entities["#output/9/images"]?["workExample"]) == [
        "outputs/node-9/images/0000-ComfyUI_00001_.png", "outputs/node-9/images/0001-ComfyUI_00002_.png",
      ])
  }

  @Test func runFromElsewhereIsAProcessRun() throws {
    let (entities, _) = try crate(of: SampleSort.elsewhere.run())
    #expect(Self.ids(entities["./"]?["conformsTo"]) == ["https://w3id.org/ro/wfrun/process/0.5"])
    #expect(entities["./"]?["mainEntity"] == nil)
    let action = entities["#run-1b7a759a-f092-4758-9597-ee0e95d459c9"]
    #expect(Self.ids(action?["instrument"]) == ["https://github.com/Comfy-Org/ComfyUI"])
    #expect(action?["endTime"] == "2026-11-22T21:00:22.878+00:00")
    #expect(action?["actionStatus"] == "http://schema.org/CompletedActionStatus")
    #expect(Self.ids(action?["result"]) == ["outputs/node-9/images/0000-ComfyUI_00001_.png"])
    #expect(entities["#rights"]?["name"] == "No licence stated")
  }

  @Test func failedRunStatesItsErrorAndHasNoResult() throws {
    let (entities, _) = try crate(of: SampleSort.failed.run())
    let action = entities["#run-1b7a759a-f092-4758-9597-ee0e95d459c9"]
    #expect(action?["actionStatus"] == "http://schema.org/FailedActionStatus")
    #expect(action?["error"] == "no <memory>")
    #expect(action?["result"] == nil)
  }

  @Test func missingOutputIsNoFile() throws {
    let (entities, _) = try crate(of: SampleSort.partial.run())
    #expect(!entities.keys.contains { $0.contains("gone") })
  }

  @Test func rightsAndAgentCanBeStated() throws {
    var run = try SampleSort.elsewhere.run()
    run.record.options.rights = "https://spdx.org/licenses/CC-BY-4.0"
    run.record.options.agent = "A. Person"
    let (entities, _) = try crate(of: run)
    #expect(Self.ids(entities["./"]?["license"]) == ["https://spdx.org/licenses/CC-BY-4.0"])
    #expect(entities["#agent"]?["name"] == "A. Person")
    #expect(
      Self.ids(entities["#run-1b7a759a-f092-4758-9597-ee0e95d459c9"]?["agent"]) == ["#agent"])
  }

  /// The entities by id, and the files of the payload.
  private func crate(of run: SampleRun) throws -> ([String: JSONObject], Set<String>) {
    let draft = try BundleDraft(run.record, outputs: run.outputs)
    let part = try #require(draft.parts.first { $0.file.path == Crate.path })
    guard case .memory(let bytes) = part.source else { return ([:], []) }
    let graph = try JSONDocument(parsing: bytes).value["@graph"]?.array ?? []
    let pairs = graph.compactMap { item in item["@id"]?.string.map { ($0, item.object ?? JSONObject()) } }
    #expect(pairs.count == graph.count)
    return (Dictionary(uniqueKeysWithValues: pairs), Set(draft.parts.map(\.file.path)))
  }

  private static func ids(_ value: JSONValue?) -> [String] {
    value?.array?.compactMap { $0["@id"]?.string } ?? [value?["@id"]?.string].compactMap(\.self)
  }

  /// Every id that a value links to.
  private static func links(in value: JSONValue) -> [String] {
    switch value {
    case .object(let object):
      object.members.flatMap { member in
        member.value.object?.keys == ["@id"]
          ? [member.value["@id"]?.string ?? ""] : links(in: member.value)
      }
    case .array(let items):
      items.flatMap { $0.object?.keys == ["@id"] ? [$0["@id"]?.string ?? ""] : links(in: $0) }
    default: []
    }
  }
}
