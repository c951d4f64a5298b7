import KeepFiles
import KeepInput
public import KeepModel
import KeepSubmit
public import SystemPackage

/// What a recipe says, checked as far as that goes without a service: `comfykeep recipe check`.
public struct RecipeCheck: Sendable {
  /// One node input that the recipe fills.
  public struct Line: Sendable {
    /// What fills it: `asset`, `set` or `sweep`.
    public let role: String
    /// `NODE.INPUT` as it was written.
    public let name: String
    /// The input, where the workflow is known and has it.
    public let input: NodeInput?
    /// The class and title of its node.
    public let node: WorkflowInspection.Node?
    /// What goes into it, without what may be secret.
    public let value: String
  }

  /// The recipe's file.
  public let path: FilePath
  /// What it says; empty where it cannot be read.
  public let recipe: Recipe
  /// The node inputs that it fills.
  public private(set) var lines: [Line] = []
  /// What has to be mended, with code `usage` for the recipe and `input_rejected` for what it names.
  public private(set) var errors: [KeepError] = []
  /// What is worth saying.
  public private(set) var notes: [String] = []
  private var filled: [NodeInput: RecipePlace] = [:]

  /// 0 for a recipe that can be used, 64 where it is wrong in itself, 10 where what it names is.
  public var exitStatus: Int32 {
    let statuses = Set(errors.map(\.code.exitStatus))
    return statuses.contains(KeepError.Code.usage.exitStatus)
      ? KeepError.Code.usage.exitStatus : statuses.min() ?? 0
  }

  /// Reads and checks a recipe. Sends nothing and asks nobody.
  ///
  /// - Parameters:
  ///   - home: What `~/` stands for.
  ///   - environment: Tells whether the variables that the upload names are set.
  public init(_ path: FilePath, home: FilePath?, environment: @escaping (String) -> String?) {
    self.path = path
    do {
      self.recipe = try RecipeFile.read(path, home: home)
    } catch {
      self.recipe = Recipe()
      self.errors = error.errors
      return
    }
    checkFiles()
    let workflow = read(recipe.workflow) { path throws(KeepError) in try Inspector.workflow(path) }
    let objectInfo = read(recipe.objectInfo) { path throws(KeepError) in try Self.document(path) }
    checkInputs(workflow, objectInfo)
    checkWhole(environment)
  }

  private mutating func read<Value>(
    _ path: FilePath?, _ body: (FilePath) throws(KeepError) -> Value
  ) -> Value? {
    guard let path else { return nil }
    do throws(KeepError) {
      return try body(path)
    } catch {
      errors.append(error)
      return nil
    }
  }

  private static func document(_ path: FilePath) throws(KeepError) -> JSONValue {
    let bytes = try FileReader.bytes(of: path, limit: .mebibytes(64), code: .inputRejected)
    do {
      return try JSONDocument(parsing: bytes).value
    } catch {
      throw KeepError(.inputRejected, .path(path), "is not JSON: \(error)")
    }
  }

  private mutating func checkFiles() {
    for path in (recipe.paths ?? []) + [recipe.table].compactMap({ $0 }) where FileStamp(of: path) == nil {
      errors.append(KeepError(.inputRejected, .path(path), "is not there"))
    }
    guard let table = recipe.table, FileStamp(of: table) != nil else { return }
    if recipe.paths != nil {
      errors.append(KeepError(.usage, .path(path), "table and paths cannot be combined"))
    }
    _ = read(table) { table throws(KeepError) in try RunTable(at: table) }
  }

  private mutating func checkWhole(_ environment: @escaping (String) -> String?) {
    if recipe.deployment == nil { notes.append("names no deployment: give --deployment") }
    if recipe.paths == nil, recipe.table == nil { notes.append("names no paths: give them as arguments") }
    if recipe.workflow == nil { notes.append("names no workflow, so nodes and values are not checked") }
    if recipe.isInline == true, recipe.workflow == nil {
      errors.append(KeepError(.usage, .path(path), "inline_workflow needs a workflow"))
    }
    do {
      _ = try recipe.upload.target(environment: environment)
    } catch {
      // Another machine's environment may have it.
      if error.reason.contains("is not set") {
        notes.append(error.description)
      } else {
        errors.append(KeepError(.usage, .path(path), "upload: \(error.reason)", hint: error.hint))
      }
    }
  }
}

