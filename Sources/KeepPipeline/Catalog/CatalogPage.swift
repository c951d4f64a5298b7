import KeepArchive
import KeepModel

/// One page of the catalogue. It needs no network and no script; a small one lets its bundles be filtered.
///
/// Its bytes depend on the bundles alone: no clock, no host, no version, not even the archive's own name.
struct CatalogPage: Sendable {
  let page: CatalogPages.Page
  let pages: CatalogPages
  let totals: CatalogTotals
  let problems: [CatalogProblem]

  /// By this a page is known as ours, and may be replaced.
  static let mark = #"<meta name="generator" content="comfykeep catalog">"#

  private var isIndex: Bool { page.path == "index.html" }
  /// From the page to the archive.
  private var up: String { isIndex ? "" : "../" }
  private var thumbnails: String { isIndex ? "catalog/thumbnails/" : "thumbnails/" }

  /// The page.
  var bytes: [UInt8] {
    let html = HTML.element(
      "html", ["lang": "en"],
      .lines([.element("head", .lines(head)), .element("body", .lines(body))]))
    return Array(("<!DOCTYPE html>\n" + html.source + "\n").utf8)
  }

  private static let securityPolicy =
    "default-src 'none'; img-src 'self' file:; style-src \(HTML.policySource(of: CatalogStyle.ground)) "
    + "\(HTML.policySource(of: CatalogStyle.sheet)); "
    + "script-src \(HTML.policySource(of: CatalogStyle.script)); base-uri 'none'; form-action 'none'"

