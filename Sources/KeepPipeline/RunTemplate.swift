import KeepFiles
import KeepInput
import KeepModel
import KeepSubmit
import SystemPackage

/// What all runs of a wish share: values, fixed assets, and the input that takes each file.
struct RunTemplate {
  /// The inputs that take each file.
  let freeInputs: [NodeInput]
  private let wish: RunWish
  private let fixed: Overrides
  private let mediaInputs: [MediaInput]
  private let context: OverrideArgument.Context

  init(_ wish: RunWish, graph: PlannedGraph, reader: AssetReader) throws(KeepError) {
    var free: [NodeInput] = []
    var fixed = Overrides()
    for text in wish.assets {
      let argument = try AssetArgument(text, in: graph.checked)
      guard fixed[argument.input] == nil, !free.contains(argument.input) else {
        throw KeepError(.usage, .option("--asset"), "names \(argument.input) twice")
      }
      guard let value = argument.value else {
        free.append(argument.input)
        continue
      }
      fixed[argument.input] = .asset(try Self.reference(value, reader, wish))
    }
    guard free.count <= 1 else {
      throw KeepError(
        .usage, .option("--asset"), "\(free[0]) and \(free[1]) both wait for each file",
        hint: "give one of them a file: --asset \(free[1])=FILE")
    }
    self.wish = wish
    self.freeInputs = free
    self.fixed = fixed
    self.mediaInputs =
      graph.checked.map { MediaInputFinder.mediaInputs(in: $0, objectInfo: graph.objectInfo) } ?? []
    self.context = OverrideArgument.Context(workflow: graph.checked, objectInfo: graph.objectInfo) {
      path throws(KeepError) in
      let bytes = try FileReader.bytes(of: FilePath(path), limit: .mebibytes(4), code: .inputRejected)
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw KeepError(.inputRejected, .path(FilePath(path)), "is not UTF-8 text")
      }
      return text
    }
    // Refuses an unknown node or a wrong value once, before any file is read.
    _ = try graph.checked?.validate(
      overrides(), allowsCutting: wish.allowsCutting, objectInfo: graph.objectInfo)
  }

  /// Refuses a run without any file that nobody can have meant: a forgotten PATH must not cost money.
  func checkStandsAlone() throws(KeepError) {
    if let free = freeInputs.first {
      throw KeepError(.usage, .option("--asset"), "\(free) is to take files, and no PATH is given")
    }
    guard !fixed.isEmpty || !wish.settings.isEmpty else {
      throw KeepError(
        .usage, .option("PATH"), "no file is given, and nothing is set",
        hint: "name files or folders; for a run without files give --set NODE.INPUT=VALUE")
    }
  }

  /// The submission for one file, with seeds drawn for it, and what is worth saying about it.
  func submission(
    with asset: Asset?, _ graph: PlannedGraph
  ) throws(KeepError) -> (Submission, [String]) {
    var overrides = try overrides()
    if let asset {
      let input =
        if let free = freeInputs.first { free } else {
          try target(of: asset, hasWorkflow: graph.checked != nil)
        }
      guard overrides[input] == nil else {
        throw KeepError(.usage, .nodeInput(input), "is set already and cannot take \(asset.filename) too")
      }
      overrides[input] = .asset(.inline(asset))
    }
    for (input, value) in graph.defaults.sorted where overrides[input] == nil { overrides[input] = value }
    let warnings =
      try graph.checked?.validate(
        overrides, allowsCutting: wish.allowsCutting, objectInfo: graph.objectInfo) ?? []
    let submission = Submission(
      deployment: graph.deployment, mode: wish.isInline ? .inlineWorkflow : .overrides,
      workflow: graph.running, overrides: overrides)
    return (submission, warnings)
  }

  private func overrides() throws(KeepError) -> Overrides {
    var overrides = fixed
    var randomness = SystemRandomNumberGenerator()
    for text in wish.settings {
      let argument = try OverrideArgument(parsing: text, context: context, randomness: &randomness)
      guard overrides[argument.input] == nil else {
        throw KeepError(.usage, .option("--set"), "sets \(argument.input) twice")
      }
      overrides[argument.input] = argument.value
    }
    return overrides
  }

  private func target(of asset: Asset, hasWorkflow: Bool) throws(KeepError) -> NodeInput {
    guard hasWorkflow else {
      throw KeepError(
        .inputRejected, .path(asset.path), "no workflow is known, so the node input for it must be named",
        hint: "add --asset NODE.INPUT, or --workflow FILE")
    }
    let open = mediaInputs.filter { fixed[$0.input] == nil }
    if open.isEmpty, let taken = mediaInputs.first(where: { $0.takes(asset.mediaType) }) {
      throw KeepError(.usage, .nodeInput(taken.input), "is set already and cannot take \(asset.filename) too")
    }
    do {
      return try AssetTarget.resolve(type: asset.mediaType, among: open).input
    } catch {
      throw KeepError(error.code, .path(asset.path), error.reason, hint: error.hint)
    }
  }

  private static func reference(
    _ value: String, _ reader: AssetReader, _ wish: RunWish
  ) throws(KeepError) -> AssetReference {
    guard value.contains("://") else {
      return .inline(try reader.read(FilePath(value)))
    }
    guard let url = HTTPURL(value) else {
      throw KeepError(
        .inputRejected, .option("--asset"), "is not an http or https URL that a service could fetch")
    }
    let host = url.origin.host
    guard
      wish.allowsLocalURLs
        || url.origin.scheme == "https" && !url.isLoopback && IPAddress(host)?.isPublic != false
    else {
      throw KeepError(
        .inputRejected, .address(url.withoutQuery.description),
        "is not a public https URL, which the service needs",
        hint: "host the file where a server without a login can fetch it by https, or add --allow-http")
    }
    return .hosted(url, nil)
  }
}

/// One `--asset NODE.INPUT[=FILE|URL]`.
private struct AssetArgument {
  let input: NodeInput
  let value: String?

  init(_ text: String, in workflow: Workflow?) throws(KeepError) {
    let equals = text.utf8.firstIndex(of: UInt8(ascii: "="))
    let name = String(equals.map { text[..<$0] } ?? text[...])
    self.value = equals.map { String(text[text.utf8.index(after: $0)...]) }
    if let workflow {
      self.input = try NodeReference.resolve(name, in: workflow)
    } else if let input = NodeInput(parsing: name) {
      self.input = input
    } else {
      throw KeepError(
        .usage, .option(name), "names no node input", hint: "write NODE.INPUT, such as 189.image")
    }
  }
}