extension RecipeCheck {
  private mutating func checkInputs(_ workflow: Workflow?, _ objectInfo: JSONValue?) {
    let context = OverrideArgument.Context(workflow: workflow, objectInfo: objectInfo) {
      file throws(KeepError) in
      let bytes = try FileReader.bytes(of: FilePath(file), limit: .mebibytes(4), code: .inputRejected)
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw KeepError(.inputRejected, .path(FilePath(file)), "is not UTF-8 text")
      }
      return text
    }
    let allowsCutting = recipe.allowsCutting == true
    let media = workflow.map { MediaInputFinder.mediaInputs(in: $0, objectInfo: objectInfo) } ?? []
    for asset in recipe.assets ?? [] {
      check(asset, "asset", Self.shown(asset: asset.value), workflow) { input throws(KeepError) in
        try Self.check(asset.value, among: media, input)
      }
    }
    for setting in recipe.settings ?? [] {
      check(setting, "set", Excerpt.of(setting.value ?? "", limit: 60), workflow) { input throws(KeepError) in
        var randomness = SystemRandomNumberGenerator()
        let value = try OverrideArgument.value(
          setting.value ?? "", for: input, context: context, randomness: &randomness)
        var overrides = Overrides()
        overrides[input] = value
        try workflow?.validate(
          overrides, allowsCutting: allowsCutting, objectInfo: objectInfo)
      }
    }
    for sweep in recipe.sweeps ?? [] {
      check(sweep, "sweep", Excerpt.of(sweep.value ?? "", limit: 60), workflow) { input throws(KeepError) in
        let values = try Sweep(sweep.text, context: context).values
        for case .given(let value, _) in values {
          var overrides = Overrides()
          overrides[input] = value
          try workflow?.validate(overrides, allowsCutting: allowsCutting, objectInfo: objectInfo)
        }
      }
    }
  }

  /// Finds the input in the workflow and looks at its value; what is wrong is told with its place.
  private mutating func check(
    _ assignment: Recipe.Assignment, _ role: String, _ value: String, _ workflow: Workflow?,
    _ body: (NodeInput) throws(KeepError) -> Void
  ) {
    var found: NodeInput?
    do throws(KeepError) {
      let input =
        try workflow.map { graph throws(KeepError) in
          try NodeReference.resolve(assignment.name, in: graph)
        } ?? NodeInput(parsing: assignment.name)
      found = input
      if let input {
        if let first = filled[input] {
          throw KeepError(.usage, .nodeInput(input), "is filled twice, first in line \(first.line)")
        }
        filled[input] = assignment.place
        try body(input)
      }
    } catch {
      let subject = assignment.place?.subject(in: path) ?? .path(path)
      let reason = error.subject == .none ? error.reason : "\(error.subject): \(error.reason)"
      errors.append(KeepError(error.code, subject, reason, hint: error.hint))
    }
    let node = found.flatMap { workflow?[$0.node] }.map {
      WorkflowInspection.Node(id: $0.id, nodeClass: $0.classType, title: $0.title)
    }
    lines.append(Line(role: role, name: assignment.name, input: found, node: node, value: value))
  }

  private static func check(
    _ value: String?, among media: [MediaInput], _ input: NodeInput
  ) throws(KeepError) {
    if let obstacle = media.first(where: { $0.input == input })?.obstacle {
      throw KeepError(.inputRejected, .nodeInput(input), obstacle)
    }
    guard let value else { return }
    guard !value.contains("://") else {
      guard HTTPURL(value) != nil else {
        throw KeepError(.inputRejected, .nodeInput(input), "is not an http or https URL")
      }
      return
    }
    guard FileStamp(of: FilePath(value)) != nil else {
      throw KeepError(.inputRejected, .path(FilePath(value)), "is not there")
    }
  }

  private static func shown(asset value: String?) -> String {
    guard let value else { return "each file" }
    return value.contains("://") ? HTTPURL(value)?.withoutQuery.description ?? "a URL" : value
  }
}
