import KeepModel
import Testing

@testable import KeepArchive

@Suite struct ManifestFaultTests {
  static let forms: [BundleFault] = [
    BundleFault("not JSON", .manifestNotJSON) { $0.manifestBytes = Array("{".utf8) },
    BundleFault("empty", .manifestNotJSON) { $0.manifestBytes = [] },
    BundleFault("NaN", .manifestNotJSON) { $0.manifestBytes = Array(#"{"profile": NaN}"#.utf8) },
    BundleFault("duplicate key", .manifestNotJSON) {
      $0.manifestBytes = Array(#"{"profile": "1.0", "profile": "1.0"}"#.utf8)
    },
    BundleFault("nested too deep", .manifestNotJSON) {
      $0.manifestBytes = Array(repeating: UInt8(ascii: "["), count: 1_000_000)
    },
    BundleFault("lone surrogate", .manifestNotJSON) {
      $0.manifestBytes = Array(#"{"profile": "\ud800"}"#.utf8)
    },
    BundleFault("bad UTF-8", .manifestNotJSON) {
      $0.manifestBytes = Array(#"{"profile": ""#.utf8) + [0xFF, 0x22, 0x7D]
    },
    BundleFault("an array", .manifestMalformed) { $0.manifest = [] },
    BundleFault("higher profile", .manifestProfileUnknown, exit: 4) { $0.manifest.set("profile", "2.0") },
    BundleFault("field missing", .manifestMalformed) { $0.manifest.set("counts", nil) },
    BundleFault("field unknown", .manifestMalformed) { $0.manifest.set("madeBy", "me") },
    BundleFault("field of another type", .manifestMalformed) { $0.manifest.set("outputs", [:]) },
    BundleFault("word unknown", .manifestMalformed) { $0.manifest.set("completeness", "full") },
    BundleFault("other service", .manifestMalformed) {
      $0.manifest.change(["run", "service"]) { $0 = "elsewhere" }
    },
    BundleFault("time without zone", .manifestMalformed) {
      $0.manifest.change(["run", "createdAt"]) { $0 = "2026-11-22T21:00:22.446" }
    },
    BundleFault("size with a fraction", .manifestMalformed) {
      $0.manifest.change(["outputs", "1", "size"]) { $0 = .number(JSONNumber(unchecked: "1.0")) }
    },
    BundleFault("size beyond 2^53", .manifestMalformed) {
      $0.manifest.change(["outputs", "1", "size"]) { $0 = .integer(UInt64(1) << 53) }
    },
    BundleFault("negative index", .manifestMalformed) {
      $0.manifest.change(["outputs", "1", "index"]) { $0 = -1 }
    },
    BundleFault("path that leaves", .manifestMalformed) {
      $0.manifest.change(["outputs", "1", "path"]) { $0 = "../evil" }
    },
    BundleFault("reason not in the list", .manifestMalformed) {
      $0.manifest.change(["outputs", "1"]) { $0.set("reason", "tired") }
    },
    BundleFault("on one line", .manifestNotCanonical) {
      $0.manifestBytes = CanonicalJSON.compact($0.manifest)
    },
    BundleFault("escaped otherwise", .manifestNotCanonical) { bundle in
      let text = String(decoding: CanonicalJSON.indented(bundle.manifest), as: UTF8.self)
      bundle.manifestBytes = Array(text.replacing("Keep it", with: #"Keep\u0020it"#).utf8)
    },
    BundleFault("space at the end", .manifestNotCanonical) {
      $0.manifestBytes = CanonicalJSON.indented($0.manifest) + [0x20]
    },
    BundleFault("null for absent", .manifestMalformed) {
      $0.manifest.change(["outputs", "1"]) { $0.set("reason", .null) }
    },
  ]

  static let contradictions: [BundleFault] = [
    BundleFault("payload swapped with all bag checksums redone", .checksumDiffers) {
      $0.files[CraftedBundle.image] = Array("\u{89}PNG third bytes".utf8)
    },
    BundleFault("payload of another size", .sizeDiffers) { $0.files[CraftedBundle.image]?.append(0) },
    BundleFault("two outputs swapped", .checksumDiffers) { bundle in
      let first = bundle.files[CraftedBundle.image]
      bundle.files[CraftedBundle.image] = bundle.files[CraftedBundle.preview]
      bundle.files[CraftedBundle.preview] = first
    },
    BundleFault("listed file gone", .listedFileMissing) {
      $0.files[CraftedBundle.image] = nil
    },
    BundleFault("file that nobody lists", .fileUnlisted) { $0.files["outputs/extra.png"] = [1] },
    BundleFault("no page for people", .listedFileMissing) { $0.files["ro-crate-preview.html"] = nil },
    BundleFault("file under another name", .pathMisplaced) { bundle in
      let other = "outputs/node-9/images/0000-other.png"
      bundle.files[other] = bundle.files.removeValue(forKey: CraftedBundle.image)
      bundle.manifest.change(["outputs", "1", "path"]) { $0 = .string(other) }
    },
    BundleFault("two outputs claim one file", .pathTwice) { bundle in
      bundle.manifest.change(["outputs", "2", "path"]) { $0 = .string(CraftedBundle.image) }
    },
    BundleFault("outputs out of order", .outputsUnordered) { bundle in
      let first = bundle.manifest["outputs"]?[1] ?? .null
      bundle.manifest.change(["outputs"]) {
        $0.remove(at: 1)
        $0.append(first)
      }
    },
    BundleFault("output listed twice", .outputsUnordered) { bundle in
      let first = bundle.manifest["outputs"]?[2] ?? .null
      bundle.manifest.change(["outputs"]) { $0.append(first) }
    },
    BundleFault("counts wrong", .countsDiffer) {
      $0.manifest.change(["counts", "outputs"]) { $0 = 4 }
    },
    BundleFault("partial without a reason", .completenessContradicts) {
      $0.manifest.set("completeness", "partial")
    },
    BundleFault("missing but said to be complete", .completenessContradicts) { bundle in
      CraftedBundle.lose(&bundle)
      bundle.manifest.set("completeness", "complete")
    },
    BundleFault("archived without a file", .statusContradicts) { bundle in
      for key in ["path", "size", "sha256", "mediaType"] {
        bundle.manifest.change(["outputs", "1"]) { $0.set(key, nil) }
      }
    },
    BundleFault("omitted though nothing is to be", .statusContradicts) { bundle in
      CraftedBundle.lose(&bundle, status: "omitted", reason: "option")
    },
    BundleFault("missing by option", .statusContradicts) { bundle in
      CraftedBundle.lose(&bundle, reason: "option")
    },
    BundleFault("text with a file name", .statusContradicts) {
      $0.manifest.change(["outputs", "0"]) { $0.set("filename", "a.txt") }
    },
    BundleFault("document elsewhere", .pathMisplaced) { bundle in
      bundle.files["run/answer.json"] = bundle.files.removeValue(forKey: "run/result.json")
      bundle.manifest.change(["documents", "result", "path"]) { $0 = "run/answer.json" }
    },
    BundleFault("no result", .documentUnreadable) { bundle in
      bundle.manifest.change(["documents"]) { $0.set("result", nil) }
      bundle.files["run/result.json"] = nil
    },
    BundleFault("workflow without source", .statusContradicts) {
      $0.manifest.change(["documents", "workflow"]) { $0.set("source", nil) }
    },
    BundleFault("another run", .identifierDiffers) {
      $0.manifest.change(["run", "requestId"]) { $0 = "00000000-0000-4000-8000-000000000000" }
    },
  ]

  @Test(arguments: forms + contradictions)
  func isFound(_ fault: BundleFault) throws { try fault.check() }

  @Test func aPartialBundleSaysSo() throws {
    var bundle = try CraftedBundle.good()
    CraftedBundle.lose(&bundle)
    try bundle.derive()
    let report = try CraftedBundle.verify(
      bundle.zip.bytes, named: "\(CraftedBundle.top).partial.zip")
    #expect(report.findings.map(\.code) == ["E350"])
    #expect(report.exitStatus == 3)
    #expect(report.outputs == 2)
    let misnamed = try bundle.verify()
    #expect(misnamed.findings.map(\.code) == ["W102", "E350"])
  }

  @Test func manifestsComeBackFromTheirOwnSpelling() throws {
    let json = try CraftedBundle.good().manifest
    let manifest = try Manifest(json: json)
    #expect(CanonicalJSON.indented(manifest.json) == CanonicalJSON.indented(json))
    #expect(try Manifest(json: manifest.json) == manifest)
  }
}

extension CraftedBundle {
  /// Takes the first image out, as a bundle says it that could not have it.
  static func lose(
    _ bundle: inout CraftedBundle, status: JSONValue = "missing", reason: JSONValue = "http-404"
  ) {
    bundle.files[image] = nil
    bundle.manifest.change(["outputs", "1"]) { output in
      for key in ["path", "size", "sha256", "mediaType"] { output.set(key, nil) }
      output.set("status", status)
      output.set("reason", reason)
    }
    bundle.manifest.change(["counts", "missing"]) { $0 = status == "missing" ? 1 : 0 }
    bundle.manifest.set("completeness", status == "missing" ? "partial" : "complete")
  }
}
