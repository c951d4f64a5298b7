package import KeepModel

/// What `object_info` says of one input, in either of its spellings: `[[options], {flags}]` and
/// `["COMBO", {options, flags}]`.
package struct InputSchema: Sendable {
  /// A kind of plain value.
  package enum Scalar: String, Sendable {
    case whole = "INT"
    case decimal = "FLOAT"
    case text = "STRING"
    case flag = "BOOLEAN"
  }

  /// `INT`, `STRING`, `COMBO`, `MODEL` and so on; `COMBO` also for a literal list of options.
  package let type: String
  /// The choices of a combo, `nil` where there are none.
  package let choices: [JSONValue]?
  private let options: JSONObject

  /// Finds an input's schema in `object_info`; `nil` where it is not described.
  package init?(of input: InputName, nodeClass: String, in objectInfo: JSONValue?) {
    guard let inputs = objectInfo?[nodeClass]?["input"] else { return nil }
    let groups = ["required", "optional", "hidden"].compactMap { inputs[$0]?[input.rawValue] }
    guard let spec = groups.first?.array, let type = spec.first else { return nil }
    self.options = spec.dropFirst().first?.object ?? JSONObject()
    switch type {
    case .string(let word):
      self.type = word
      self.choices = options["options"]?.array
    case .array(let choices):
      self.type = "COMBO"
      self.choices = choices
    default: return nil
    }
  }

  /// An option's value, such as `max`.
  package subscript(option: String) -> JSONValue? { options[option] }

  /// The one kind of plain value that it takes; `nil` for choices, wires, several kinds, and kinds of a node's own.
  package var scalar: Scalar? { Scalar(rawValue: type) }

  /// Whether it takes a list of several choices: `multiselect` of ComfyUI's newer nodes, `multi_select` of its page.
  package var takesSeveral: Bool {
    options["multiselect"] == true || options["multi_select"].map { $0 != false && !$0.isNull } == true
  }

  /// Whether it takes what another node gives, and nothing that can be written down. Only ComfyUI's own types are
  /// known to be so; packs have kinds of plain values of their own.
  package var isWire: Bool { Self.wireTypes.contains(type) }

  private static let wireTypes: Set<String> = [
    "MODEL", "CLIP", "VAE", "CONDITIONING", "LATENT", "IMAGE", "MASK", "AUDIO", "VIDEO", "NOISE", "SAMPLER",
    "SIGMAS", "GUIDER", "CONTROL_NET", "CLIP_VISION", "CLIP_VISION_OUTPUT", "STYLE_MODEL", "GLIGEN",
    "UPSCALE_MODEL", "LORA_MODEL", "HOOKS", "HOOK_KEYFRAMES", "TIMESTEPS_RANGE", "LATENT_OPERATION", "MESH",
    "VOXEL", "PHOTOMAKER", "AUDIO_ENCODER", "AUDIO_ENCODER_OUTPUT", "MODEL_PATCH",
  ]

  /// Whether the choices are the files of a folder on the instance, such as its models: a list that another instance
  /// need not share.
  package var listsFiles: Bool {
    choices?.contains { $0.string.map(Self.isFileName) == true } == true
  }

  private static func isFileName(_ text: String) -> Bool {
    guard let dot = text.lastIndex(of: "."), dot != text.startIndex else { return false }
    let ending = text[text.index(after: dot)...].lowercased()
    return fileEndings.contains(ending) || MediaType(extension: ending) != nil
  }

  private static let fileEndings: Set<String> = [
    "safetensors", "sft", "ckpt", "pt", "pt2", "pth", "bin", "gguf", "onnx", "engine", "trt", "pkl", "h5",
    "msgpack", "patch", "yaml", "yml", "json", "txt", "csv", "latent", "npz", "npy", "cube", "ttf", "otf",
    "zip",
  ]

  /// What an upload button puts there: kinds of a true `…_upload` flag; `nil` without one, empty for any.
  package var uploadKinds: Set<MediaKind>? {
    let flags = options.members.filter { $0.key.hasSuffix("_upload") && $0.value == true }.map(\.key)
    guard let flag = flags.first else { return nil }
    switch true {
    case flag.hasSuffix("image_upload"): return [.image]
    case flag.hasSuffix("video_upload"): return [.video]
    case flag.hasSuffix("audio_upload"): return [.audio, .video]
    default: return []
    }
  }

  /// What VideoHelperSuite's path widget takes: kinds of its extensions; `nil` without the option, empty
  /// for a folder.
  package var pathKinds: Set<MediaKind>? {
    options["vhs_path_extensions"]?.array.map { extensions in
      Set(extensions.compactMap { $0.string.flatMap(MediaType.init(extension:))?.kind })
    }
  }

  /// Whether the upload button browses the instance's outputs.
  package var showsOutputs: Bool { options["image_folder"]?.string == "output" }

  /// Whether ComfyUI's page makes an object for it, which no file replaces.
  package var wantsObject: Bool { type == "LOAD_3D" || type == "LOAD_3D_ANIMATION" || type == "WEBCAM" }

  /// What a person is told of it.
  package var told: SettableInput.Schema {
    SettableInput.Schema(
      type: type, minimum: self["min"]?.number, maximum: self["max"]?.number, step: self["step"]?.number,
      choices: choices, takesSeveral: takesSeveral)
  }
}
