package import KeepModel

extension Manifest {
  /// The bundle profile that this version writes.
  package static let profile = "1.0"
  /// The service whose runs are archived.
  package static let service = "runcomfy-serverless"

  /// The document `data/manifest.json`. Members without a value are left out, except where the profile says
  /// `null`: the two times, and the class and title of a node.
  package var json: JSONValue {
    [
      "profile": .string(Self.profile),
      "run": run.json,
      "completeness": .string(completeness.rawValue),
      "options": options.json,
      "documents": documents.json,
      "outputs": .array(outputs.map(\.json)),
      "inputs": .array(inputs.map(\.json)),
      "externalised": .array(externalised.map(\.json)),
      "redactions": .array(redactions.map(\.json)),
      "counts": [
        "outputs": .integer(outputs.count),
        "missing": .integer(outputs.count { $0.status == .missing }),
        "inputs": .integer(inputs.count),
      ],
    ]
  }
}

extension Manifest.Run {
  fileprivate var json: JSONValue {
    [
      "service": .string(Manifest.service),
      "deploymentId": .string(deployment.rawValue),
      "requestId": .string(request.rawValue),
      "status": .string(status),
      "createdAt": .optional(createdAt?.description),
      "finishedAt": .optional(finishedAt?.description),
      "error": .array(errors),
    ]
  }
}

extension Manifest.Options {
  fileprivate var json: JSONValue {
    var object: JSONObject = JSONObject()
    object["temp"] = .string(temp.rawValue)
    object["inputs"] = .string(inputs.rawValue)
    object["rights"] = rights.map(JSONValue.string)
    object["agent"] = agent.map(JSONValue.string)
    return .object(object)
  }
}

extension Manifest.Documents {
  fileprivate var json: JSONValue {
    var object: JSONObject = JSONObject()
    object["request"] = request?.json
    object["result"] = result?.json
    object["workflow"] = workflow?.json
    return .object(object)
  }
}

extension Manifest.Document {
  fileprivate var json: JSONValue {
    var object: JSONObject = JSONObject()
    object["path"] = .string(path)
    object["size"] = .integer(size)
    object["sha256"] = .string(checksum.hexadecimal)
    object["source"] = source.map(JSONValue.string)
    return .object(object)
  }
}

extension Manifest.Output {
  fileprivate var json: JSONValue {
    var object: JSONObject = JSONObject()
    object["node"] = .string(node.rawValue)
    object["key"] = .string(key.rawValue)
    object["index"] = .integer(index)
    object["pointer"] = .string(pointer.description)
    object["nodeClass"] = .optional(nodeClass)
    object["nodeTitle"] = .optional(nodeTitle)
    object["kind"] = .string(kind.rawValue)
    object["filename"] = filename.map(JSONValue.string)
    object["subfolder"] = subfolder.map(JSONValue.string)
    object["type"] = type.map(JSONValue.string)
    object["url"] = url.map(JSONValue.string)
    object["status"] = .string(status.rawValue)
    object["reason"] = reason.map { .string($0.rawValue) }
    stored?.add(to: &object)
    return .object(object)
  }
}

extension Manifest.Input {
  fileprivate var json: JSONValue {
    var object: JSONObject = JSONObject()
    object["node"] = .string(node.rawValue)
    object["input"] = .string(input.rawValue)
    object["index"] = .integer(index)
    object["pointer"] = .string(pointer.description)
    object["filename"] = .string(filename)
    object["status"] = .string(status.rawValue)
    stored?.add(to: &object)
    return .object(object)
  }
}

extension Manifest.Stored {
  fileprivate func add(to object: inout JSONObject) {
    object["path"] = .string(path)
    object["size"] = .integer(size)
    object["sha256"] = .string(checksum.hexadecimal)
    object["mediaType"] = .string(mediaType.rawValue)
  }
}

extension Manifest.Externalised {
  fileprivate var json: JSONValue {
    [
      "pointer": .string(pointer.description), "path": .string(path),
      "mediaType": .string(mediaType.rawValue),
    ]
  }
}

extension Manifest.Redaction {
  fileprivate var json: JSONValue {
    [
      "document": .string(document), "pointer": .string(pointer.description),
      "rule": .string(rule),
    ]
  }
}
