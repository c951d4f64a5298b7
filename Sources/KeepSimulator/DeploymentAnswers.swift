internal import KeepModel

/// What the service says of deployments.
struct DeploymentAnswers {
  let store: SimulatorStore

  /// A deployment as endpoints 6 and 7 give it.
  func document(_ deployment: Simulator.Deployment, includes: [String]) -> JSONValue {
    let created = "2026-01-01T00:00:00.000000"
    let fields: JSONValue =
      [
        "id": .string(deployment.id.rawValue), "name": .string(deployment.name),
        "workflow_id": .string(UniqueID.grouped(String(deployment.workflow.checksum.hexadecimal.prefix(32)))),
        "workflow_version": "v1", "hardware": ["AMPERE_48"], "min_instances": 0,
        "max_instances": .integer(store.configuration.timing.instances), "queue_size": 1,
        "keep_warm_duration_in_seconds": .integer(store.configuration.timing.keepWarm.components.seconds),
        "status": "standby", "is_enabled": .bool(deployment.isEnabled), "created_at": .string(created),
        "updated_at": .string(created),
      ]
    var object = fields.object ?? JSONObject()
    if includes.contains("payload") {
      let api = store.withState { $0.addresses.api }
      object["payload"] = [
        "workflow_api_json": deployment.workflow.document, "overrides": .object(deployment.overrides),
        "object_info_url": .string("\(api)/prod/v2/deployments/\(deployment.id)/object_info"),
      ]
    }
    if includes.contains("readme") { object["readme"] = .string(deployment.readme) }
    return .object(object)
  }

  func list(_ call: Call) -> Reply {
    let asked = Set(call.values("ids").map { DeploymentID($0) })
    let deployments = store.withState { $0.deployments }.filter { !$0.isForeign }
      .filter { asked.isEmpty || asked.contains($0.id) }
    return .json(.array(deployments.map { document($0, includes: call.values("includes")) }))
  }

  /// PATCH: takes `is_enabled` and `name`; the service refuses one without `name`.
  func update(_ deployment: Simulator.Deployment, _ body: JSONValue) throws(Refusal) -> Reply {
    guard let name = body["name"]?.string else {
      throw .invalid([Refusal.entry(["body", "name"], "field required", "value_error.missing")])
    }
    var changed = deployment
    changed.name = name
    changed.isEnabled = body["is_enabled"]?.bool ?? deployment.isEnabled
    let result = changed
    store.withState { state in
      state.deployments = state.deployments.map { $0.id == result.id ? result : $0 }
    }
    return .json(document(result, includes: []))
  }

  /// `object_info` of the classes in the graph.
  func objectInfo(_ deployment: Simulator.Deployment) -> Reply {
    var object = JSONObject()
    let consumed = Set(
      deployment.workflow.nodes.flatMap { node in
        node.inputs.members.compactMap { Workflow.Node.link($0.value)?.node }
      })
    for node in deployment.workflow.nodes {
      object[node.classType] = Self.entry(node, isConsumed: consumed.contains(node.id))
    }
    return .json(.object(object))
  }

  private static func entry(_ node: Workflow.Node, isConsumed: Bool) -> JSONValue {
    let inputs = node.inputs.members.map { member in
      JSONObject.Member(key: member.key, value: specification(node, member))
    }
    let isOutput =
      switch NodeClass.role(of: node, isConsumed: isConsumed) {
      case .inner, .loader: false
      default: true
      }
    return [
      "input": ["required": .object(JSONObject(inputs))],
      "input_order": ["required": .array(node.inputs.keys.map(JSONValue.string))],
      "output": isOutput ? [] : ["*"], "output_is_list": isOutput ? [] : [false],
      "output_name": isOutput ? [] : ["*"], "name": .string(node.classType),
      "display_name": .string(node.title ?? node.classType), "description": "", "python_module": "nodes",
      "category": "simulator", "output_node": .bool(isOutput),
    ]
  }

  private static func specification(_ node: Workflow.Node, _ member: JSONObject.Member) -> JSONValue {
    if case .loader(let input, _) = NodeClass.role(of: node, isConsumed: true), input == member.key {
      return loaderSpecification(node.classType, member.value)
    }
    if let rule = InputRule.of(member.key, in: node.classType) { return rule.specification(member.value) }
    switch member.value {
    case .bool: return ["BOOLEAN", ["default": member.value]]
    case .string: return ["STRING", ["default": member.value]]
    case .number where member.key.hasSuffix("seed"):
      return [
        "INT", ["default": 0, "min": 0, "max": .integer(UInt64.max), "control_after_generate": true],
      ]
    case .number(let number):
      return [.string(number.signed == nil ? "FLOAT" : "INT"), ["default": member.value]]
    default: return ["*"]
    }
  }

  private static func loaderSpecification(_ classType: String, _ value: JSONValue) -> JSONValue {
    switch classType {
    case "LoadVideo": ["COMBO", ["options": [value], "video_upload": true]]
    case "LoadAudio": ["COMBO", ["options": [value], "audio_upload": true]]
    case "Load3D": ["COMBO", ["options": [value], "file_upload": true]]
    case "LoadImage", "LoadImageMask", "LoadImageOutput": [[value], ["image_upload": true]]
    case "VHS_LoadVideo", "VHS_LoadVideoFFmpeg", "VHS_LoadAudioUpload": [[value]]
    default:
      classType.hasPrefix("VHS_")
        ? ["STRING", ["placeholder": "X://path", "vhs_path_extensions": ["mp4", "png", "wav"]]]
        : ["STRING", [:]]
    }
  }
}
