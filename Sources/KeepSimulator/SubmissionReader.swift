internal import KeepModel

/// Why the service refuses a call: its code, its words, and an entry for each wrong field.
struct Refusal: Error, Sendable {
  let status: Int
  let code: Int
  let message: String
  var detail: [JSONValue] = []

  static func invalid(_ detail: [JSONValue]) -> Refusal {
    Refusal(status: 422, code: 422001, message: "Request validation failed", detail: detail)
  }

  /// One wrong field, as FastAPI names it.
  static func entry(_ place: [String], _ message: String, _ type: String) -> JSONValue {
    ["loc": .array(place.map(JSONValue.string)), "msg": .string(message), "type": .string(type)]
  }
}

/// A submission that the service understood.
struct ReadSubmission: Sendable {
  /// One media input and how it came.
  struct Reference: Sendable {
    let node: String
    let input: String
    /// `data_uri`, `base64` or `url`.
    let form: String
    let media: InputMedia
  }

  var workflow: Workflow
  var media: [String: InputMedia] = [:]
  var references: [Reference] = []
  /// Why the run will fail, found already.
  var failure: RunFailureText?
  var isInline = false
  /// SHA-256 of the canonical overrides, media replaced by their names.
  var overridesChecksum: Checksum
  var hasComfyOrgKey = false
}

/// Reads the body of a submit: checks overrides, merges the graph, takes the media out of it.
struct SubmissionReader {
  let deployment: Simulator.Deployment
  /// Whether wrong overrides are taken and let the run fail.
  let isLenient: Bool
  /// The bytes of one of our own uploads; `nil` where the address is not ours, an error where nothing is there.
  let fetch: @Sendable (String) -> FetchedUpload

  /// Reads a body.
  ///
  /// - Throws: ``Refusal`` with code 422001 and an entry for each wrong field.
  func read(_ body: JSONValue) throws(Refusal) -> ReadSubmission {
    guard let object = body.object else {
      throw .invalid([Refusal.entry(["body"], "value is not a valid dict", "type_error.dict")])
    }
    var problems = fieldProblems(object)
    let overrides = object["overrides"]?.object ?? JSONObject()
    var workflow = deployment.workflow
    if let inline = object["workflow_api_json"], !inline.isNull {
      do throws(KeepError) {
        workflow = try Workflow(document: inline)
      } catch {
        throw .invalid([Refusal.entry(["body", "workflow_api_json"], error.description, "value_error")])
      }
    }
    problems += OverrideCheck(workflow: workflow, overrides: overrides).problems
    let defaults = object["workflow_api_json"] == nil ? deployment.overrides : JSONObject()
    let merged = Self.merged(Self.merged(workflow, defaults), overrides)
    var (submission, broken) = extracted(from: merged)
    problems += broken
    guard problems.isEmpty || isLenient else { throw .invalid(problems) }
    submission.isInline = object["workflow_api_json"]?.object != nil
    submission.hasComfyOrgKey = object["extra_data"]?["api_key_comfy_org"]?.string != nil
    submission.overridesChecksum = Self.checksum(of: overrides, in: submission)
    if let problem = problems.first?["msg"]?.string, submission.failure == nil {
      submission.failure = RunFailureText(exception: "prompt_outputs_failed_validation", message: problem)
    }
    return submission
  }

  private func fieldProblems(_ body: JSONObject) -> [JSONValue] {
    var problems: [JSONValue] = []
    let inline = body["workflow_api_json"].flatMap { $0.isNull ? nil : $0 }
    switch body["overrides"] {
    case nil where inline == nil, .null? where inline == nil:
      problems.append(Refusal.entry(["body", "overrides"], "field required", "value_error.missing"))
    case .object(let overrides)? where inline != nil && !overrides.isEmpty:
      problems.append(
        Refusal.entry(
          ["body", "overrides"], "give either overrides or workflow_api_json, not both", "value_error"))
    case nil, .null?, .object?: break
    default:
      problems.append(Refusal.entry(["body", "overrides"], "value is not a valid dict", "type_error.dict"))
    }
    for name in ["extra_data", "workflow_api_json"] {
      guard let value = body[name], !value.isNull, value.object == nil else { continue }
      problems.append(Refusal.entry(["body", name], "value is not a valid dict", "type_error.dict"))
    }
    return problems
  }

