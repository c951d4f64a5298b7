import KeepModel
import Testing

@testable import KeepPipeline

@Suite struct CatalogPagesTests {
  private func count(_ page: CatalogPages.Page) -> Int { page.days.reduce(0) { $0 + $1.entries.count } }

  @Test func aFewBundlesAreOnOnePageByDay() {
    let pages = CatalogPages(CatalogEntry.samples(30))
    #expect(pages.pages.isEmpty && pages.months.isEmpty)
    #expect(pages.index.days.map(\.name) == ["2026-11-02", "2026-11-01"])
    #expect(pages.index.days.map(\.entries.count) == [6, 24])
    #expect(pages.index.days[0].entries.first?.request == "request-1740", "newest first")
  }

  @Test func manyBundlesAreOnPagesByMonthToo() {
    // An hour apart: 720 in November, 280 in December.
    let pages = CatalogPages(CatalogEntry.samples(1000))
    #expect(
      pages.pages.map(\.path) == [
        "catalog/2026-12-2.html", "catalog/2026-12.html", "catalog/2026-11-4.html", "catalog/2026-11-3.html",
        "catalog/2026-11-2.html", "catalog/2026-11.html",
      ])
    #expect(pages.pages.map(count) == [80, 200, 120, 200, 200, 200])
    #expect(pages.months.map(\.title) == ["December 2026", "November 2026"])
    #expect(pages.months.map(\.count) == [280, 720])
    #expect(pages.months.map(\.path) == ["catalog/2026-12-2.html", "catalog/2026-11-4.html"])
    #expect(pages.pages[2].title == "November 2026, part 4 of 4")
    // The newest whole days that make sixty.
    #expect(pages.index.days.map(\.entries.count) == [16, 24, 24])
    let shown = pages.pages.flatMap(\.days).flatMap(\.entries)
    #expect(shown == CatalogEntry.samples(1000), "each once, newest first")
  }

  @Test func tenThousandBundlesAreOnPagesThatStaySmall() {
    // An hour apart: fourteen months, from November 2026 on.
    let entries = CatalogEntry.samples(10_000)
    let pages = CatalogPages(entries)
    #expect((CatalogPages.fewest...CatalogPages.most).contains(count(pages.index)))
    #expect(pages.pages.allSatisfy { (1...CatalogPages.onPage).contains(count($0)) })
    let shown = pages.pages.flatMap(\.days).flatMap(\.entries)
    #expect(shown.map(\.request) == entries.map(\.request), "each once, newest first")
    #expect(Set(shown.map(\.request)).count == 10_000)
    #expect(Set(pages.pages.map(\.path)).count == pages.pages.count)
    #expect(pages.months.count == 14 && pages.months.reduce(0) { $0 + $1.count } == 10_000)
    #expect(pages.months.first?.title == "December 2027" && pages.months.last?.title == "November 2026")
    // Every page has one month, and the months come one after the other, parts from the last to the first.
    let names = pages.pages.map { page in Set(page.days.compactMap { $0.name?.prefix(7) }) }
    #expect(names.allSatisfy { $0.count == 1 })
    let months = names.compactMap(\.first)
    #expect(months == months.sorted(by: >) && Set(months).count == 14)
    let firsts = pages.months.compactMap { month in pages.pages.firstIndex { $0.path == month.path } }
    #expect(firsts.count == 14 && firsts == firsts.sorted())
  }

  @Test func aFullPageNeverChangesAgain() {
    let before = CatalogPages(CatalogEntry.samples(500))
    let after = CatalogPages(CatalogEntry.samples(590))
    let full = { (pages: CatalogPages) in pages.pages.filter { $0.path == "catalog/2026-11.html" }.map(\.days)
    }
    #expect(full(before) == full(after) && !full(before).isEmpty)
  }

  @Test func aDayTooLargeForTheIndexIsCut() {
    let pages = CatalogPages(CatalogEntry.samples(500, apart: 1))
    #expect(count(pages.index) == CatalogPages.most)
    #expect(pages.pages.map(count) == [100, 200, 200])
  }

  @Test func whatHasNoTimeComesLast() {
    var entries = CatalogEntry.samples(130)
    entries[0].finishedAt = nil
    entries.sort(by: CatalogEntry.isBefore)
    let pages = CatalogPages(entries)
    #expect(pages.pages.last?.path == "catalog/undated.html")
    #expect(pages.months.last?.title == "Undated")
    #expect(pages.pages.last?.days.map(\.name) == [nil])
  }

  @Test func theOrderIsThatOfTimeThenRequest() {
    let entries = [
      CatalogEntry.sample(5, request: "b"), CatalogEntry.sample(9), CatalogEntry.sample(5, request: "a"),
    ]
    #expect(entries.sorted(by: CatalogEntry.isBefore).map(\.request) == ["request-9", "a", "b"])
  }
}
