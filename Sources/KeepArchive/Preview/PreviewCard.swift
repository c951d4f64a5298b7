internal import KeepModel

/// A file on the page: the picture, player or text itself, and under it what it is.
struct PreviewCard: Sendable {
  /// The name by which somebody knows it.
  var name: String
  /// Where it lies; `nil` if it is not in the bundle.
  var stored: Manifest.Stored?
  /// What a picture shows, for those who cannot see it.
  var alternative: String
  /// What to say if it is not in the bundle.
  var absence: String
  /// What else to say.
  var notes: [String]
  /// The beginning of a text.
  var excerpt: TextExcerpt?

  var html: HTML {
    guard let stored else { return absent }
    return .element(
      "figure", ["class": "card"],
      .lines([media(stored), .element("figcaption", .lines(caption(stored)))]))
  }

  private var absent: HTML {
    .element(
      "figure", ["class": "card absent"],
      .element("p", ["class": "why"], .text(absence)),
      .element("figcaption", title(nil)))
  }

  private func caption(_ stored: Manifest.Stored) -> [HTML] {
    let facts = ["\(stored.mediaType)", "\(ByteCount(stored.size))"] + notes
    return [
      title(stored),
      .element("p", ["class": "quiet"], .text(facts.joined(separator: " · "))),
      .checksum(stored.checksum),
    ]
  }

  /// The name, as a link where opening the file cannot run anything.
  private func title(_ stored: Manifest.Stored?) -> HTML {
    let text = HTML.element("bdi", .text(name))
    guard let stored, stored.isHarmless else { return .element("p", ["class": "name"], text) }
    return .element("p", ["class": "name"], .element("a", ["href": stored.path], text))
  }

  private func media(_ stored: Manifest.Stored) -> HTML {
    if stored.size == 0 { return .element("p", ["class": "badge"], "EMPTY") }
    if stored.mediaType.isShownByBrowsers { return picture(stored) }
    switch stored.mediaType.kind {
    case .video where stored.mediaType.isPlayedByBrowsers:
      return .element(
        "video", ["controls": "", "preload": "metadata", "src": stored.path, "aria-label": alternative],
        .text(alternative))
    case .audio:
      return .element(
        "div", ["class": "sound"], .element("p", ["class": "badge"], .text(PreviewWords.badge(stored.path))),
        .element(
          "audio", ["controls": "", "preload": "metadata", "src": stored.path, "aria-label": alternative],
          .text(alternative)))
    default:
      return excerpt.map(text) ?? unshown(stored)
    }
  }

  /// What no browser shows without a program: its ending, and what to do with it.
  private func unshown(_ stored: Manifest.Stored) -> HTML {
    .joined([
      .element("p", ["class": "badge"], .text(PreviewWords.badge(stored.path))),
      .element("p", ["class": "more"], .text(PreviewWords.howToOpen(stored.mediaType))),
    ])
  }

  private func picture(_ stored: Manifest.Stored) -> HTML {
    let picture = HTML.void(
      "img", ["src": stored.path, "alt": alternative, "loading": "lazy"])
    guard stored.isHarmless else { return .element("div", ["class": "picture"], picture) }
    return .element("a", ["class": "picture", "href": stored.path], picture)
  }

  private func text(_ excerpt: TextExcerpt) -> HTML {
    .joined([
      .element("pre", ["dir": "auto"], .text(excerpt.text)),
      excerpt.isCut
        ? .element("p", ["class": "more"], "The beginning; the whole text is in the file.") : .empty,
    ])
  }
}

extension Manifest.Stored {
  /// Whether a browser that opens the file as a page of its own cannot run what is in it. Browsers go by the
  /// name, so both the bytes and the name have to be of a type that is known to hold no program.
  fileprivate var isHarmless: Bool {
    let named = MediaType(extension: PayloadName.fileExtension(MentionedFile.lastComponent(path)))
    return mediaType.isHarmless && named?.isHarmless == true
  }
}

extension MediaType {
  fileprivate var isHarmless: Bool {
    switch kind {
    case .image: self != "image/svg+xml"
    case .video, .audio, .model3D: true
    case .text: ["text/plain", "text/csv", "text/markdown"].contains(self)
    case .other: ["application/json", "application/zip", "application/x-safetensors"].contains(self)
    }
  }

  /// Pictures that every browser shows. An SVG shown as a picture runs nothing.
  fileprivate var isShownByBrowsers: Bool {
    [
      "image/png", "image/jpeg", "image/webp", "image/gif", "image/avif", "image/bmp", "image/svg+xml",
    ].contains(self)
  }

  fileprivate var isPlayedByBrowsers: Bool {
    ["video/mp4", "video/webm", "video/quicktime", "video/x-matroska"].contains(self)
  }
}

extension HTML {
  /// A SHA-256 that breaks between groups of eight digits, and copies as one word.
  static func checksum(_ checksum: Checksum) -> HTML {
    let digits = Array(checksum.hexadecimal.utf8)
    let groups = stride(from: 0, to: digits.count, by: 8).map { start in
      HTML.text(String(decoding: digits[start..<min(start + 8, digits.count)], as: UTF8.self))
    }
    let spaced = groups.flatMap { [.void("wbr", [:]), $0] }.dropFirst()
    return .element(
      "p", ["class": "sum"], .element("span", "SHA-256 "), .element("code", .joined(Array(spaced))))
  }
}