  /// The graph with inputs replaced; entries that name nothing are left out.
  private static func merged(_ workflow: Workflow, _ overrides: JSONObject) -> Workflow {
    let replaced = overrides.members.compactMap { member in
      member.value["inputs"]?.object.map { (NodeID(member.key), $0) }
    }
    guard !replaced.isEmpty else { return workflow }
    let nodes = workflow.nodes.map { node in
      replaced.filter { $0.0 == node.id }.reduce(node) { node, entry in
        var inputs = node.inputs
        for member in entry.1.members where inputs[member.key] != nil { inputs[member.key] = member.value }
        return node.taking(inputs)
      }
    }
    return Workflow(nodes: nodes, document: workflow.document.replacingInputs(of: nodes))
  }

  /// The graph with media replaced by their names, and the media; an entry for each that is broken.
  private func extracted(from workflow: Workflow) -> (submission: ReadSubmission, problems: [JSONValue]) {
    var submission = ReadSubmission(workflow: workflow, overridesChecksum: Checksum(of: []))
    var problems: [JSONValue] = []
    var nodes: [Workflow.Node] = []
    for node in workflow.nodes {
      var inputs = node.inputs
      for member in node.inputs.members {
        guard let text = member.value.string else { continue }
        switch MediaReference(text, node: node, input: member.key) {
        case .none: continue
        case .inline(let media, let form):
          submission.take(media, form, node, member.key)
          inputs[member.key] = .string(media.name)
        case .broken(let reason):
          problems.append(
            Refusal.entry(
              ["body", "overrides", node.id.rawValue, "inputs", member.key], reason, "value_error"))
        case .address:
          guard let media = fetched(text, node, &submission) else { continue }
          submission.take(media, "url", node, member.key)
          inputs[member.key] = .string(media.name)
        }
      }
      nodes.append(node.taking(inputs))
    }
    submission.workflow = Workflow(nodes: nodes, document: workflow.document.replacingInputs(of: nodes))
    return (submission, problems)
  }

  private func fetched(
    _ address: String, _ node: Workflow.Node, _ submission: inout ReadSubmission
  ) -> InputMedia? {
    let plain = String(address.prefix { $0 != "?" })
    let message: String
    switch fetch(address) {
    case .found(let bytes): return InputMedia(bytes: bytes)
    case .media(let media): return media
    case .missing: message = "404 Client Error: Not Found for url: \(plain)"
    case .foreign: message = "the simulator fetches media from its own /uploads/ alone, not from \(plain)"
    }
    submission.failure = RunFailureText(
      node: node.id.rawValue, classType: node.classType, exception: "requests.exceptions.HTTPError",
      message: message)
    return nil
  }

  private static func checksum(of overrides: JSONObject, in submission: ReadSubmission) -> Checksum {
    let members = overrides.members.map { member in
      guard var inputs = member.value["inputs"]?.object else { return member }
      for reference in submission.references
      where NodeID(reference.node) == NodeID(member.key) && inputs[reference.input] != nil {
        inputs[reference.input] = .string(reference.media.name)
      }
      return JSONObject.Member(key: member.key, value: ["inputs": .object(inputs)])
    }
    return Checksum(of: CanonicalJSON.compact(.object(JSONObject(members))))
  }
}

extension ReadSubmission {
  fileprivate mutating func take(_ found: InputMedia, _ form: String, _ node: Workflow.Node, _ input: String)
  {
    media[found.name] = found
    references.append(Reference(node: node.id.rawValue, input: input, form: form, media: found))
  }
}

extension Workflow.Node {
  fileprivate func taking(_ inputs: JSONObject) -> Workflow.Node {
    Workflow.Node(id: id, classType: classType, title: title, inputs: inputs)
  }
}

extension JSONValue {
  /// The document of a graph whose nodes have other inputs now.
  fileprivate func replacingInputs(of nodes: [Workflow.Node]) -> JSONValue {
    let members = zip(object?.members ?? [], nodes).map { member, node in
      guard var fields = member.value.object else { return member }
      fields["inputs"] = .object(node.inputs)
      return JSONObject.Member(key: member.key, value: .object(fields))
    }
    return .object(JSONObject(members))
  }
}
