import KeepModel

@testable import KeepArchive

extension CraftedBundle {
  static let image = "outputs/node-9/images/0000-ComfyUI_00013_.png"
  static let preview = "outputs/node-9/images/0001-ComfyUI_00014_.png"
  static let text = "outputs/node-38.42/text/0000.txt"
  static let input = "inputs/node-189/image/0000-fox.png"
  static let storage = "https://storage.example/1b7a759a"

  /// A run with an image, a temporary image, a text, an input and the workflow.
  static func good() throws -> CraftedBundle {
    let files: [String: [UInt8]] = [
      image: Array("\u{89}PNG image bytes".utf8), preview: Array("\u{89}PNG other bytes".utf8),
      text: Array("a red fox".utf8), input: Array("input bytes".utf8),
      "run/request.json": CanonicalJSON.indented(request),
      "run/result.json": CanonicalJSON.indented(result),
      "run/workflow_api.json": CanonicalJSON.indented(workflow),
    ]
    var bundle = CraftedBundle(files: files, manifest: manifest, crate: .null)
    for path in files.keys { bundle.restate(path) }
    try bundle.derive()
    return bundle
  }

  /// A run that failed, without outputs, inputs and workflow.
  static func small() throws -> CraftedBundle {
    var bundle = try good()
    for path in [image, preview, text, input, "run/request.json", "run/workflow_api.json"] {
      bundle.files[path] = nil
    }
    for list in ["outputs", "inputs", "externalised", "redactions"] { bundle.manifest.set(list, []) }
    bundle.manifest.set("counts", ["outputs": 0, "missing": 0, "inputs": 0])
    bundle.manifest.change(["documents"]) { documents in
      documents.set("request", nil)
      documents.set("workflow", nil)
    }
    bundle.manifest.change(["run", "status"]) { $0 = "failed" }
    var answer = result
    answer.set("status", "failed")
    answer.set("outputs", nil)
    bundle.replace("run/result.json", with: CanonicalJSON.indented(answer))
    try bundle.derive()
    return bundle
  }

  static let result: JSONValue = [
    "status": "succeeded",
    "created_at": "2026-11-22T21:00:22.446702",
    "finished_at": "2026-11-22T21:00:22.878201",
    "outputs": [
      "9": [
        "images": [
          [
            "filename": "ComfyUI_00013_.png", "subfolder": "", "type": "output",
            "url": .string("\(storage)/ComfyUI_00013_.png"),
          ],
          [
            "filename": "ComfyUI_00014_.png", "subfolder": "", "type": "temp",
            "url": .string("\(storage)/ComfyUI_00014_.png"),
          ],
        ],
        "animated": [false],
      ],
      "38:42": ["text": ["a red fox"]],
    ],
  ]

  static let request: JSONValue = [
    "overrides": [
      "189": ["inputs": ["image": .string("bundle:\(input)")]],
      "25": ["inputs": ["noise_seed": .number(JSONNumber(unchecked: "18446744073709551615"))]],
      "7": ["inputs": ["api_key": "REDACTED"]],
    ]
  ]

  static let workflow: JSONValue = [
    "9": ["class_type": "SaveImage", "inputs": [:], "_meta": ["title": "Keep it"]],
    "38:42": ["class_type": "PreviewAny", "inputs": [:]],
  ]

  private static func stored(_ path: String, _ type: String) -> [JSONObject.Member] {
    [
      .init(key: "path", value: .string(path)), .init(key: "size", value: 0),
      .init(key: "sha256", value: .string(String(repeating: "0", count: 64))),
      .init(key: "mediaType", value: .string(type)),
    ]
  }

  private static func object(_ value: JSONValue, _ more: [JSONObject.Member]) -> JSONValue {
    .object(JSONObject((value.object?.members ?? []) + more))
  }

  private static func document(_ path: String, source: JSONValue? = nil) -> JSONValue {
    var value = object([:], Array(stored(path, "").dropLast()))
    value.set("source", source)
    return value
  }

  private static func file(_ index: Int, _ name: String, _ type: String, _ path: String) -> JSONValue {
    object(
      [
        "node": "9", "key": "images", "index": .integer(index),
        "pointer": .string("/outputs/9/images/\(index)"), "nodeClass": "SaveImage",
        "nodeTitle": "Keep it", "kind": "file", "filename": .string(name), "subfolder": "",
        "type": .string(type), "url": .string("\(storage)/\(name)"), "status": "archived",
      ], stored(path, "image/png"))
  }

  private static let manifest: JSONValue = [
    "profile": "1.0",
    "run": [
      "service": "runcomfy-serverless", "deploymentId": "1a0b4c9e-0000-4000-8000-000000000001",
      "requestId": .string(id), "status": "succeeded",
      "createdAt": "2026-11-22T21:00:22.446+00:00", "finishedAt": "2026-11-22T21:00:22.878+00:00",
      "error": [],
    ],
    "completeness": "complete",
    "options": ["temp": "include", "inputs": "include"],
    "documents": [
      "request": document("run/request.json"), "result": document("run/result.json"),
      "workflow": document("run/workflow_api.json", source: "submitted"),
    ],
    "outputs": [
      object(
        [
          "node": "38:42", "key": "text", "index": 0, "pointer": "/outputs/38:42/text/0",
          "nodeClass": "PreviewAny", "nodeTitle": .null, "kind": "text", "status": "archived",
        ], stored(text, "text/plain")),
      file(0, "ComfyUI_00013_.png", "output", image),
      file(1, "ComfyUI_00014_.png", "temp", preview),
    ],
    "inputs": [
      object(
        [
          "node": "189", "input": "image", "index": 0,
          "pointer": "/overrides/189/inputs/image", "filename": "fox.png", "status": "archived",
        ], stored(input, "image/png"))
    ],
    "externalised": [
      [
        "pointer": "/overrides/189/inputs/image", "path": .string(input), "mediaType": "image/png",
      ]
    ],
    "redactions": [
      [
        "document": "run/request.json", "pointer": "/overrides/7/inputs/api_key",
        "rule": "credential",
      ]
    ],
    "counts": ["outputs": 3, "missing": 0, "inputs": 1],
  ]
}
