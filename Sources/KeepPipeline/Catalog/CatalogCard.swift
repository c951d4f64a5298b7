import KeepArchive
import KeepModel

/// One bundle on a page: what went in beside what came out, the prompt, the seeds, and the way to the bundle.
struct CatalogCard: Sendable {
  let entry: CatalogEntry
  /// From the page to the archive, and to the thumbnails.
  let up: String
  let thumbnails: String

  /// The colour that a state has.
  static func tone(_ state: CatalogEntry.State) -> String {
    switch state {
    case .complete: "good"
    case .partial, .canceled: "fair"
    case .failed: "bad"
    case .empty: "plain"
    }
  }

  var html: HTML {
    .element(
      "article", ["class": "run", "data-state": entry.state.rawValue],
      .lines([pictures, others, .element("div", ["class": "about"], .lines([head, prompt, error, facts]))]))
  }

  // MARK: Pictures

  private var pictures: HTML {
    let out = entry.outputs.first.map { figure($0, "Output") } ?? nothing
    guard let input = entry.input else { return .element("div", ["class": "pictures"], out) }
    return .element("div", ["class": "pictures pair"], figure(input, "Input"), out)
  }

  private var nothing: HTML {
    let isListed = entry.state == .empty || entry.state == .complete
    return .element(
      "figure", ["class": "mark"], .element("p", isListed ? "The service listed no output" : "No output"))
  }

  private func figure(_ tile: CatalogEntry.Tile, _ word: String) -> HTML {
    let caption = entry.input == nil ? HTML.empty : .element("figcaption", .text(word))
    guard tile.thumbnail == nil else { return .element("figure", image(tile, word), caption) }
    let kind = tile.absence == nil ? (tile.excerpt == nil ? "mark" : "words") : "mark absent"
    return .element("figure", .element("div", ["class": kind], mark(tile)), caption)
  }

  private func image(_ tile: CatalogEntry.Tile, _ word: String) -> HTML {
    .void(
      "img",
      ["src": thumbnails + (tile.thumbnail ?? ""), "alt": "\(word): \(tile.name)", "loading": "lazy"])
  }

  /// What stands for something that has no picture.
  private func mark(_ tile: CatalogEntry.Tile, isSmall: Bool = false) -> HTML {
    if let absence = tile.absence {
      return isSmall ? .element("p", .text(tile.badge)) : .element("p", "Missing: ", .text(absence))
    }
    if let excerpt = tile.excerpt, !isSmall {
      return .element("blockquote", ["dir": "auto"], .text(excerpt))
    }
    return .joined([CatalogMarks.mark(of: tile.kind), .element("p", .element("bdi", .text(tile.badge)))])
  }

  /// The outputs after the first.
  private var others: HTML {
    let rest = entry.outputs.dropFirst()
    guard !rest.isEmpty else { return .empty }
    let more = entry.listed - entry.outputs.count
    var items = rest.map { tile in
      tile.thumbnail == nil
        ? HTML.element(
          "li", ["class": tile.absence == nil ? "mark" : "mark absent"], mark(tile, isSmall: true))
        : HTML.element("li", image(tile, "Output"))
    }
    if more > 0 { items.append(.element("li", ["class": "mark"], .element("p", .text("+\(more)")))) }
    return .element("ul", ["class": "others"], .joined(Array(items)))
  }

  // MARK: Words

  private var head: HTML {
    let clock = entry.moment.map { moment in
      HTML.element(
        "time", ["datetime": moment.description], .text("\(moment.description.dropFirst(11).prefix(5)) UTC"))
    }
    let outputs =
      entry.archived == entry.listed
      ? PreviewWords.count(entry.archived, "output")
      : "\(entry.archived) of \(PreviewWords.count(entry.listed, "output"))"
    return .element(
      "p", ["class": "head"],
      .element("span", ["class": "state \(Self.tone(entry.state))"], .text(entry.state.rawValue)),
      clock ?? .empty, entry.listed == 0 ? .empty : .element("span", .text(outputs)))
  }

  private var prompt: HTML {
    guard let text = entry.prompts.first else { return .empty }
    return .element("p", ["class": "prompt", "dir": "auto"], .text(text.cut(to: 600)))
  }

  private var error: HTML {
    guard !entry.error.isEmpty else { return .empty }
    return .element("p", ["class": "error", "dir": "auto"], .text(entry.error.cut(to: 300)))
  }

  private var facts: HTML {
    let name = entry.address.split(separator: "/").last.map(String.init) ?? entry.address
    return .element(
      "dl",
      .lines([
        fact(entry.seeds.count > 1 ? "Seeds" : "Seed", entry.seeds.prefix(4).joined(separator: ", ")),
        fact("Deployment", entry.deployment.cut(to: 80), isCut: true),
        .element(
          "div", .element("dt", "Bundle"),
          .element(
            "dd", ["class": "file"],
            .element("a", ["href": CatalogPage.link(entry.address, up: up), "download": ""], .text(name)),
            " ",
            .element("span", .text(ByteCount(entry.size).description)))),
      ]))
  }

  private func fact(_ name: HTML, _ value: String, isCut: Bool = false) -> HTML {
    guard !value.isEmpty else { return .empty }
    return .element(
      "div", .element("dt", name),
      .element("dd", ["class": isCut ? "cut" : nil], .element("bdi", .text(value))))
  }
}
