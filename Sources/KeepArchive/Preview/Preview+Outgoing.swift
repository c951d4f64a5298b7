internal import KeepModel

extension Preview {
  /// The outputs, a group for each node and key.
  var outgoing: [HTML] {
    guard !manifest.outputs.isEmpty else {
      return [.element("p", ["class": "nothing"], "Nothing: the service listed no outputs.")]
    }
    let groups = manifest.outputs.grouped { "\($0.node.rawValue.utf8.count) \($0.node) \($0.key)" }
    return groups.map(\.items).sorted(by: Self.isBefore).map(group)
  }

  /// Results first, then texts, then temporary files and what merely passed through; by node within each.
  private static func isBefore(_ left: [Manifest.Output], _ right: [Manifest.Output]) -> Bool {
    guard let first = left.first, let second = right.first else { return !left.isEmpty }
    let ranks = [left, right].map { $0.map(\.rank).min() ?? 0 }
    if ranks[0] != ranks[1] { return ranks[0] < ranks[1] }
    return first.node == second.node ? first.key < second.key : first.node.isBefore(second.node)
  }

  private func group(of outputs: [Manifest.Output]) -> HTML {
    let cards = HTML.element(
      "div", ["class": outputs.count == 1 ? "cards one" : "cards"],
      .lines(outputs.prefix(Self.longestGroup).map(card)))
    guard let first = outputs.first else { return .empty }
    return .element(
      "div", ["class": "group"],
      .lines([.element("h3", label(first.node, first.key.rawValue)), cards, rest(of: outputs)]))
  }

  /// A page with a card for each of some thousand files would be no pleasure, and some browsers' end.
  private static let longestGroup = 400

  private func rest(of outputs: [Manifest.Output]) -> HTML {
    guard outputs.count > Self.longestGroup else { return .empty }
    return .element(
      "p", ["class": "nothing"],
      .text("The first \(Self.longestGroup) of \(outputs.count). All of them are listed in "),
      .element("a", ["href": "manifest.json"], "manifest.json"), ".")
  }

  private func card(_ output: Manifest.Output) -> HTML {
    PreviewCard(
      name: output.filename ?? "Text \(output.index + 1)", stored: output.stored,
      alternative: "Output \(output.index) of node \(output.node): \(output.filename ?? "text")",
      absence: output.status == .omitted
        ? "Left out of the bundle by choice." : "Missing: \(PreviewWords.reason(output.reason)).",
      notes: notes(on: output), excerpt: output.stored.flatMap { contents.texts[$0.path] }
    ).html
  }

  private func notes(on output: Manifest.Output) -> [String] {
    switch output.type {
    case nil, "output", "": []
    case "temp": ["temporary file of the run"]
    case .some(let type): ["type \(type)"]
    }
  }

  /// The archived documents with their sizes and checksums.
  var documents: HTML {
    let known: [(name: HTML, document: Manifest.Document?)] = [
      ("What was asked", manifest.documents.request),
      ("What the service answered", manifest.documents.result),
      ("The workflow that ran", manifest.documents.workflow),
    ]
    let rows = known.compactMap { entry in
      entry.document.map { document in
        HTML.element(
          "li", .element("a", ["href": document.path], entry.name), " ",
          .element("span", ["class": "quiet"], .text("\(document.path), \(ByteCount(document.size))")),
          .checksum(document.checksum))
      }
    }
    let manifest = HTML.element(
      "li", .element("a", ["href": "manifest.json"], "What every file is"), " ",
      .element("span", ["class": "quiet"], "manifest.json"))
    return section("Documents", "documents", [.element("ul", .lines(rows + [manifest]))])
  }
}

extension Manifest.Output {
  fileprivate var rank: Int {
    if kind == .text { return 1 }
    return switch type {
    case "temp": 2
    case "input": 3
    default: 0
    }
  }
}
