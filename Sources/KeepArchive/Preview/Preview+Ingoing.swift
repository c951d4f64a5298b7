internal import KeepModel

extension Preview {
  /// The inputs, then the prompts, seeds and other values that were set.
  var ingoing: [HTML] {
    let values = contents.values
    let prompts = values.filter(\.isPrompt)
    let seeds = values.filter(\.isSeed)
    let others = values.filter { !$0.isPrompt && !$0.isSeed }
    return [inputs].filter { $0 != .empty } + prompts.map(prompt) + seeds.map(seed) + table(of: others)
  }

  private var inputs: HTML { .lines(manifest.inputs.map(input)) }

  private func input(_ input: Manifest.Input) -> HTML {
    let card = PreviewCard(
      name: input.filename, stored: input.stored,
      alternative: "Input \(input.input) of node \(input.node): \(input.filename)",
      absence: input.status == .omitted
        ? "Left out of the bundle by choice." : "Missing: the file was not kept.",
      notes: [], excerpt: input.stored.flatMap { contents.texts[$0.path] })
    return .element(
      "div", ["class": "group"],
      .lines([.element("h3", label(input.node, input.input.rawValue)), card.html]))
  }

  private func prompt(_ value: Parameter) -> HTML {
    .element(
      "figure", ["class": "prompt"],
      .element("figcaption", label(value.node, value.name.rawValue)),
      .element("blockquote", ["dir": "auto"], .text(value.text)))
  }

  private func seed(_ value: Parameter) -> HTML {
    .element(
      "figure", ["class": "seed"],
      .element("figcaption", label(value.node, value.name.rawValue)),
      .element("p", ["class": "code"], .text(value.text)))
  }

  private func table(of values: [Parameter]) -> [HTML] {
    guard !values.isEmpty else { return [] }
    let rows = values.map { value in
      HTML.element(
        "tr", .element("th", ["scope": "row"], label(value.node, value.name.rawValue)),
        .element("td", ["dir": "auto"], .text(value.shortText)))
    }
    return [.element("table", ["class": "values"], .element("tbody", .lines(rows)))]
  }

  /// A node by its title, else its class, else its number; and the place in it.
  func label(_ node: NodeID, _ place: String) -> HTML {
    let name = contents.title(of: node) ?? contents.nodeClass(of: node)
    return .joined([
      name.map { .joined([.element("bdi", ["class": "node"], .text($0)), " "]) } ?? .empty,
      .element("bdi", ["class": "place"], .text("\(node).\(place)")),
    ])
  }

  /// The literal values of the archived workflow, folded away.
  var workflow: HTML {
    guard let workflow = contents.workflow else { return .empty }
    let rows = workflow.nodes.sorted { $0.id.isBefore($1.id) }.map(row)
    return .element(
      "details", ["class": "workflow"],
      .element("summary", "The workflow: \(PreviewWords.count(workflow.nodes.count, "node"))"),
      .element(
        "div", ["class": "scroll"],
        .element("table", ["class": "values"], .element("tbody", .lines(rows)))))
  }

  private func row(_ node: Workflow.Node) -> HTML {
    let values = node.inputs.sortedMembers.filter { Workflow.Node.link($0.value) == nil }.map { member in
      let value = Parameter(node: node.id, name: InputName(member.key), value: member.value)
      return HTML.element(
        "div", .element("dt", .text(member.key)), .element("dd", ["dir": "auto"], .text(value.shortText)))
    }
    return .element(
      "tr",
      .element(
        "th", ["scope": "row"], .element("bdi", ["class": "node"], .text(node.title ?? node.classType)),
        " ", .element("bdi", ["class": "place"], .text("\(node.id) \(node.classType)"))),
      .element("td", values.isEmpty ? .empty : .element("dl", .joined(values))))
  }
}

extension Parameter {
  /// Whether it is prose rather than a setting.
  var isPrompt: Bool {
    guard let text = value.string, !text.hasPrefix("data:"), !text.hasPrefix("http") else { return false }
    let name = name.rawValue.lowercased()
    return name.contains("text") || name.contains("prompt") || text.utf8.count > 60
      || text.utf8.contains(0x0A)
  }

  /// Whether it is a seed.
  var isSeed: Bool { value.number != nil && name.rawValue.lowercased().hasSuffix("seed") }

  /// The text, cut where a table has no room for it.
  var shortText: String {
    let text = text
    guard text.utf8.count > 600 else { return text }
    return String(decoding: text.unicodeScalars.prefix(500).flatMap { Array($0.utf8) }, as: UTF8.self) + " …"
  }
}

extension Identifier {
  /// By number where both are numbers, for people; else as ever.
  fileprivate func isBefore(_ other: Identifier) -> Bool {
    switch (UInt64(rawValue), UInt64(other.rawValue)) {
    case (let left?, let right?) where left != right: left < right
    case (_?, nil): true
    case (nil, _?): false
    default: self < other
    }
  }
}
