import KeepModel
import Testing

@testable import KeepArchive

/// The manifest against the archived answer, request and workflow.
@Suite struct RunFaultTests {
  private static func editResult(
    _ place: [String], _ body: @escaping @Sendable (inout JSONValue) -> Void
  ) -> @Sendable (inout CraftedBundle) -> Void {
    { bundle in
      var result = CraftedBundle.result
      result.change(place, body)
      bundle.replace("run/result.json", with: CanonicalJSON.indented(result))
    }
  }

  private static func editManifest(
    _ place: [String], _ body: @escaping @Sendable (inout JSONValue) -> Void
  ) -> @Sendable (inout CraftedBundle) -> Void {
    { bundle in
      bundle.manifest.change(place, body)
    }
  }

  static let faults: [BundleFault] = [
    BundleFault(
      "the result has one more", .resultNotInOutputs,
      editResult(["outputs", "9", "images"]) { images in
        images.append(["filename": "late.png", "url": "https://storage.example/late.png"])
      }),
    BundleFault(
      "the result has one more under a key of its own", .resultNotInOutputs,
      editResult(["outputs", "9", "gifs"]) { $0 = [["filename": "late.gif"]] }),
    BundleFault(
      "the result has one more text", .resultNotInOutputs,
      editResult(["outputs", "12"]) { $0 = ["text": ["hello"]] }),
    BundleFault(
      "the result has one less", .outputNotInResult,
      editResult(["outputs", "9", "images"]) { $0.remove(at: 1) }),
    BundleFault(
      "no outputs in the result", .outputNotInResult, editResult(["outputs"]) { $0 = [:] }),
    BundleFault(
      "another file name", .outputContradictsResult,
      editResult(["outputs", "9", "images", "0", "filename"]) { $0 = "Other_00013_.png" }),
    BundleFault(
      "another subfolder", .outputContradictsResult,
      editManifest(["outputs", "1", "subfolder"]) { $0 = "deep" }),
    BundleFault(
      "another type", .outputContradictsResult,
      editManifest(["outputs", "2", "type"]) { $0 = "output" }),
    BundleFault(
      "another address", .outputContradictsResult,
      editManifest(["outputs", "1", "url"]) { $0 = "https://elsewhere.example/a.png" }),
    BundleFault(
      "composed and decomposed letters", .outputContradictsResult,
      editResult(["outputs", "9", "images", "0", "subfolder"]) { $0 = "e\u{301}" }),
    BundleFault(
      "pointer elsewhere", .outputContradictsResult,
      editManifest(["outputs", "1", "pointer"]) { $0 = "/outputs/9/images/1" }),
    BundleFault(
      "a text that is a file", .outputContradictsResult,
      editResult(["outputs", "38:42", "text"]) { $0 = [["filename": "a.txt"]] }),
    BundleFault(
      "another text", .textDiffers,
      editResult(["outputs", "38:42", "text", "0"]) { $0 = "a blue fox" }),
    BundleFault(
      "another status", .runContradictsResult, editResult(["status"]) { $0 = "failed" }),
    BundleFault(
      "another time", .runContradictsResult,
      editResult(["finished_at"]) { $0 = "2026-11-22T21:00:23.878201" }),
    BundleFault(
      "a time that the result does not tell", .runContradictsResult,
      editResult([]) { $0.set("created_at", nil) }),
    BundleFault(
      "a time that the manifest leaves out", .runContradictsResult,
      editManifest(["run", "finishedAt"]) { $0 = .null }),
    BundleFault(
      "the result of another request", .resultNamesAnother,
      editResult(["request_id"]) { $0 = "00000000-0000-4000-8000-000000000009" }),
    BundleFault(
      "the result of another deployment", .resultNamesAnother,
      editResult(["deployment_id"]) { $0 = "00000000-0000-4000-8000-000000000009" }),
    BundleFault(
      "an error that was not told", .runContradictsResult,
      editManifest(["run", "error"]) { $0 = ["out of memory"] }),
    BundleFault(
      "another class", .nodeContradictsWorkflow,
      editManifest(["outputs", "1", "nodeClass"]) { $0 = "PreviewImage" }),
    BundleFault(
      "another title", .nodeContradictsWorkflow,
      editManifest(["outputs", "1", "nodeTitle"]) { $0 = .null }),
    BundleFault("result on one line", .documentUnreadable) { bundle in
      bundle.replace("run/result.json", with: CanonicalJSON.compact(CraftedBundle.result))
    },
    BundleFault("result that is no JSON", .documentUnreadable) { bundle in
      bundle.replace("run/result.json", with: Array("<html>".utf8))
    },
    BundleFault(
      "input that was not asked", .inputContradictsRequest,
      editManifest(["inputs", "0", "pointer"]) { $0 = "/overrides/9/inputs/image" }),
    BundleFault(
      "input at the place of another", .inputContradictsRequest,
      editManifest(["inputs", "0", "pointer"]) { $0 = "/overrides/7/inputs/api_key" }),
    BundleFault(
      "input at the place of its node", .inputContradictsRequest,
      editManifest(["inputs", "0", "pointer"]) { $0 = "/overrides/189/inputs" }),
    BundleFault("input other than the one carried", .inputContradictsRequest) { bundle in
      var request = CraftedBundle.request
      request.change(["overrides", "189", "inputs", "image"]) { $0 = "data:image/png;base64,AAAA" }
      bundle.replace("run/request.json", with: CanonicalJSON.indented(request))
    },
    BundleFault(
      "externalised elsewhere", .externalisedContradicts,
      editManifest(["externalised", "0", "pointer"]) { $0 = "/overrides/189/inputs/mask" }),
    BundleFault(
      "externalised but not listed", .externalisedContradicts,
      editManifest(["externalised"]) { $0 = [] }),
    BundleFault(
      "externalised file of no input", .externalisedContradicts,
      editManifest(["externalised", "0", "path"]) { $0 = "inputs/node-1/a/0000-b.png" }),
    BundleFault(
      "externalised as another type", .externalisedContradicts,
      editManifest(["externalised", "0", "mediaType"]) { $0 = "image/gif" }),
    BundleFault("externalised twice", .externalisedContradicts) { bundle in
      let item = bundle.manifest["externalised"]?[0] ?? .null
      bundle.manifest.change(["externalised"]) { $0.append(item) }
    },
    BundleFault("externalised without its input", .externalisedContradicts) { bundle in
      bundle.manifest.set("inputs", [])
      bundle.manifest.change(["counts", "inputs"]) { $0 = 0 }
    },
    BundleFault("externalised for two inputs", .externalisedContradicts) { bundle in
      var second = bundle.manifest["inputs"]?[0] ?? .null
      second.set("index", 1)
      bundle.manifest.change(["inputs"]) { $0.append(second) }
      bundle.manifest.change(["counts", "inputs"]) { $0 = 2 }
    },
    BundleFault("a raw result that nobody can read", .documentUnreadable) { bundle in
      bundle.files["run/result.json"] = nil
      bundle.files["run/result.raw"] = [0xFF, 0xFE]
      bundle.manifest.change(["documents", "result", "path"]) { $0 = "run/result.raw" }
      bundle.restate("run/result.raw")
    },
    BundleFault(
      "redaction of nothing", .redactionContradicts,
      editManifest(["redactions", "0", "pointer"]) { $0 = "/overrides/7/inputs/token" }),
    BundleFault(
      "redaction that struck nothing out", .redactionContradicts,
      editManifest(["redactions", "0", "pointer"]) { $0 = "/overrides/189/inputs/image" }),
    BundleFault(
      "redaction in an unknown document", .redactionContradicts,
      editManifest(["redactions", "0", "document"]) { $0 = "run/other.json" }),
  ]

