import KeepModel
import Testing

@testable import KeepPipeline

@Suite struct CatalogPageTests {
  private func page(_ entries: [CatalogEntry], _ problems: [CatalogProblem] = [], path: String? = nil)
    -> String
  {
    let pages = CatalogPages(entries)
    let page = pages.pages.first { $0.path == path } ?? pages.index
    return String(
      decoding: CatalogPage(page: page, pages: pages, totals: CatalogTotals(entries), problems: problems)
        .bytes,
      as: UTF8.self)
  }

  @Test func aRunIsTold() {
    let text = page([.sample(61)])
    for word in [
      "1 run  ·  2 outputs  ·  1.0 kB  ·  1 November 2026", "a red fox", "18446744073709551615",
      "deployment-1",
      "01:01 UTC", #"src="catalog/thumbnails/request-61.jpg""#,
      #"href="./day/stem/run-request-61.zip" download"#,
      "2 outputs", "MP4", #"href="catalog.csv""#, #"<html lang="en">"#,
    ] { #expect(text.contains(word), "\(word)") }
    #expect(text.hasPrefix("<!DOCTYPE html>\n"))
    #expect(text.contains(CatalogPage.mark))
  }

  @Test func whateverANameHoldsItIsText() {
    let hostile = "</p><script>alert(1)</script>\"'><img src=x onerror=alert(1)>\u{202E}\u{1B}[2J\u{0}"
    var entry = CatalogEntry.sample(1, .failed)
    (entry.request, entry.deployment, entry.status, entry.error) = (hostile, hostile, hostile, hostile)
    (entry.prompts, entry.seeds) = ([hostile], [hostile])
    entry.outputs = [.init(kind: .image, badge: hostile, name: hostile, thumbnail: "a.jpg")]
    entry.outputs.append(.init(kind: .text, badge: hostile, name: hostile, excerpt: hostile))
    entry.outputs.append(.init(kind: .other, badge: hostile, name: hostile, absence: hostile))
    entry.input = .init(kind: .text, badge: "TXT", name: hostile, excerpt: hostile)
    let text = page([entry], [.init(address: nil, path: hostile, reason: hostile)])
    #expect(text.components(separatedBy: "<script>") == 2, "ours alone")
    #expect(text.components(separatedBy: "<img ") == 2, "the thumbnail alone")
    for scalar in ["\u{202E}", "\u{1B}", "\u{0}"] { #expect(!text.contains(scalar)) }
    #expect(!text.contains(#""'>"#))
  }

  @Test func nothingIsFetchedFromElsewhereAndOnlyOurScriptRuns() {
    let text = page(CatalogEntry.samples(20))
    #expect(text.contains("default-src &#39;none&#39;"))
    #expect(text.contains("script-src &#39;sha256-"))
    #expect(!text.contains("unsafe-inline") && !text.contains("http://") && !text.contains("https://"))
    #expect(!text.contains("onclick") && !text.contains("style="))
    #expect("\(CatalogStyle.script)".contains("</") == false)
  }

  @Test func theSameBundlesGiveTheSameBytes() {
    #expect(
      page(CatalogEntry.samples(300))
        == page(CatalogEntry.samples(300).shuffled().sorted(by: CatalogEntry.isBefore)))
  }

  @Test func pagesByMonthLeadToEachOther() {
    let entries = CatalogEntry.samples(1000)
    let text = page(entries, path: "catalog/2026-11-4.html")
    #expect(text.contains(#"href="../catalog/2026-12.html" rel="prev">Newer: December 2026, part 1 of 2"#))
    #expect(text.contains(#"href="../catalog/2026-11-3.html" rel="next">Older: November 2026, part 3 of 4"#))
    #expect(text.contains(#"href="../day/stem/run-"#) && text.contains(#"src="thumbnails/"#))
    #expect(page(entries).contains(#"<a href="catalog/2026-11-4.html">November 2026 <span>720</span></a>"#))
  }

  @Test func everyStateAndWhatCannotBeReadIsTold() {
    var partial = CatalogEntry.sample(3, .partial)
    (partial.archived, partial.missing) = (1, 1)
    partial.outputs[1].absence = "the service had deleted it"
    var empty = CatalogEntry.sample(4, .empty)
    (empty.listed, empty.archived, empty.outputs) = (0, 0, [])
    let problem = CatalogProblem(address: "day/bad%0A.zip", path: "day/bad\n.zip", reason: "is damaged")
    let text = page([.sample(5), empty, partial, .sample(2, .failed), .sample(1, .canceled)], [problem])
    for word in [
      "1 complete", "1 partial", "1 failed", "1 canceled", "1 empty", "1 of 2 outputs",
      "The service listed no output",
      "is damaged", #"href="./day/bad%0A.zip""#,
    ] { #expect(text.contains(word), "\(word)") }
  }

  @Test func anEmptyArchiveSaysSo() {
    #expect(page([]).contains("No run is kept here yet."))
  }
}

extension String {
  /// How many parts a separator makes.
  fileprivate func components(separatedBy separator: String) -> Int {
    var count = 1
    var rest = self[...]
    while let range = rest.firstRange(of: separator) {
      count += 1
      rest = rest[range.upperBound...]
    }
    return count
  }
}
