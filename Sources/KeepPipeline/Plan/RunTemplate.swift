import KeepFiles
import KeepInput
import KeepModel
import KeepSubmit
import SystemPackage

/// What all runs of a wish share: values, fixed assets, sweeps, and the inputs that wait for files.
struct RunTemplate: Sendable {
  /// The inputs that take each PATH, or a column of a table.
  let freeInputs: [NodeInput]
  /// The inputs that take a file of the same name from a folder.
  let folders: [(input: NodeInput, folder: FilePath)]
  /// The sweeps in order.
  let sweeps: [Sweep]
  private let wish: RunWish
  private let graph: PlannedGraph
  private let fixed: [NodeInput: RunRow.Reference]
  private let mediaInputs: [MediaInput]
  private let context: OverrideArgument.Context
  private let set: [NodeInput: OverrideValue]

  /// Reads what is asked for.
  ///
  /// - Throws: ``KeepError`` for an unknown node or input, a value of the wrong kind, and whatever is named twice.
  init(_ wish: RunWish, graph: PlannedGraph) throws(KeepError) {
    var free: [NodeInput] = []
    var folders: [(input: NodeInput, folder: FilePath)] = []
    var fixed: [NodeInput: RunRow.Reference] = [:]
    var named: Set<NodeInput> = []
    for text in wish.assets {
      let argument = try AssetArgument(text, in: graph.checked, allowsLocalURLs: wish.allowsLocalURLs)
      guard named.insert(argument.input).inserted else {
        throw KeepError(.usage, .option("--asset"), "names \(argument.input) twice")
      }
      switch argument.source {
      case .each: free.append(argument.input)
      case .folder(let folder): folders.append((argument.input, folder))
      case .file(let path): fixed[argument.input] = .file(path)
      case .url(let url): fixed[argument.input] = .url(url)
      }
    }
    guard free.count <= 1 || wish.table != nil else {
      throw KeepError(
        .usage, .option("--asset"), "\(free[0]) and \(free[1]) both wait for each file",
        hint: "give one of them a file, or a folder of partners: --asset \(free[1])=FILE")
    }
    self.wish = wish
    self.graph = graph
    self.freeInputs = free
    self.folders = folders
    self.fixed = fixed
    self.mediaInputs =
      graph.checked.map { MediaInputFinder.mediaInputs(in: $0, objectInfo: graph.objectInfo) } ?? []
    let context = OverrideArgument.Context(
      workflow: graph.checked, objectInfo: graph.objectInfo, readFile: Self.text)
    self.context = context
    self.set = try Self.settings(wish.settings, context, named)
    self.sweeps = try wish.sweeps.map { text throws(KeepError) in try Sweep(text, context: context) }
    try checkSweeps(named)
    // Refuses an unknown node or a wrong value once, before any file is read.
    try check(RunRow(label: "run"))
  }

  /// What everything is checked against.
  var workflow: Workflow? { graph.checked }

  /// The addresses that every run shares.
  var addresses: [HTTPURL] {
    fixed.sorted { $0.key < $1.key }.compactMap { entry in
      if case .url(let url) = entry.value { url } else { nil }
    }
  }

  /// Whether a run without any file has something to say.
  var setsSomething: Bool { !fixed.isEmpty || !set.isEmpty || !sweeps.isEmpty }

  /// Whether an input takes a file: the workflow says so, or `--asset` names it.
  func takesMedia(_ input: NodeInput) -> Bool {
    freeInputs.contains(input) || mediaInputs.contains { $0.input == input && $0.obstacle == nil }
  }

  /// What is known of a media input.
  func mediaInput(_ input: NodeInput) -> MediaInput? { mediaInputs.first { $0.input == input } }

  /// The value of a table's cell.
  func value(_ cell: RunTable.Cell, for input: NodeInput) throws(KeepError) -> OverrideValue {
    guard let text = cell.value.string else { return .json(cell.value) }
    return try value(text, for: input)
  }

  /// A value that is written as text, in which `@` stands for itself.
  func value(_ text: String, for input: NodeInput) throws(KeepError) -> OverrideValue {
    var randomness = SystemRandomNumberGenerator()
    return try OverrideArgument.value(
      text.hasPrefix("@") ? "@\(text)" : text, for: input, context: context, randomness: &randomness)
  }

  /// Reads a value as `--set` does.
  func setting(_ text: String) throws(KeepError) -> (NodeInput, OverrideValue) {
    var randomness = SystemRandomNumberGenerator()
    let argument = try OverrideArgument(parsing: text, context: context, randomness: &randomness)
    return (argument.input, argument.value)
  }

  /// Every combination of the sweeps' values, the first sweep's changing slowest; one empty one without sweeps.
  func combinations() throws(KeepError) -> [[(sweep: Sweep, value: Sweep.Value)]] {
    var count = 1
    for sweep in sweeps {
      count = count.multipliedReportingOverflow(by: sweep.values.count).partialValue
      guard count > 0, count <= Sweep.mostValues else {
        throw KeepError(
          .usage, .option("--sweep"),
          "the sweeps make more than \(Sweep.mostValues) combinations: "
            + sweeps.map { "\($0.values.count)" }.joined(separator: " × "))
      }
    }
    return sweeps.reduce([[]]) { combinations, sweep in
      combinations.flatMap { combination in sweep.values.map { combination + [(sweep, $0)] } }
    }
  }