  private var head: [HTML] {
    [
      .void("meta", ["charset": "utf-8"]),
      .void("meta", ["name": "generator", "content": "comfykeep catalog"]),
      .void("meta", ["http-equiv": "Content-Security-Policy", "content": Self.securityPolicy]),
      .void("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
      .void("meta", ["name": "color-scheme", "content": "light dark"]),
      .void("meta", ["name": "referrer", "content": "no-referrer"]),
      .element("title", .text(isIndex ? "Catalogue of runs" : "\(page.title) – catalogue of runs")),
      .style(CatalogStyle.ground), .style(CatalogStyle.sheet),
    ]
  }

  private var body: [HTML] {
    let nothing =
      page.days.isEmpty ? HTML.element("p", ["class": "nothing"], "No run is kept here yet.") : .empty
    return [
      CatalogMarks.definitions, header,
      .element("main", .lines([nothing] + page.days.map(day) + [isIndex ? unreadable : .empty])),
      turning, footer, .script(CatalogStyle.script),
    ]
  }

  // MARK: Head of the page

  private var header: HTML {
    .element(
      "header",
      .lines([
        isIndex
          ? .element("p", ["class": "kind"], "Archive of ComfyUI runs")
          : .element("p", ["class": "kind"], .element("a", ["href": "../index.html"], "Catalogue")),
        .element("h1", .text(page.title)),
        isIndex ? summary : .element("p", ["class": "sum"], .text(count)),
        isIndex ? calendar : .empty,
        filter,
      ]))
  }

  private var count: String {
    PreviewWords.grouped(page.days.reduce(0) { $0 + $1.entries.count }, "run")
  }

  private var summary: HTML {
    let span = [totals.oldest, totals.newest].compactMap { $0.map(PreviewWords.day) }
    let days = span.first == span.last ? span.first : span.joined(separator: " – ")
    let facts = [
      PreviewWords.grouped(totals.runs, "run"), PreviewWords.grouped(totals.outputs, "output"),
      ByteCount(totals.size).description, days ?? "",
    ]
    let states = CatalogEntry.State.allCases.compactMap { state -> HTML? in
      guard let count = totals.states[state], totals.states.count > 1 else { return nil }
      return .element(
        "li", ["class": "state \(CatalogCard.tone(state))"],
        .text("\(PreviewWords.grouped(count)) \(state.rawValue)"))
    }
    return .lines([
      .element("p", ["class": "sum"], .text(facts.filter { !$0.isEmpty }.joined(separator: "  ·  "))),
      states.isEmpty ? .empty : .element("ul", ["class": "states"], .joined(states)),
    ])
  }

  private var calendar: HTML {
    guard !pages.months.isEmpty else { return .empty }
    let years = pages.months.reduce(into: [[CatalogPages.Month]]()) { years, month in
      if years.last?.last?.year == month.year {
        years[years.count - 1].append(month)
      } else {
        years.append([month])
      }
    }
    let lists = years.map { months in
      HTML.element(
        "ul",
        .lines(
          months.map { month in
            .element(
              "li",
              .element(
                "a", ["href": month.path], .text(month.title), " ",
                .element("span", .text(PreviewWords.grouped(month.count)))))
          }))
    }
    return .element("nav", ["class": "months", "aria-label": "Months"], .lines(lists))
  }

  /// Hidden until the script, without which it does nothing, shows it.
  private var filter: HTML {
    guard page.days.reduce(0, { $0 + $1.entries.count }) > 5 else { return .empty }
    let states = CatalogEntry.State.allCases.map { state in
      HTML.element("option", ["value": state.rawValue], .text(state.rawValue))
    }
    return .element(
      "div", ["class": "filter", "role": "search", "hidden": ""],
      .void(
        "input",
        [
          "type": "search", "placeholder": "Filter this page by prompt, seed, name …",
          "aria-label": "Filter this page",
          "autocomplete": "off", "spellcheck": "false",
        ]),
      .element(
        "select", ["aria-label": "State"], .element("option", ["value": ""], "any state"), .joined(states)),
      .element("output", ["aria-live": "polite"]))
  }

  // MARK: Bundles

  private func day(_ day: CatalogPages.Day) -> HTML {
    let time = day.name.flatMap { Timestamp(parsing: "\($0)T00:00:00") }
    return .element(
      "section", ["class": "day"],
      .lines([
        .element(
          "h2", .text(time.map(PreviewWords.day) ?? "Undated"), " ",
          .element("small", .text(PreviewWords.grouped(day.entries.count, "run")))),
        .element(
          "div", ["class": "runs"],
          .lines(day.entries.map { CatalogCard(entry: $0, up: up, thumbnails: thumbnails).html })),
      ]))
  }

  private var unreadable: HTML {
    guard !problems.isEmpty else { return .empty }
    let rows = problems.map { problem in
      let name = HTML.element("bdi", .text(problem.path))
      return HTML.element(
        "li", problem.address.map { .element("a", ["href": Self.link($0), "download": ""], name) } ?? name,
        .element("p", ["dir": "auto"], .text(problem.reason)))
    }
    return .element(
      "section", ["class": "problems"], .element("h2", "What cannot be read"),
      .element(
        "p", ["class": "sum"],
        "These were taken for bundles and are not shown above. comfykeep verify tells more of each."),
      .element("ul", .lines(rows)))
  }

  /// An address as a link: a colon in its first part would else be taken for a scheme.
  static func link(_ address: String, up: String = "") -> String {
    up.isEmpty ? "./\(address)" : up + address
  }

  // MARK: Foot of the page

  private var turning: HTML {
    guard let place = pages.pages.firstIndex(where: { $0.path == page.path }) else {
      return pages.months.isEmpty
        ? .empty
        : .element(
          "nav", ["class": "turning", "aria-label": "Pages"],
          .element("a", ["href": pages.pages[0].path, "rel": "next"], "All runs, month by month"))
    }
    let newer = place > 0 ? pages.pages[place - 1] : nil
    let older = place + 1 < pages.pages.count ? pages.pages[place + 1] : nil
    return .element(
      "nav", ["class": "turning", "aria-label": "Pages"],
      newer.map { .element("a", ["href": up + $0.path, "rel": "prev"], .text("Newer: \($0.title)")) }
        ?? .empty,
      .element("a", ["href": "../index.html"], "Catalogue"),
      older.map { .element("a", ["href": up + $0.path, "rel": "next"], .text("Older: \($0.title)")) }
        ?? .empty)
  }

  private var footer: HTML {
    .element(
      "footer",
      .element(
        "p",
        "Made from the bundles’ own manifests. It does not verify them: comfykeep verify does. ",
        .element("a", ["href": "\(up)catalog.csv"], "The same as a table")))
  }
}
