internal import KeepModel

/// `ro-crate-metadata.json`: the run as an RO-Crate 1.1 that conforms to Process Run Crate 0.5, and to
/// Workflow Run Crate 0.5 when the workflow is in the bundle (bundle profile 1.0, section 9).
struct Crate: Sendable {
  private let contents: RunContents
  private let name: RunName
  private let files: [Bag.File]
  private let outputsByPath: [String: Manifest.Output]
  private let inputsByPath: [String: Manifest.Input]

  /// - Parameter files: Everything in the payload except this document.
  init(_ contents: RunContents, name: RunName, files: [Bag.File]) {
    self.contents = contents
    self.name = name
    self.files = files
    outputsByPath = Dictionary(
      contents.manifest.outputs.compactMap { output in output.stored.map { ($0.path, output) } },
      uniquingKeysWith: { first, _ in first })
    inputsByPath = Dictionary(
      contents.manifest.inputs.compactMap { input in input.stored.map { ($0.path, input) } },
      uniquingKeysWith: { first, _ in first })
  }

  /// The name of the document, relative to `data/`.
  static let path = "ro-crate-metadata.json"

  private var manifest: Manifest { contents.manifest }
  private var workflow: Manifest.Document? { manifest.documents.workflow }

  /// The document.
  var json: JSONValue {
    [
      "@context": "https://w3id.org/ro/crate/1.1/context",
      "@graph": .array(entities.map { .object($0.object) }),
    ]
  }

  private var entities: [CrateEntity] {
    [descriptor, root, rights] + profiles.map(\.entity) + [action] + agent + instrument + language
      + parameters + values + files.map { file(at: $0) }
  }

  private var descriptor: CrateEntity {
    var entity = CrateEntity(Self.path, "CreativeWork")
    entity.link("about", ["./"])
    let base = "https://w3id.org/ro/crate/1.1"
    entity.link(
      "conformsTo", workflow == nil ? [base] : [base, CrateProfile.workflowCrate.address])
    return entity
  }

  private var profiles: [CrateProfile] {
    workflow == nil ? [.process] : [.process, .workflow, .workflowCrate]
  }

  private var root: CrateEntity {
    var entity = CrateEntity("./", "Dataset")
    entity.link("conformsTo", profiles.map(\.address))
    entity.set("name", "ComfyUI run \(manifest.run.request)")
    entity.set("description", summary)
    entity.set("datePublished", (manifest.run.finishedAt ?? manifest.run.createdAt)?.day ?? "1970-01-01")
    entity.link("license", [rights.id])
    entity.set("identifier", name.identifier)
    entity.link("mentions", [action.id])
    entity.link("hasPart", files.map(\.path))
    if let workflow { entity.link("mainEntity", [workflow.path]) }
    return entity
  }

  /// One sentence on the run.
  private var summary: String {
    let archived = manifest.outputs.count { $0.status == .archived }
    let missing = manifest.outputs.count { $0.status == .missing }
    let gone = missing == 0 ? "" : ", \(missing) missing"
    return "Archived run of a ComfyUI workflow on deployment \(manifest.run.deployment): "
      + "\(manifest.run.status), \(PreviewWords.count(archived, "output"))\(gone)."
  }

  private var rights: CrateEntity {
    let stated = manifest.options.rights
    var entity = CrateEntity(stated.flatMap { HTTPURL($0)?.description } ?? "#rights", "CreativeWork")
    entity.set("name", stated ?? "No licence stated")
    entity.set(
      "description",
      stated == nil ? "Whoever made the run did not state a licence." : "The licence that was stated.")
    return entity
  }

  private var action: CrateEntity {
    var entity = CrateEntity("#\(name.stem)", "CreateAction")
    let run = manifest.run
    entity.set("name", "ComfyUI run \(run.request)")
    entity.set("description", summary)
    entity.set("startTime", run.createdAt?.description)
    entity.set("endTime", run.finishedAt?.description)
    let didSucceed = run.didSucceed
    entity.set(
      "actionStatus",
      "http://schema.org/\(didSucceed ? "Completed" : "Failed")ActionStatus")
    if !didSucceed { entity.set("error", RunErrorText(run).text) }
    entity.link("agent", agent.map(\.id))
    entity.link("instrument", [workflow?.path ?? Self.software])
    entity.link(
      "object",
      [manifest.documents.request?.path].compactMap(\.self) + inputs.map(\.path) + values.map(\.id))
    if didSucceed { entity.link("result", outputs.map(\.path)) }
    return entity
  }

  private var agent: [CrateEntity] {
    guard let stated = manifest.options.agent else { return [] }
    var entity = CrateEntity(HTTPURL(stated)?.description ?? "#agent", "Person")
    entity.set("name", stated)
    return [entity]
  }

  private static let software = "https://github.com/Comfy-Org/ComfyUI"

