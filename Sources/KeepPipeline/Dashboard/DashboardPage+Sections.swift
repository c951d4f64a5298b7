import KeepArchive
import KeepModel

// The sections as the server says them. The script puts the same elements in their place.
extension DashboardPage {
  /// What is done with files.
  var work: [HTML] {
    let counts = state.counts
    let failed = counts.failed + counts.inDoubt
    let retryAll = HTML.element(
      "button", ["id": "retry-all", "type": "button", "class": "small", "hidden": ""], "Retry all")
    return [
      section(
        "running", "Running", count: counts.running, state.running.map(running),
        empty: "Nothing runs just now."),
      section(
        "failures", "Failed", count: failed, state.failures.map(failure), empty: "Nothing has failed.",
        beside: retryAll, more: failed - state.failures.count),
      section(
        "finished", "Kept", list: "cards", state.finished.map(finished), empty: "Nothing is kept yet."),
      section(
        "waiting", "Waiting", count: counts.waiting, state.waiting.map(waiting), empty: nothingWaits,
        more: counts.waiting - state.waiting.count),
    ]
  }

  /// What there is to know besides.
  var facts: [HTML] {
    [
      throughput,
      .element(
        "section", .element("h2", "Today"),
        .element(
          "div", ["id": "today"],
          use("Runs", state.today.runs, state.today.runLimit) { PreviewWords.grouped(Int(clamping: $0)) },
          use("Sent", state.today.sent.bytes, state.today.sentLimit?.bytes) { ByteCount($0).description })),
      section(
        "deadlines", "Deleted by the service", state.deadlines.map(deadline),
        empty: "Nothing unkept is about to be deleted."),
      section("folders", "Folders", state.folders.map(folder), empty: "No folder is watched."),
      totals,
    ]
  }

  private var nothingWaits: String {
    let place = state.folders.first.map { "Drop a file into \(DashboardText.visible($0.path))." } ?? ""
    return "Nothing is waiting. \(place)"
  }

  private func section(
    _ id: String, _ title: HTML, count: Int? = nil, list: String = "rows", _ items: [HTML], empty: String,
    beside: HTML = .empty, more: Int? = nil
  ) -> HTML {
    let number = count.map { count in
      HTML.element("small", ["id": "\(id)-count"], .text(count > 0 ? PreviewWords.grouped(count) : ""))
    }
    let rest = more.map { more in
      HTML.element(
        "p", ["id": "\(id)-more", "class": "more", "hidden": items.isEmpty || more <= 0 ? "" : nil],
        .text("and \(PreviewWords.grouped(max(0, more))) more"))
    }
    return .element(
      "section", ["aria-labelledby": "\(id)-title"],
      .lines([
        .element(
          "div", ["class": "bar"], .element("h2", ["id": "\(id)-title"], title, number ?? .empty), beside),
        .element("ol", ["id": id, "class": list], .lines(items)),
        .element(
          "p", ["id": "\(id)-none", "class": "nothing", "hidden": items.isEmpty ? nil : ""], .text(empty)),
        .element(
          "button",
          ["id": "\(id)-all", "type": "button", "class": "small all", "data-all": id, "hidden": ""],
          "Show all"),
        rest ?? .empty,
      ]))
  }

  // MARK: Files

  private func name(_ name: String, folder: String = "") -> HTML {
    let parts = DashboardText.visible(name).split(separator: "/", omittingEmptySubsequences: false)
    let place = parts.dropLast().joined(separator: "/")
    let whole = folder.isEmpty ? name : "\(folder)/\(name)"
    return .element(
      "div", ["class": "name"],
      .element(
        "bdi", ["title": DashboardText.visible(whole)],
        place.isEmpty ? .empty : .element("span", ["class": "dir"], .text(place + "/")),
        .text(parts.last.map(String.init) ?? "")))
  }

  private func aged(_ time: Timestamp) -> HTML {
    .element(
      "time", ["datetime": time.description], .text(DashboardWords.span(from: time, to: state.now)))
  }

  private func words(_ words: HTML...) -> HTML { .element("span", .joined(words)) }

  private func running(_ item: DashboardItem) -> HTML {
    let place = item.position.map { ", place \(PreviewWords.grouped($0))" } ?? ""
    return .element(
      "li", ["class": "row"], name(item.name, folder: item.folder), aged(item.since),
      .element(
        "div", ["class": "facts"], words(.text(DashboardText.visible((item.phase ?? "at work") + place))),
        words(.text(item.size.description))))
  }

  private func waiting(_ item: DashboardItem) -> HTML {
    .element(
      "li", ["class": "row"], name(item.name, folder: item.folder),
      .element("span", ["class": "end"], .text(item.size.description)),
      .element("div", ["class": "facts"], words("for ", aged(item.since))))
  }

  private func failure(_ item: DashboardItem) -> HTML {
    .element(
      "li", ["class": item.state == .failed ? "failure" : "failure fair"],
      .element(
        "div", name(item.name, folder: item.folder),
        .element(
          "p", ["class": "reason", "dir": "auto"],
          .text(DashboardText.visible(item.reason ?? "no reason is known"))),
        .element(
          "div", ["class": "facts"], words(aged(item.since), " ago"), words(.text(item.size.description)),
          item.state == .inDoubt ? words("in doubt") : .empty),
        ids(item)))
  }

