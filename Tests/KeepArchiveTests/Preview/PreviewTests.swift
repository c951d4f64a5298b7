import Foundation
import KeepModel
import SystemPackage
import Testing

@testable import KeepArchive

@Suite struct PreviewTests {
  @Test(arguments: SampleSort.allCases)
  func pageNeedsNothingButTheBundle(sort: SampleSort) throws {
    let (page, files) = try page(of: sort.run())
    #expect(page.hasPrefix("<!DOCTYPE html>\n<html lang=\"en\">"))
    for word in ["<script", "javascript:", " style=", "http://", "https://", "url(", "@import", " onerror="] {
      #expect(!page.contains(word), "\(word)")
    }
    for address in Self.attributes(page, ["href", "src"]) {
      #expect(files.contains(address), "\(address) is not in the bundle")
    }
  }

  @Test(arguments: SampleSort.allCases)
  func elementsAreClosedInTheirOrder(sort: SampleSort) throws {
    let (page, _) = try page(of: sort.run())
    var open: [Substring] = []
    let empty: Set<Substring> = ["meta", "img", "wbr", "!DOCTYPE"]
    for tag in page.split(separator: "<") {
      let name = tag.prefix { $0 != " " && $0 != ">" && $0 != "\n" }
      if name.hasPrefix("/") {
        #expect(open.popLast() == name.dropFirst())
      } else if !empty.contains(name) {
        open.append(name)
      }
    }
    #expect(open.isEmpty)
  }

  @Test func policyAllowsTheStyleSheetAndNothingThatRuns() throws {
    let (page, _) = try page(of: SampleSort.image.run())
    let start = try #require(page.range(of: "<style>")?.upperBound)
    let end = try #require(page.range(of: "</style>")?.lowerBound)
    let digest = Hexadecimal.decoded(Checksum(of: Array(page[start..<end].utf8)).hexadecimal)
    #expect(page.contains("&#39;sha256-\(Base64.encode(digest))&#39;"))
    #expect(page.contains("content=\"default-src &#39;none&#39;; img-src &#39;self&#39; file:;"))
  }

  @Test func foreignNamesAreEscapedEverywhere() throws {
    let (page, _) = try page(of: SampleSort.media.run())
    #expect(!page.contains("\u{202E}"))
    #expect(!page.contains("<img>"))
    #expect(!page.contains("onerror=\"x"))
    #expect(page.contains("\u{FFFD}gnp.&quot;onerror=&quot;x&#39; &lt;img&gt;.png"))
  }

  @Test func filesThatCouldRunAreNotLinked() throws {
    let (page, _) = try page(of: SampleSort.media.run())
    let links = Self.attributes(page, ["href"])
    let harmless = ["mp4", "flac", "glb", "png", "json", "md"]
    #expect(links.allSatisfy { link in harmless.contains { link.hasSuffix(".\($0)") } }, "\(links)")
    #expect(links.contains { $0.hasSuffix("mesh.glb") })
    #expect(Self.attributes(page, ["src"]).contains { $0.hasSuffix("drawing.svg") })
    #expect(page.contains("<video controls=\"\""))
    #expect(page.contains("<audio controls=\"\""))
    #expect(page.contains(">GLB<"))
    #expect(page.contains(">EMPTY<"))
  }

  @Test func inputsStandBesideOutputsWithPromptsAndSeeds() throws {
    let (page, _) = try page(of: SampleSort.image.run())
    for text in [
      "What went in", "Café &amp; &lt;b&gt;.png", "a &quot;red&quot; fox,\n&lt;snow&gt; &amp; &#39;ice&#39;",
      "18446744073709551615", "0.65", "Positive &lt;prompt&gt;", "watermark, text", "as in the workflow",
      "What came out", "deployment-1", "2026-11-22 21:00:22 UTC", ">0.4 s<", "2 files, 140 B",
      "Every output that the service listed is in this bundle, byte for byte.",
    ] {
      #expect(page.contains(text), "\(text)")
    }
    #expect(!page.contains("<blockquote dir=\"auto\">old<"))
  }

  @Test func failureIsShownWithItsDetails() throws {
    let (page, _) = try page(of: SampleSort.failed.run())
    for text in [">Failed<", "What went wrong", "no &lt;memory&gt;", "10012", "line 1\nline 2"] {
      #expect(page.contains(text), "\(text)")
    }
  }

  @Test func aFileIsLinkedByItsNameAndItsBytes() {
    func isLinked(_ path: String, _ type: MediaType) -> Bool {
      let stored = Manifest.Stored(path: path, size: 1, checksum: Checksum(of: []), mediaType: type)
      return PreviewCard(name: "n", stored: stored, alternative: "", absence: "", notes: []).html.source
        .contains("href=")
    }
    for (path, type) in [
      ("a.png", "image/png"), ("a.txt", "text/plain"), ("a.json", "application/json"),
      ("a.zip", "application/zip"), ("a.ply", "model/ply"), ("a.png", "image/jpeg"),
    ] as [(String, MediaType)] {
      #expect(isLinked(path, type), "\(path) \(type)")
    }
    for (path, type) in [
      ("a.shtml", "image/gif"), ("a.png", "text/html"), ("a", "image/png"), ("a.svg", "image/png"),
      ("a.bin", "application/octet-stream"), ("a.txt", "application/gzip"), ("a.html", "text/plain"),
    ] as [(String, MediaType)] {
      #expect(!isLinked(path, type), "\(path) \(type)")
    }
  }

