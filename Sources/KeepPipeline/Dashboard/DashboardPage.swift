import KeepArchive
import KeepModel

/// The dashboard's page. The server says everything once in plain HTML, so that it can be read without a script; the
/// script then keeps it up to date. Nothing on it comes from elsewhere.
struct DashboardPage: Sendable {
  let state: DashboardState

  init(_ state: DashboardState) { self.state = state }

  private static let scripts = [DashboardScript.words, DashboardScript.parts, DashboardScript.live]

  /// Its own style and scripts by their checksums, and nothing else but itself.
  static let securityPolicy: String = {
    let styles = [CatalogStyle.ground, DashboardStyle.sheet].map(HTML.policySource)
    return
      "default-src 'none'; connect-src 'self'; img-src 'self'; style-src \(styles.joined(separator: " ")); "
      + "script-src \(scripts.map(HTML.policySource).joined(separator: " ")); "
      + "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
  }()

  /// The page as an answer.
  var reply: DashboardReply {
    DashboardReply(
      type: "text/html; charset=utf-8", Array(source.utf8),
      headers: ["Content-Security-Policy": Self.securityPolicy])
  }

  /// The mark in a browser's tab.
  static let icon = DashboardReply(
    type: "image/svg+xml",
    Array(
      """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1f5a4e"/>\
      <path d="M7 10h18v13H7zM7 15h5l2 3h4l2-3h5" fill="none" stroke="#fff" stroke-width="2" stroke-linejoin="round"/>\
      </svg>
      """.utf8), headers: ["Cache-Control": "max-age=86400"])

  var source: String {
    let html = HTML.element(
      "html", ["lang": "en"],
      .lines([.element("head", .lines(head)), .element("body", .lines(body))]))
    return "<!DOCTYPE html>\n" + html.source + "\n"
  }

  private var head: [HTML] {
    [
      .void("meta", ["charset": "utf-8"]),
      .void("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
      .void("meta", ["name": "color-scheme", "content": "light dark"]),
      .void("meta", ["name": "referrer", "content": "no-referrer"]),
      .element("title", "comfykeep watch"),
      .void("link", ["rel": "icon", "href": "icon.svg", "type": "image/svg+xml"]),
      .style(CatalogStyle.ground), .style(DashboardStyle.sheet),
    ]
  }

  private var body: [HTML] {
    [
      header, notice,
      .element("main", .element("div", .lines(work)), .element("div", .lines(facts))),
      footer, pauseDialog, tokenDialog,
    ] + Self.scripts.map(HTML.script)
  }

  // MARK: Head of the page

  private var header: HTML {
    let told = DashboardWords.headline(state)
    return .element(
      "header",
      .lines([
        .element(
          "div", ["class": "top"],
          .element(
            "div",
            .element("p", ["class": "kind"], "comfykeep watch"),
            .element(
              "h1", ["id": "status", "class": told.tone, "aria-live": "polite"],
              .element("span", ["id": "status-word"], .text(told.word))),
            .element(
              "p", ["id": "detail", "class": "sum", "dir": "auto"],
              .text(DashboardText.visible(told.detail)))),
          .element(
            "div", ["class": "actions", "hidden": "", "data-live": ""],
            Self.button("pause", "Pause", isHidden: state.paused != nil),
            Self.button("resume", "Resume", isMain: true, isHidden: state.paused == nil))),
        .element("p", ["id": "told", "role": "status", "aria-live": "polite"]),
        counts,
      ]))
  }

  private static func button(
    _ id: String, _ words: HTML, isMain: Bool = false, isHidden: Bool = false, type: String = "button"
  ) -> HTML {
    .element(
      "button",
      ["id": id, "type": type, "class": isMain ? "main" : nil, "hidden": isHidden ? "" : nil], words)
  }

  private var counts: HTML {
    let counts = state.counts
    let numbers: [(key: String, words: HTML, count: Int, tone: String)] = [
      ("waiting", "waiting", counts.waiting, ""), ("running", "running", counts.running, ""),
      ("kept", "kept", counts.kept, ""), ("failed", "failed", counts.failed, "bad"),
      ("skipped", "skipped", counts.skipped, ""), ("in_doubt", "in doubt", counts.inDoubt, "fair"),
    ]
    return .element(
      "ul", ["class": "counts", "aria-label": "Files by state"],
      .joined(
        numbers.map { number in
          .element(
            "li", ["id": "count-\(number.key)", "class": number.count == 0 ? "none" : number.tone],
            .element("b", .text(PreviewWords.grouped(number.count))), " ", .element("span", number.words))
        }))
  }

  private var notice: HTML {
    .element(
      "noscript",
      .element(
        "p", ["class": "notice"],
        .text(
          "Without a script this page stays as it was at \(PreviewWords.moment(state.now)), and nothing can be asked for "
            + "here: load it again, or use comfykeep pause, resume, queue and retry.")))
  }

  // MARK: Foot of the page

  private var footer: HTML {
    .element(
      "footer",
      .element(
        "p",
        .text(
          "comfykeep \(DashboardText.visible(state.version)). Nothing on this page comes from elsewhere. For other programs: "
        ),
        .element("a", ["href": "state"], "state"), ", ",
        .element("a", ["href": "metrics"], "metrics"), ", ",
        .element("a", ["href": "healthz"], "healthz"), "."))
  }

  private var pauseDialog: HTML {
    .element(
      "dialog", ["id": "why", "aria-labelledby": "why-title"],
      .element(
        "form", ["id": "why-form"],
        .element("h2", ["id": "why-title"], "Pause the watch"),
        .element("p", "What runs goes on. What comes meanwhile waits."),
        .void(
          "input",
          [
            "id": "reason", "maxlength": "200", "placeholder": "Why? For others who look here",
            "aria-label": "Reason", "autocomplete": "off",
          ]),
        .element(
          "div", Self.button("why-cancel", "Cancel"),
          .element("button", ["class": "main"], "Pause"))))
  }

  private var tokenDialog: HTML {
    .element(
      "dialog", ["id": "ask", "aria-labelledby": "ask-title"],
      .element(
        "form", ["id": "ask-form"],
        .element("h2", ["id": "ask-title"], "The dashboard’s token"),
        .element(
          "p", "The watch told it when it began. It is kept in this tab alone, until the tab is closed."),
        .element("p", ["id": "ask-error", "class": "bad", "role": "alert"]),
        .void(
          "input",
          [
            "id": "token", "type": "password", "autocomplete": "off", "required": "", "aria-label": "Token",
            "spellcheck": "false",
          ]),
        .element(
          "div", Self.button("ask-cancel", "Cancel"),
          .element("button", ["class": "main"], "Go on"))))
  }
}