  private func finished(_ item: DashboardItem) -> HTML {
    let count = item.outputs > 0 ? PreviewWords.grouped(item.outputs, "output") : "No output"
    let picture = item.request.flatMap { request -> HTML? in
      guard request.isPathSafe else { return nil }
      return .void(
        "img",
        [
          "src": "thumbnail/\(request.rawValue)", "alt": "Output of \(DashboardText.visible(item.name))",
          "loading": "lazy",
        ])
    }
    return .element(
      "li", ["class": "card"], .element("div", ["class": "frame"], picture ?? .text(count)),
      name(item.name, folder: item.folder),
      .element("div", ["class": "facts"], words(aged(item.since), " ago"), words(.text(count))), ids(item))
  }

  private func ids(_ item: DashboardItem) -> HTML {
    let texts = [item.request?.rawValue, item.bundle].compactMap { $0 }
    guard !texts.isEmpty else { return .empty }
    return .element(
      "details", .element("summary", item.bundle == nil ? "Request" : "Request and bundle"),
      .joined(
        texts.map { .element("p", .element("span", ["class": "id"], .text(DashboardText.visible($0)))) }))
  }

  // MARK: Facts

  private func deadline(_ deadline: DashboardDeadline) -> HTML {
    let isOver = deadline.at <= state.now
    return .element(
      "li", ["class": "row"], name(deadline.name),
      .element(
        "time", ["class": "end", "datetime": deadline.at.description],
        .text(isOver ? "over" : "in \(DashboardWords.span(from: state.now, to: deadline.at))")))
  }

  private func folder(_ folder: DashboardFolder) -> HTML {
    let mode = folder.mode == .polling ? "looked at again and again" : "told by the system"
    return .element(
      "li", ["class": "row"],
      .element("div", ["class": "name"], .element("bdi", .text(DashboardText.visible(folder.path)))),
      .element("span", ["class": folder.isLost ? "state bad" : "state"], folder.isLost ? "lost" : "watched"),
      .element(
        "div", ["class": "facts"], words(.text(mode)),
        folder.note.map { words(.text(DashboardText.visible($0))) } ?? .empty))
  }

  private func use(_ label: String, _ value: UInt64, _ limit: UInt64?, _ say: (UInt64) -> String) -> HTML {
    guard let limit else {
      return .element("div", ["class": "use"], .element("p", words(.text(label)), .text(say(value))))
    }
    let told = "\(say(value)) of \(say(limit))"
    let most = max(1, limit)
    return .element(
      "div", ["class": value >= limit ? "use full" : "use"],
      .element("p", words(.text(label)), .text(told)),
      .element(
        "progress", ["max": "\(most)", "value": "\(min(value, most))", "aria-label": "\(label): \(told)"]))
  }

  private var totals: HTML {
    let totals = state.totals
    let rows: [(HTML, String)] = [
      ("Files taken", PreviewWords.grouped(Int(clamping: totals.files))),
      ("Runs", PreviewWords.grouped(Int(clamping: totals.runs))), ("Sent", totals.sent.description),
      ("Outputs kept", PreviewWords.grouped(Int(clamping: totals.outputs))),
      ("Bytes kept", totals.kept.description),
    ]
    return .element(
      "section", .element("h2", "All in all"),
      .element(
        "dl", ["id": "totals", "class": "pairs"],
        .joined(rows.map { .element("div", .element("dt", $0), .element("dd", .text($1))) })))
  }

  /// The drawing is the script's; its sum and the table are said here too.
  private var throughput: HTML {
    let (kept, failed) = sums(state.throughput)
    let hours = Dictionary(grouping: state.throughput) { String($0.start.description.prefix(13)) }
    let rows = hours.keys.sorted(by: >).compactMap { hour -> HTML? in
      let (kept, failed) = sums(hours[hour] ?? [])
      guard kept + failed > 0 else { return nil }
      return .element(
        "tr", .element("th", ["scope": "row"], .text("\(hour.suffix(2)):00 UTC")),
        .element("td", .text(PreviewWords.grouped(kept))),
        .element("td", .text(PreviewWords.grouped(failed))))
    }
    return .element(
      "section", ["aria-labelledby": "plot-heading"],
      .lines([
        .element("h2", ["id": "plot-heading"], "Last 24 hours"),
        .element(
          "p", ["id": "plot-sum", "class": "nothing"],
          .text(
            "\(PreviewWords.grouped(kept)) kept and \(PreviewWords.grouped(failed)) failed in the last 24 hours"
          )),
        .element(
          "svg",
          ["id": "plot", "role": "img", "aria-labelledby": "plot-title", "hidden": "", "data-live": ""]),
        .element(
          "p", ["class": "legend", "aria-hidden": "true", "hidden": "", "data-live": ""],
          .element("span", "kept"), .element("span", ["class": "failed"], "failed"),
          .element("b", "each 10 minutes")),
        table(rows),
      ]))
  }

  private func sums(_ bins: [DashboardBin]) -> (kept: Int, failed: Int) {
    bins.reduce((0, 0)) { ($0.0 + $1.kept, $0.1 + $1.failed) }
  }

  private func table(_ rows: [HTML]) -> HTML {
    .element(
      "details", ["id": "plot-table", "hidden": rows.isEmpty ? "" : nil],
      .element("summary", "The same as a table, by the hour"),
      .element(
        "table",
        .element(
          "thead",
          .element(
            "tr", .element("th", ["scope": "col"], "Hour"), .element("th", ["scope": "col"], "Kept"),
            .element("th", ["scope": "col"], "Failed"))),
        .element("tbody", ["id": "plot-rows"], .lines(rows))))
  }
}