  @Test(arguments: faults)
  func isFound(_ fault: BundleFault) throws { try fault.check() }

  @Test func aResultThatIsNotCleanIsReadAsItCame() throws {
    var bundle = try CraftedBundle.good()
    let clean = String(decoding: CanonicalJSON.compact(CraftedBundle.result), as: UTF8.self)
    bundle.files["run/result.json"] = nil
    bundle.files["run/result.raw"] = Array(clean.replacing("[false]", with: "[NaN]").utf8)
    bundle.manifest.change(["documents", "result", "path"]) { $0 = "run/result.raw" }
    bundle.restate("run/result.raw")
    try bundle.derive()
    #expect(try bundle.verify().findings == [])
  }

  @Test func theCaseOfAnIdentifierSaysNothing() throws {
    var bundle = try CraftedBundle.good()
    var result = CraftedBundle.result
    result.set("request_id", .string(CraftedBundle.id.uppercased()))
    bundle.replace("run/result.json", with: CanonicalJSON.indented(result))
    try bundle.derive()
    #expect(try bundle.verify().findings == [])
  }

  @Test(arguments: ["run/request.json", "run/result.json", "run/workflow_api.json"])
  func deeplyNestedDocumentsDoNotExhaustTheStack(_ path: String) throws {
    var bundle = try CraftedBundle.good()
    let nested: JSONValue = (0..<500).reduce("bundle:inputs/a") { value, _ in [value] }
    var document = try JSONDocument(parsing: bundle.files[path] ?? []).value
    document.set("deep", nested)
    if path == "run/result.json" {
      document.change(["outputs", "9", "deep"]) { $0 = nested }
    }
    bundle.replace(path, with: CanonicalJSON.indented(document))
    #expect(try bundle.verify().exitStatus == 30)
  }
}
