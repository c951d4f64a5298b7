internal import KeepModel

/// What the service says of deployments.
struct DeploymentAnswers {
  let store: SimulatorStore

  /// A deployment as endpoints 6 and 7 give it.
  func document(_ deployment: Simulator.Deployment, includes: [String]) -> JSONValue {
    let isPlain = store.strikes(.plainDeployments)
    let timing = store.configuration.timing
    let keepWarm = deployment.keepWarmSeconds ?? Int(timing.keepWarm.components.seconds)
    let fields: JSONValue =
      [
        "id": .string(deployment.id.rawValue), "name": .string(deployment.name),
        "workflow_id": .string(Self.workflowID(of: deployment.workflow)), "workflow_version": "v1",
        "hardware": isPlain ? .string(deployment.hardware) : [.string(deployment.hardware)],
        "min_instances": .integer(deployment.minInstances),
        "max_instances": .integer(deployment.maxInstances ?? timing.instances),
        "queue_size": .integer(deployment.queueSize), "keep_warm_duration_in_seconds": .integer(keepWarm),
        "status": "standby", "is_enabled": .bool(deployment.isEnabled),
        "created_at": time(deployment.createdAt), "updated_at": time(deployment.updatedAt),
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

  /// The id under which a graph is saved at the service.
  static func workflowID(of workflow: Workflow) -> String {
    UniqueID.grouped(String(workflow.checksum.hexadecimal.prefix(32)))
  }

  private func time(_ moment: Timestamp?) -> JSONValue {
    .string(moment.map { ServiceWording(store: store).time($0) } ?? "2026-01-01T00:00:00.000000")
  }

  func list(_ call: Call) -> Reply {
    let asked = Set(call.values("ids").map { DeploymentID($0) })
    let deployments = store.withState { $0.deployments }.filter { !$0.isForeign }
      .filter { asked.isEmpty || asked.contains($0.id) }
    let isPlain = store.strikes(.plainDeployments)
    let list = JSONValue.array(deployments.map { document($0, includes: call.values("includes")) })
    return .json(isPlain ? ["deployments": list] : list)
  }

  /// `object_info` of the classes in the graph, or what is to go wrong with it.
  func objectInfo(_ deployment: Simulator.Deployment) -> Reply {
    if let status = store.value(of: .errorObjectInfo).flatMap({ Int($0) }) { return .gateway(status) }
    let document = schema(of: deployment)
    if let name = store.value(of: .garbageObjectInfo) { return .garbage(name, instead: document) }
    guard let size = store.value(of: .hugeObjectInfo).flatMap({ Int($0) }) else { return .json(document) }
    return Reply(
      status: 200, headers: [("Content-Type", "application/json")],
      body: .bytes(Self.padded(WireJSON.encode(document), to: size << 20)))
  }

  /// An object with entries of classes that nothing uses in front of its own.
  private static func padded(_ object: [UInt8], to size: Int) -> [UInt8] {
    let choices = (0..<256).map { "\"models/checkpoint-\($0).safetensors\"" }.joined(separator: ",")
    var bytes = [UInt8(ascii: "{")]
    var number = 0
    while bytes.count < size - object.count {
      bytes +=
        #""Filler\#(number)":{"input":{"required":{"name":[[\#(choices)],{"tooltip":"a {\"brace\"} ]"}]}},"#
        .utf8
      bytes += #""output":["MODEL"],"output_node":false},"#.utf8
      number += 1
    }
    return bytes + object.dropFirst()
  }

  private func schema(of deployment: Simulator.Deployment) -> JSONValue {
    var object = JSONObject()
    let consumed = Set(
      deployment.workflow.nodes.flatMap { node in
        node.inputs.members.compactMap { Workflow.Node.link($0.value)?.node }
      })
    for node in deployment.workflow.nodes {
      object[node.classType] = Self.entry(node, isConsumed: consumed.contains(node.id))
    }
    return .object(object)
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
