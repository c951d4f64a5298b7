internal import KeepModel

extension Preview {
  /// The inputs, then the prompts, seeds and other values that were set, then what the workflow says itself.
  var ingoing: [HTML] {
    let values = contents.values
    let others = values.filter { !$0.isPrompt && !$0.isSeed }
    return [inputs].filter { $0 != .empty } + values.filter(\.isPrompt).map { prompt($0) }
      + values.filter(\.isSeed).map { seed($0) } + table(of: others) + spoken
  }

  private var spoken: [HTML] {
    let values = contents.spoken
    let note: HTML = .joined([" ", .element("span", ["class": "place"], "as in the workflow")])
    return values.filter { !$0.isSeed }.map { prompt($0, note) }
      + values.filter(\.isSeed).map { seed($0, note) }
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

  private func prompt(_ value: Parameter, _ note: HTML = .empty) -> HTML {
    .element(
      "figure", ["class": "prompt"],
      .element("figcaption", label(value.node, value.name.rawValue), note),
      .element("blockquote", ["dir": "auto"], .text(value.text)))
  }

  private func seed(_ value: Parameter, _ note: HTML = .empty) -> HTML {
    .element(
      "figure", ["class": "seed"],
      .element("figcaption", label(value.node, value.name.rawValue), note),
      .element("p", ["class": "code"], .text(value.text)))
  }

  private func table(of values: [Parameter]) -> [HTML] {
    guard !values.isEmpty else { return [] }
    let rows = values.map { value in
      HTML.element(
        "tr", .element("th", ["scope": "row"], label(value.node, value.name.rawValue)),
        .element("td", ["dir": "auto"], .text(value.shortText)))
    }
    return [Self.scrolling(rows)]
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
    let count = PreviewWords.count(workflow.nodes.count, "node")
    let isBefore = !contents.overrides.isEmpty && manifest.documents.workflow?.source == "submitted"
    return .element(
      "details", ["class": "workflow"],
      .element("summary", "The workflow: \(count)\(isBefore ? ", before the values above were set" : "")"),
      Self.scrolling(rows))
  }

  /// A table in a box of its own that scrolls where the page is too narrow for it.
  private static func scrolling(_ rows: [HTML]) -> HTML {
    .element(
      "div", ["class": "scroll"],
      .element("table", ["class": "values"], .element("tbody", .lines(rows))))
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