  @Test func aFailedRunWithoutOutputsIsNotCalledComplete() throws {
    let (failed, _) = try page(of: SampleSort.failed.run())
    #expect(!failed.contains(">Complete<"))
    #expect(failed.contains(">No outputs<"))
    let (empty, _) = try page(of: SampleSort.empty.run())
    #expect(empty.contains(">Complete<"))
  }

  @Test(arguments: SampleSort.allCases)
  func everyClassHasARule(sort: SampleSort) throws {
    let (page, _) = try page(of: sort.run())
    let sheet = "\(PreviewStyle.sheet)"
    let classes = Set(Self.attributes(page, ["class"]).flatMap { $0.split(separator: " ") })
    let silent: Set<Substring> = ["in", "out", "failure", "group"]
    for name in classes.subtracting(silent) { #expect(sheet.contains(".\(name)"), "\(name)") }
    #expect(
      page.components(separatedBy: "<table").count == page.components(separatedBy: "class=\"scroll\"").count)
  }

  @Test func missingOutputIsListedWithItsReason() throws {
    let (page, _) = try page(of: SampleSort.partial.run())
    #expect(page.contains("1 of 2 listed outputs is not in this bundle"))
    #expect(page.contains("gone.mp4"))
    #expect(page.contains("Missing: the service no longer had it (HTTP 404)."))
  }

  @Test func longTextIsCutBetweenCharacters() throws {
    let (page, _) = try page(of: SampleSort.text.run())
    #expect(page.contains("&lt;/pre&gt;&lt;script&gt;alert(1)&lt;/script&gt;"))
    #expect(page.contains("The beginning; the whole text is in the file."))
    #expect(!page.contains("\u{FFFD}"))
    #expect(TextExcerpt(Array("aé".utf8)).isCut == false)
    let odd = TextExcerpt(Array(("a" + String(repeating: "é", count: 9000)).utf8))
    #expect(odd.text.utf8.count == TextExcerpt.limit - 1 && odd.text.hasSuffix("é"))
    let even = TextExcerpt(Array(String(repeating: "😀", count: 9000).utf8))
    #expect(even.text.utf8.count == TextExcerpt.limit && even.text.hasSuffix("😀"))
  }

  @Test(arguments: [
    (Int64(0), "0.0 s"), (59_999, "59.9 s"), (61_000, "1 min 1 s"), (3_660_000, "1 h 1 min"),
  ])
  func spansReadWell(milliseconds: Int64, text: String) {
    let start = Timestamp(milliseconds: 5)
    #expect(
      PreviewWords.span(from: start, to: Timestamp(milliseconds: 5 + milliseconds)) == text)
    #expect(PreviewWords.span(from: start, to: Timestamp(milliseconds: 4)) == nil)
  }

  @Test func whatWentInStandsAsLargeAsWhatCameOutWhereItCanBeSeen() throws {
    #expect(try page(of: SampleSort.image.run()).0.contains("<body class=\"pair even\">"))
    #expect(try page(of: SampleSort.elsewhere.run()).0.contains("<body class=\"single\">"))
    var unseen = try SampleSort.image.run()
    unseen.record.options.inputs = .omit
    #expect(try page(of: unseen).0.contains("<body class=\"pair\">"))
  }

  @Test func theWindowIsCalledAfterWhatWentIn() throws {
    let (page, _) = try page(of: SampleSort.image.run())
    #expect(page.contains("<title>Café &amp; &lt;b&gt;.png – ComfyUI run of 22 November 2026</title>"))
    let (other, _) = try self.page(of: SampleSort.elsewhere.run())
    #expect(other.contains("<title>\(SampleRun.id) – ComfyUI run of 22 November 2026</title>"))
  }

  @Test func whatNoBrowserShowsSaysHowToOpenIt() throws {
    let (page, _) = try page(of: SampleSort.media.run())
    #expect(page.contains("A 3D model: open the file in a viewer or a modelling program."))
    #expect(page.contains("No browser shows it: open the file in a program for it."))
  }

  @Test func aPageShowsSomeHundredOutputsAndSaysWhereTheOthersAre() throws {
    var run = try SampleRun()
    for index in 0..<401 { run.add(text: "line \(index)", index: index) }
    let (page, _) = try page(of: run)
    #expect(page.contains(">line 399<"))
    #expect(!page.contains(">line 400<"))
    #expect(page.contains("The first 400 of 401. All of them are listed in <a href=\"manifest.json\">"))
  }

  /// The page, and the files of the payload.
  private func page(of run: SampleRun) throws -> (String, Set<String>) {
    let draft = try BundleDraft(run.record, outputs: run.outputs)
    let part = try #require(draft.parts.first { $0.file.path == Preview.path })
    guard case .memory(let bytes) = part.source else { return ("", []) }
    return (String(decoding: bytes, as: UTF8.self), Set(draft.parts.map(\.file.path)))
  }

  private static func attributes(_ page: String, _ names: [String]) -> [String] {
    names.flatMap { name in
      page.components(separatedBy: " \(name)=\"").dropFirst().map { rest in
        String(rest.prefix { $0 != "\"" })
      }
    }
  }
}

extension Hexadecimal {
  fileprivate static func decoded(_ text: String) -> [UInt8] {
    let digits = text.utf8.compactMap(value)
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }
}
