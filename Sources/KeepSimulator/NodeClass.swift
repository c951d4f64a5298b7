internal import KeepModel

/// What the simulator knows of ComfyUI's node classes: which load media, which give outputs.
enum NodeClass {
  /// What a class does for a run.
  enum Role: Equatable {
    /// Reads media of a kind from the named input.
    case loader(input: String, kind: MediaKind)
    case savesImage(type: String)
    case savesVideo
    case combinesVideo
    case savesAudio(type: String)
    case savesModel
    case previewsModel
    case showsText(input: String)
    case savesText
    /// An output class that is not known further.
    case savesOther
    case inner
  }

  private static let roles: [String: Role] = [
    "LoadImage": .loader(input: "image", kind: .image),
    "LoadImageMask": .loader(input: "image", kind: .image),
    "LoadImageOutput": .loader(input: "image", kind: .image),
    "VHS_LoadImagePath": .loader(input: "image", kind: .image),
    "ETN_LoadImageBase64": .loader(input: "image", kind: .image),
    "ETN_LoadMaskBase64": .loader(input: "mask", kind: .image),
    "easy loadImageBase64": .loader(input: "base64_data", kind: .image),
    "Image Load": .loader(input: "image_path", kind: .image),
    "LoadVideo": .loader(input: "file", kind: .video),
    "VHS_LoadVideo": .loader(input: "video", kind: .video),
    "VHS_LoadVideoFFmpeg": .loader(input: "video", kind: .video),
    "VHS_LoadVideoPath": .loader(input: "video", kind: .video),
    "VHS_LoadVideoFFmpegPath": .loader(input: "video", kind: .video),
    "LoadAudio": .loader(input: "audio", kind: .audio),
    "RecordAudio": .loader(input: "audio", kind: .audio),
    "VHS_LoadAudio": .loader(input: "audio_file", kind: .audio),
    "VHS_LoadAudioUpload": .loader(input: "audio", kind: .audio),
    "Load3D": .loader(input: "model_file", kind: .model3D),
    "Hy3DLoadMesh": .loader(input: "glb_path", kind: .model3D),
    "SaveImage": .savesImage(type: "output"),
    "SaveImageAdvanced": .savesImage(type: "output"),
    "PreviewImage": .savesImage(type: "temp"),
    "MaskPreview": .savesImage(type: "temp"),
    "SaveVideo": .savesVideo, "SaveWEBM": .savesVideo,
    "VHS_VideoCombine": .combinesVideo,
    "SaveAudio": .savesAudio(type: "output"), "SaveAudioMP3": .savesAudio(type: "output"),
    "SaveAudioOpus": .savesAudio(type: "output"), "SaveAudioAdvanced": .savesAudio(type: "output"),
    "PreviewAudio": .savesAudio(type: "temp"),
    "SaveGLB": .savesModel,
    "Preview3D": .previewsModel, "Preview3DAnimation": .previewsModel,
    "PreviewAny": .showsText(input: "source"),
    "ShowText|pysssss": .showsText(input: "text"), "ShowText": .showsText(input: "text"),
    "Display Any (rgthree)": .showsText(input: "source"),
    "easy showAnything": .showsText(input: "anything"),
    "SaveText": .savesText,
  ]

  /// What a node does: by its class, or for an unknown class by its name and whether anything uses it.
  static func role(of node: Workflow.Node, isConsumed: Bool) -> Role {
    if let role = roles[node.classType] { return role }
    let isOutput = node.classType.hasPrefix("Save") || node.classType.hasPrefix("Preview")
    return isOutput && !isConsumed ? .savesOther : .inner
  }

  /// The input that takes an address or path of media, if the class is a loader by table or by name.
  static func takesAddress(_ node: Workflow.Node, input: String) -> Bool {
    if case .loader(let name, _)? = roles[node.classType] { return name == input }
    let isLoader = node.classType.contains("Load") || node.classType.hasPrefix("ComfyUIDeployExternal")
    return isLoader && !["filename_prefix", "text", "prompt"].contains(input)
  }

  /// Whether the input takes Base64 without a data URI's head.
  static func takesBareBase64(_ node: Workflow.Node, input: String) -> Bool {
    node.classType.contains("Base64") && takesAddress(node, input: input)
  }
}
