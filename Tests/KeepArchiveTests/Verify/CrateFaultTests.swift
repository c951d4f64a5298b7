import KeepModel
import Testing

@testable import KeepArchive

@Suite struct CrateFaultTests {
  private static let action = "#\(CraftedBundle.top)"

  static let faults: [BundleFault] = [
    BundleFault("not JSON", .crateNotJSON) { $0.crateBytes = Array("{".utf8) },
    BundleFault("NaN", .crateNotJSON) { $0.crateBytes = Array(#"{"@graph": NaN}"#.utf8) },
    BundleFault("on one line", .crateNotCanonical) { $0.crateBytes = CanonicalJSON.compact($0.crate) },
    BundleFault("no graph", .crateMalformed) { $0.crate = [:] },
    BundleFault("no root", .crateMalformed) { $0.crate.change(["@graph"]) { $0.remove(id: "./") } },
    BundleFault("no descriptor", .crateMalformed) {
      $0.crate.change(["@graph"]) { $0.remove(id: "ro-crate-metadata.json") }
    },
    BundleFault("an id twice", .crateMalformed) { bundle in
      let entity = bundle.crate["@graph"]?[0] ?? .null
      bundle.crate.change(["@graph"]) { $0.append(entity) }
    },
    BundleFault("file without entity", .crateMalformed) {
      $0.crate.change(["@graph"]) { $0.remove(id: "README.md") }
    },
    BundleFault("hasPart lacks one", .hasPartMissing) {
      $0.crate.change(["@graph", "./", "hasPart"]) { $0.remove(at: 0) }
    },
    BundleFault("hasPart lists one more", .hasPartExtra) {
      $0.crate.change(["@graph", "./", "hasPart"]) { $0.append(["@id": "outputs/other.png"]) }
    },
    BundleFault("hasPart lists one twice", .hasPartExtra) {
      $0.crate.change(["@graph", "./", "hasPart"]) { $0.append(["@id": "README.md"]) }
    },
    BundleFault("hasPart lists the crate itself", .hasPartExtra) {
      $0.crate.change(["@graph", "./", "hasPart"]) { $0.append(["@id": "ro-crate-metadata.json"]) }
    },
    BundleFault("no hasPart", .hasPartMissing) {
      $0.crate.change(["@graph", "./"]) { $0.set("hasPart", nil) }
    },
    BundleFault("no action", .actionContradicts) { $0.crate.change(["@graph"]) { $0.remove(id: action) } },
    BundleFault("action not mentioned", .actionContradicts) {
      $0.crate.change(["@graph", "./"]) { $0.set("mentions", nil) }
    },
    BundleFault("two actions", .actionContradicts) {
      $0.crate.change(["@graph"]) { $0.append(["@id": "#two", "@type": ["CreateAction"]]) }
    },
    BundleFault("action of another status", .actionContradicts) {
      $0.crate.change(["@graph", action, "actionStatus"]) { $0 = "http://schema.org/FailedActionStatus" }
    },
    BundleFault("action at another time", .actionContradicts) {
      $0.crate.change(["@graph", action, "endTime"]) { $0 = "2027-11-22T21:00:22.878+00:00" }
    },
    BundleFault("result lacks one", .resultMissing) {
      $0.crate.change(["@graph", action, "result"]) { $0.remove(at: 1) }
    },
    BundleFault("result lists an input", .resultExtra) {
      $0.crate.change(["@graph", action, "result"]) { $0.append(["@id": .string(CraftedBundle.input)]) }
    },
    BundleFault("no mainEntity", .mainEntityContradicts) {
      $0.crate.change(["@graph", "./"]) { $0.set("mainEntity", nil) }
    },
    BundleFault("mainEntity of another kind", .mainEntityContradicts) {
      $0.crate.change(["@graph", "./", "mainEntity"]) { $0 = ["@id": "README.md"] }
    },
    BundleFault("mainEntity without a workflow", .mainEntityContradicts) { bundle in
      bundle.manifest.change(["documents"]) { $0.set("workflow", nil) }
      bundle.files["run/workflow_api.json"] = nil
    },
    BundleFault("another deployment", .derivedDiffers) {
      $0.manifest.change(["run", "deploymentId"]) { $0 = "other" }
    },
    BundleFault("another media type", .derivedDiffers) {
      $0.manifest.change(["outputs", "1", "mediaType"]) { $0 = "image/webp" }
    },
    BundleFault("another readme", .derivedDiffers) { $0.files["README.md"] = Array("# Hello\n".utf8) },
    BundleFault("a script in the page", .derivedDiffers) {
      $0.files["ro-crate-preview.html"]? += Array("<script>alert(1)</script>\n".utf8)
    },
    BundleFault("one more entity", .derivedDiffers) {
      $0.crate.change(["@graph"]) { $0.append(["@id": "#me", "@type": "Person"]) }
    },
    BundleFault("wrong content size", .contentSizeDiffers) {
      $0.crate.change(["@graph", "README.md", "contentSize"]) { $0 = "7" }
    },
    BundleFault("no content size", .contentSizeDiffers) {
      $0.crate.change(["@graph", "README.md"]) { $0.set("contentSize", nil) }
    },
  ]

  @Test(arguments: faults)
  func isFound(_ fault: BundleFault) throws { try fault.check() }
}
