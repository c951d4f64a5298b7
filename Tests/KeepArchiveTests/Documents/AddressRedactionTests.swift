import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@testable import KeepArchive

/// Secrets in addresses, however those are spelled, stay out of every part of a bundle.
@Suite struct AddressRedactionTests {
  /// What a file record may give as its address, and what the manifest says of it.
  private static let addresses = [
    ("ftp://user:SECRET@h/b.png?X-Amz-Signature=SECRET", "ftp://h/b.png"),
    ("//h.example/c.png?sig=SECRET", "//h.example/c.png"),
    ("//u:SECRET@h.example/c.png", "//h.example/c.png"),
    ("/view/d.png?token=SECRET", "/view/d.png"), ("view/d.png?token=SECRET#SECRET", "view/d.png"),
    (" https://user:SECRET@h.example/e.png?sig=SECRET", " https://h.example/e.png"),
    ("s3://b/e.png?sig=SECRET", "s3://b/e.png"), ("https://h/f.png#access_token=SECRET", "https://h/f.png"),
    ("blob:https://u:SECRET@h/g.png?sig=SECRET", "blob:https://h/g.png"),
    ("https:u:SECRET@h/i.png", "https:h/i.png"), ("?token=SECRET", "REDACTED"), ("a@2x.png", "a@2x.png"),
    ("https://u:SECRET@h", "https://h"), ("https://u:SEC RET@h/a b.png?x SECRET", "https://h/a b.png"),
  ]

  @Test(arguments: addresses)
  func noSpellingOfAnAddressCarriesASecret(address: String, bare: String) throws {
    #expect(AddressText.bare(address) == bare)
    #expect(AddressText.bare(bare) == bare)
    #expect(AddressText.bare(AddressText.inAddressField(address)) == bare)
    #expect(!AddressText.inAddressField(address).contains("SEC"))
  }

  @Test(arguments: [true, false])
  func bundlesWithSuchAddressesAreWholeAndHoldNoSecret(hasNames: Bool) throws {
    var records = Self.addresses.enumerated().map { number, address -> JSONValue in
      var record = JSONObject([JSONObject.Member(key: "url", value: .string(address.0))])
      if hasNames { record["filename"] = .string("\(number)#1?.png") }
      return .object(record)
    }
    records.append([
      "filename": "https://h/n.png?sig=SECRET", "subfolder": "x://u:SECRET@h", "url": "data:,a?b#c",
    ])
    let texts: [JSONValue] = [
      "see https://h/z?X-Amz-Signature=SECRET ok", " https://h/z.png?sig=SECRET", "ftp://u:SECRET@h/?v=1",
      "[x?](https://h/a?sig=SECRET) https://h/w?v=1", "a\nhttps://h/b#token=SECRET", "why?",
    ]
    let run = try Self.run(["1": ["images": .array(records)], "2": ["text": .array(texts)]])
    let folder = try TemporaryFolder()
    let bundle = try run.write(into: folder, allowsPartial: true)
    let findings = BundleVerifier().verify(bundle.path).findings
    #expect(findings.filter { $0.code != FindingCode.outputMissing.rawValue }.map(\.description) == [])
    let bytes = try folder.read(bundle.path.lastComponent?.string ?? "")
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(!text.contains("SECRET"))
    #expect(text.contains("see https://h/z ok") && text.contains("ftp://REDACTED@h/?v=1"))
    #expect(text.contains("[x?](https://h/a https://h/w?v=1"))
  }

  /// A run of which no file can be had.
  private static func run(_ outputs: JSONValue) throws -> SampleRun {
    var run = try SampleRun()
    var document = run.record.result.document.object ?? JSONObject()
    document["outputs"] = outputs
    let old = run.record.result
    run.record.result = RunResult(
      verdict: old.verdict, word: old.word, createdAt: old.createdAt, finishedAt: old.finishedAt,
      document: .object(document), raw: CanonicalJSON.compact(.object(document)))
    run.outputs = OutputCollector.collect(run.record.result, workflow: nil).outputs.map { output in
      if case .file(let record) = output.content {
        RetrievedOutput(
          output: output, retrieval: .missing(record.url == nil ? .noURL : .unreachable))
      } else {
        RetrievedOutput(output: output, retrieval: .text)
      }
    }
    return run
  }
}
