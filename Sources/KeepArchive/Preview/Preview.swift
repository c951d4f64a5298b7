internal import KeepModel

/// `ro-crate-preview.html`: the run as a page for people. It needs neither network nor script, shows what went
/// in beside what came out, and depends on the manifest and the documents alone.
struct Preview: Sendable {
  let contents: RunContents

  /// The name of the document, relative to `data/`.
  static let path = "ro-crate-preview.html"

  var manifest: Manifest { contents.manifest }

  /// The page.
  var bytes: [UInt8] { Array(("<!DOCTYPE html>\n" + page.source + "\n").utf8) }

  private var page: HTML {
    .element(
      "html", ["lang": "en"],
      .lines([
        .element("head", .lines(head)),
        .element("body", ["class": layout], .lines([header] + main)),
      ]))
  }

  /// One column where nothing is known to have gone in; two alike where something went in that can be seen, to be held
  /// against what came out of it.
  private var layout: String {
    if ingoing.isEmpty { return "single" }
    let isSeen = manifest.inputs.contains { input in
      [.image, .video].contains(input.stored?.mediaType.kind)
    }
    return isSeen ? "pair even" : "pair"
  }

  /// What the window is called: the first file that went in, or the run's id.
  private var title: HTML {
    let name = manifest.inputs.first.map(\.filename) ?? manifest.run.request.rawValue
    let day = (manifest.run.finishedAt ?? manifest.run.createdAt).map { " of \(PreviewWords.day($0))" } ?? ""
    return .text("\(name) – ComfyUI run\(day)")
  }

  private var head: [HTML] {
    [
      .void("meta", ["charset": "utf-8"]),
      .void(
        "meta", ["http-equiv": "Content-Security-Policy", "content": PreviewStyle.securityPolicy]),
      .void("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
      .void("meta", ["name": "color-scheme", "content": "light dark"]),
      .void("meta", ["name": "referrer", "content": "no-referrer"]),
      .element("title", title),
      .style(PreviewStyle.sheet),
    ]
  }

  private var main: [HTML] {
    let went = ingoing
    return [
      .element(
        "main",
        .lines([
          completeness, failure,
          .element(
            "div", ["class": "columns"],
            .lines([
              went.isEmpty ? .empty : section("What went in", "in", went),
              section("What came out", "out", outgoing),
            ])),
          workflow, documents,
        ])),
      footer,
    ]
  }

  func section(_ title: HTML, _ name: String, _ children: [HTML]) -> HTML {
    .element("section", ["class": name], .lines([.element("h2", title)] + children))
  }

  private var footer: HTML {
    .element(
      "footer",
      .element(
        "p",
        "This page is part of a run bundle: a BagIt bag whose checksums are in manifest-sha256.txt, one folder up. ",
        .element("a", ["href": Readme.path], "How to read and check it")))
  }
}

// MARK: - Head of the page

extension Preview {
  private var header: HTML {
    let run = manifest.run
    let state = PreviewWords.state(run.status)
    let day = (run.finishedAt ?? run.createdAt).map { " of \(PreviewWords.day($0))" } ?? ""
    return .element(
      "header",
      .lines([
        .element("p", ["class": "kind"], "Archived ComfyUI run"),
        .element(
          "div", ["class": "title"], .element("h1", "Run\(day)"),
          .element("span", ["class": "state \(state.tone)"], .text(state.word))),
        .element("dl", ["class": "facts"], .lines(facts)),
      ]))
  }

  private var facts: [HTML] {
    let run = manifest.run
    let span = run.createdAt.flatMap { start in
      run.finishedAt.flatMap { PreviewWords.span(from: start, to: $0) }
    }
    return [
      fact("Request", run.request.rawValue, isWide: true),
      fact("Deployment", run.deployment.rawValue, isWide: true),
      fact("Created", run.createdAt.map(PreviewWords.moment)),
      fact("Finished", run.finishedAt.map(PreviewWords.moment)),
      fact("Took", span),
      fact("Outputs", size(of: manifest.outputs.compactMap(\.stored))),
      fact("Rights", manifest.options.rights),
      fact("Made by", manifest.options.agent),
    ]
  }

  private func fact(_ name: HTML, _ value: String?, isWide: Bool = false) -> HTML {
    guard let value else { return .empty }
    return .element(
      "div", ["class": isWide ? "wide" : nil], .element("dt", name),
      .element("dd", ["class": isWide ? "code" : nil], .element("bdi", .text(value))))
  }

  private func size(of files: [Manifest.Stored]) -> String {
    let total = ByteCount(files.reduce(0) { $0 + $1.size })
    return files.isEmpty ? "none" : "\(PreviewWords.count(files.count, "file")), \(total)"
  }

  private var completeness: HTML {
    let missing = manifest.outputs.count { $0.status == .missing }
    let listed = manifest.outputs.count
    let omitted = manifest.outputs.count { $0.status == .omitted }
    let tone = manifest.run.didSucceed ? "good" : "plain"
    if manifest.completeness == .partial {
      let verb = missing == 1 ? "is" : "are"
      return banner(
        "fair", "Partial",
        "\(missing) of \(PreviewWords.count(listed, "listed output")) \(verb) not in this bundle, and marked below with the reason."
      )
    }
    if listed == 0 {
      return manifest.run.didSucceed
        ? banner(tone, "Complete", "The service listed no outputs for this run.")
        : banner(tone, "No outputs", "The service listed none. What it answered is kept in this bundle.")
    }
    let all = listed == 1 ? "The one output that the service listed" : "Every output that the service listed"
    let choice = omitted == 0 ? "." : ", but for \(omitted) left out by choice."
    return banner(tone, "Complete", "\(all) is in this bundle, byte for byte\(choice)")
  }

  private func banner(_ tone: String, _ word: HTML, _ text: String) -> HTML {
    .element(
      "p", ["class": "banner \(tone)", "role": "note"], .element("strong", word), " ", .text(text))
  }

  private var failure: HTML {
    let entries = RunErrorText(manifest.run).entries
    guard !entries.isEmpty else { return .empty }
    return section(
      "What went wrong", "failure",
      entries.map { entry in
        .element(
          "div", ["class": "error"],
          entry.code.map { .element("p", ["class": "label"], .element("bdi", .text($0))) } ?? .empty,
          .element("p", ["class": "message", "dir": "auto"], .text(entry.message)),
          entry.details.map { details in
            .element(
              "details", .element("summary", "Details"),
              .element("pre", ["dir": "auto"], .text(details)))
          } ?? .empty)
      })
  }
}