  private var instrument: [CrateEntity] {
    guard workflow == nil else { return [] }
    var entity = CrateEntity(Self.software, "SoftwareApplication")
    entity.set("name", "ComfyUI")
    entity.set("url", Self.software)
    return [entity]
  }

  private var language: [CrateEntity] {
    guard workflow != nil else { return [] }
    var entity = CrateEntity("#comfyui-api", "ComputerLanguage")
    entity.set("name", "ComfyUI workflow in API form")
    entity.set("url", Self.software)
    return [entity]
  }
}

// MARK: - Values and parameters

extension Crate {
  private var inputs: [Manifest.Stored] { manifest.inputs.compactMap(\.stored) }
  private var outputs: [Manifest.Stored] { manifest.outputs.compactMap(\.stored) }

  private var values: [CrateEntity] {
    contents.values.map { value in
      let place = CratePlace(value)
      var entity = CrateEntity("#override/\(place.path)", "PropertyValue")
      entity.set("name", place.name)
      entity.set("value", DataURI.decode(value.text) == nil ? value.text : "see run/request.json")
      if workflow != nil { entity.link("exampleOfWork", ["#param/\(place.path)"]) }
      return entity
    }
  }

  /// The workflow's parameters, each with the value or file that this run has for it.
  private var parameters: [CrateEntity] {
    guard workflow != nil else { return [] }
    return inputParameters + outputParameters
  }

  private var inputParameters: [CrateEntity] {
    let values = contents.values.map { value in
      let place = CratePlace(value)
      return parameter(
        "#param/\(place.path)", place.name, type: CratePlace.type(of: value.value),
        examples: ["#override/\(place.path)"])
    }
    let files = manifest.inputs.filter { $0.stored != nil }.grouped { CratePlace($0).path }.map { group in
      parameter(
        "#param/\(group.key)", CratePlace(group.items[0]).name, type: "File",
        examples: group.items.compactMap(\.stored?.path))
    }
    return values + files
  }

  private var outputParameters: [CrateEntity] {
    manifest.outputs.filter { $0.stored != nil }.grouped { CratePlace($0).path }.map { group in
      parameter(
        "#output/\(group.key)", CratePlace(group.items[0]).name, type: "File",
        examples: group.items.compactMap(\.stored?.path))
    }
  }

  private func parameter(
    _ id: String, _ name: String, type: String, examples: [String]
  ) -> CrateEntity {
    var entity = CrateEntity(id, "FormalParameter")
    entity.set("name", name)
    entity.set("additionalType", type)
    entity.link("workExample", examples)
    return entity
  }
}

// MARK: - Files

extension Crate {
  private func file(at file: Bag.File) -> CrateEntity {
    if let workflow, workflow.path == file.path { return workflowFile(file, workflow) }
    if let output = outputsByPath[file.path] { return outputFile(file, output) }
    if let input = inputsByPath[file.path] { return inputFile(file, input) }
    var entity = CrateEntity(file: file, named: file.path)
    entity.set("encodingFormat", CrateDocument.mediaType(of: file.path))
    entity.set("description", CrateDocument.description(of: file.path))
    if file.path == Readme.path || file.path == Preview.path { entity.link("about", ["./"]) }
    return entity
  }

  private func workflowFile(_ file: Bag.File, _ workflow: Manifest.Document) -> CrateEntity {
    var entity = CrateEntity(
      file.path, "File", "SoftwareSourceCode", "ComputationalWorkflow")
    entity.set("name", "The workflow that ran, in API form")
    entity.set("encodingFormat", "application/json")
    entity.set("contentSize", String(file.size))
    entity.set("version", "sha256:\(workflow.checksum)")
    entity.link("programmingLanguage", language.map(\.id))
    entity.link("input", inputParameters.map(\.id))
    entity.link("output", outputParameters.map(\.id))
    return entity
  }

  private func outputFile(_ file: Bag.File, _ output: Manifest.Output) -> CrateEntity {
    var entity = CrateEntity(file: file, named: output.filename ?? file.name)
    entity.set("encodingFormat", output.stored?.mediaType.rawValue)
    let title = output.nodeTitle.map { " “\($0)”" } ?? ""
    entity.set("description", "Output \(output.index) of node \(output.node)\(title), key \(output.key)")
    if workflow != nil { entity.link("exampleOfWork", ["#output/\(CratePlace(output).path)"]) }
    return entity
  }

  private func inputFile(_ file: Bag.File, _ input: Manifest.Input) -> CrateEntity {
    var entity = CrateEntity(file: file, named: input.filename)
    entity.set("encodingFormat", input.stored?.mediaType.rawValue)
    entity.set("description", "Input \(input.input) of node \(input.node)")
    if workflow != nil { entity.link("exampleOfWork", ["#param/\(CratePlace(input).path)"]) }
    return entity
  }
}
