import KeepArchive
import KeepModel

/// The drawn marks that stand for what has no picture. Each is drawn once a page, and used by its name.
enum CatalogMarks {
  /// The drawings, out of sight.
  static var definitions: HTML {
    .element(
      "svg", ["class": "marks", "aria-hidden": "true", "width": "0", "height": "0"],
      .joined([
        symbol(
          "film",
          ["M4 10h56v44H4z", "M14 10v44M50 10v44", "M4 21h10M4 32h10M4 43h10M50 21h10M50 32h10M50 43h10"]),
        symbol("sound", ["M8 28v8M16 20v24M24 10v44M32 22v20M40 14v36M48 24v16M56 29v6"]),
        symbol("solid", ["M32 5 56 18v28L32 59 8 46V18z", "M8 18l24 14 24-14M32 32v27"]),
        symbol("words", ["M10 12h44M10 22h44M10 32h44M10 42h44M10 52h26"]),
        symbol("frame", ["M6 10h52v44H6z", "M6 46l15-15 12 12 10-10 15 15", "M44 18a4 4 0 1 0 .1 0"]),
        symbol("sheet", ["M14 5h24l12 12v42H14z", "M38 5v12h12"]),
      ]))
  }

  /// The mark for a sort of thing.
  static func mark(of kind: MediaKind) -> HTML {
    let name: String =
      switch kind {
      case .image: "frame"
      case .video: "film"
      case .audio: "sound"
      case .model3D: "solid"
      case .text: "words"
      case .other: "sheet"
      }
    return .element("svg", ["aria-hidden": "true"], .element("use", ["href": "#\(name)"]))
  }

  private static func symbol(_ name: String, _ paths: [String]) -> HTML {
    .element(
      "symbol", ["id": name, "viewBox": "0 0 64 64"], .joined(paths.map { .element("path", ["d": $0]) }))
  }
}
