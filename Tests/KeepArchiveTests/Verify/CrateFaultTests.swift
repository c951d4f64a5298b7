import KeepModel
import Testing

@testable import KeepArchive

@Suite struct CrateFaultTests {
  static let faults: [BundleFault] = [
    BundleFault("not JSON", .crateNotJSON) { $0.crateBytes = Array("{".utf8) },
    BundleFault("NaN", .crateNotJSON) { $0.crateBytes = Array(#"{"@graph": NaN}"#.utf8) },
    BundleFault("on one line", .crateNotCanonical) { $0.crateBytes = CanonicalJSON.compact($0.crate) },
    BundleFault("no graph", .crateMalformed) { $0.crate = [:] },
    BundleFault("no root", .crateMalformed) { $0.crate.change(["@graph"]) { $0.remove(at: 1) } },
    BundleFault("no descriptor", .crateMalformed) { $0.crate.change(["@graph"]) { $0.remove(at: 0) } },
    BundleFault("an id twice", .crateMalformed) { bundle in
      let entity = bundle.crate["@graph"]?[3] ?? .null
      bundle.crate.change(["@graph"]) { $0.append(entity) }
    },
    BundleFault("file without entity", .crateMalformed) {
      $0.crate.change(["@graph"]) { $0.remove(at: 3) }
    },
    BundleFault("hasPart lacks one", .hasPartMissing) {
      $0.crate.change(["@graph", "1", "hasPart"]) { $0.remove(at: 0) }
    },
    BundleFault("hasPart lists one more", .hasPartExtra) {
      $0.crate.change(["@graph", "1", "hasPart"]) { $0.append(["@id": "outputs/other.png"]) }
    },
    BundleFault("hasPart lists one twice", .hasPartExtra) {
      $0.crate.change(["@graph", "1", "hasPart"]) { $0.append(["@id": "README.md"]) }
    },
    BundleFault("hasPart lists the crate itself", .hasPartExtra) {
      $0.crate.change(["@graph", "1", "hasPart"]) { $0.append(["@id": "ro-crate-metadata.json"]) }
    },
    BundleFault("no hasPart", .hasPartMissing) {
      $0.crate.change(["@graph", "1"]) { $0.set("hasPart", nil) }
    },
    BundleFault("no action", .actionContradicts) { $0.crate.change(["@graph"]) { $0.remove(at: 2) } },
    BundleFault("action not mentioned", .actionContradicts) {
      $0.crate.change(["@graph", "1"]) { $0.set("mentions", nil) }
    },
    BundleFault("two actions", .actionContradicts) {
      $0.crate.change(["@graph"]) { $0.append(["@id": "#two", "@type": ["CreateAction"]]) }
    },
    BundleFault("action of another status", .actionContradicts) {
      $0.crate.change(["@graph", "2", "actionStatus"]) { $0 = "http://schema.org/FailedActionStatus" }
    },
    BundleFault("action at another time", .actionContradicts) {
      $0.crate.change(["@graph", "2", "endTime"]) { $0 = "2027-11-22T21:00:22.878+00:00" }
    },
    BundleFault("result lacks one", .resultMissing) {
      $0.crate.change(["@graph", "2", "result"]) { $0.remove(at: 1) }
    },
    BundleFault("result lists an input", .resultExtra) {
      $0.crate.change(["@graph", "2", "result"]) { $0.append(["@id": .string(CraftedBundle.input)]) }
    },
    BundleFault("no mainEntity", .mainEntityContradicts) {
      $0.crate.change(["@graph", "1"]) { $0.set("mainEntity", nil) }
    },
    BundleFault("mainEntity of another kind", .mainEntityContradicts) {
      $0.crate.change(["@graph", "1", "mainEntity"]) { $0 = ["@id": "README.md"] }
    },
    BundleFault("mainEntity without a workflow", .mainEntityContradicts) { bundle in
      bundle.manifest.change(["documents"]) { $0.set("workflow", nil) }
      bundle.files["run/workflow_api.json"] = nil
    },
    BundleFault("wrong content size", .contentSizeDiffers) {
      $0.crate.change(["@graph", "3", "contentSize"]) { $0 = "7" }
    },
    BundleFault("no content size", .contentSizeDiffers) {
      $0.crate.change(["@graph", "3"]) { $0.set("contentSize", nil) }
    },
  ]

  @Test(arguments: faults)
  func isFound(_ fault: BundleFault) throws { try fault.check() }
}