  /// The overrides of one run, files as they were read, and what is worth saying about them.
  ///
  /// - Throws: ``KeepError`` for a file that has no input or the wrong one, and what `read` throws.
  func overrides(
    of row: RunRow, _ combination: [(sweep: Sweep, value: Sweep.Value)],
    read: (FilePath) throws(KeepError) -> Asset
  ) throws(KeepError) -> (Overrides, [String]) {
    var overrides = try values(of: row, combination)
    for (input, reference) in fixed.merging(row.references, uniquingKeysWith: { $1 }).sorted(by: {
      $0.key < $1.key
    }) {
      switch reference {
      case .file(let path): overrides[input] = .asset(.inline(try read(path)))
      case .url(let url): overrides[input] = .asset(.hosted(url, nil))
      }
    }
    if let file = row.file {
      let asset = try read(file)
      let free = freeInputs.first { overrides[$0] == nil } ?? freeInputs.first
      let input = if let free { free } else { try target(of: asset, row) }
      guard overrides[input] == nil else {
        throw KeepError(.usage, .nodeInput(input), "is set already and cannot take \(asset.filename) too")
      }
      overrides[input] = .asset(.inline(asset))
    }
    for (input, value) in graph.defaults.sorted where overrides[input] == nil { overrides[input] = value }
    return (overrides, try validate(overrides))
  }

  private func values(
    of row: RunRow, _ combination: [(sweep: Sweep, value: Sweep.Value)]
  ) throws(KeepError) -> Overrides {
    var overrides = Overrides()
    for (input, value) in set {
      overrides[input] = value
      // A seed is drawn for each run.
      if case .randomSeed = value { overrides[input] = .randomSeed(try Sweep.drawnSeed(for: input, context)) }
    }
    for (input, value) in row.values { overrides[input] = value }
    for (sweep, value) in combination {
      guard row.values[sweep.input] == nil, row.references[sweep.input] == nil else {
        throw KeepError(
          .usage, .nodeInput(sweep.input),
          "is swept, and has a value of its own in a table or beside the file")
      }
      switch value {
      case .given(let value, _): overrides[sweep.input] = value
      case .drawn(let number):
        overrides[sweep.input] = .randomSeed(try Sweep.drawnSeed(for: sweep.input, context), draw: number)
      }
    }
    return overrides
  }

  /// Checks everything but the files of a row.
  private func check(_ row: RunRow) throws(KeepError) {
    for combination in try combinations().prefix(1) { _ = try validate(values(of: row, combination)) }
    for sweep in sweeps {
      for case .given(let value, _) in sweep.values {
        var overrides = Overrides()
        overrides[sweep.input] = value
        _ = try validate(overrides)
      }
    }
    for (input, reference) in fixed {
      guard case .url(let url) = reference else { continue }
      var overrides = Overrides()
      overrides[input] = .asset(.hosted(url, nil))
      _ = try validate(overrides)
    }
  }

  private func validate(_ overrides: Overrides) throws(KeepError) -> [String] {
    for (input, value) in overrides.sorted {
      guard case .json(.string(let text)) = value, mediaInput(input) != nil,
        graph.checked?[input.node]?.inputs[input.name.rawValue]?.string != text,
        FileReader.exists(FilePath(text))
      else { continue }
      throw KeepError(
        .inputRejected, .nodeInput(input), "is set to the text \(text), and a file of that name is here",
        hint: "to send the file: --asset \(input)=\(text)")
    }
    return try graph.checked?.validate(
      overrides, allowsCutting: wish.allowsCutting, objectInfo: graph.objectInfo) ?? []
  }

  private func checkSweeps(_ assets: Set<NodeInput>) throws(KeepError) {
    var seen: Set<NodeInput> = []
    for sweep in sweeps {
      guard seen.insert(sweep.input).inserted else {
        throw KeepError(.usage, .option("--sweep"), "sweeps \(sweep.input) twice")
      }
      guard set[sweep.input] == nil, !assets.contains(sweep.input) else {
        throw KeepError(.usage, .option("--sweep"), "sweeps \(sweep.input), which is set already")
      }
    }
  }

  private static func settings(
    _ texts: [String], _ context: OverrideArgument.Context, _ assets: Set<NodeInput>
  ) throws(KeepError) -> [NodeInput: OverrideValue] {
    var set: [NodeInput: OverrideValue] = [:]
    var randomness = SystemRandomNumberGenerator()
    for text in texts {
      let argument = try OverrideArgument(parsing: text, context: context, randomness: &randomness)
      guard set.updateValue(argument.value, forKey: argument.input) == nil else {
        throw KeepError(.usage, .option("--set"), "sets \(argument.input) twice")
      }
      guard !assets.contains(argument.input) else {
        throw KeepError(.usage, .option("--set"), "sets \(argument.input), which --asset fills")
      }
    }
    return set
  }

  private func target(of asset: Asset, _ row: RunRow) throws(KeepError) -> NodeInput {
    guard graph.checked != nil else {
      throw KeepError(
        .inputRejected, .path(asset.path), "no workflow is known, so the node input for it must be named",
        hint: "add --asset NODE.INPUT, or --workflow FILE")
    }
    let open = mediaInputs.filter { fixed[$0.input] == nil && row.references[$0.input] == nil }
    if open.isEmpty, let taken = mediaInputs.first(where: { $0.takes(asset.mediaType) }) {
      throw KeepError(.usage, .nodeInput(taken.input), "is set already and cannot take \(asset.filename) too")
    }
    do {
      return try AssetTarget.resolve(type: asset.mediaType, among: open).input
    } catch {
      throw KeepError(error.code, .path(asset.path), error.reason, hint: error.hint)
    }
  }

  @Sendable private static func text(_ path: String) throws(KeepError) -> String {
    let bytes = try FileReader.bytes(of: FilePath(path), limit: .mebibytes(4), code: .inputRejected)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw KeepError(.inputRejected, .path(FilePath(path)), "is not UTF-8 text")
    }
    return text
  }
}
