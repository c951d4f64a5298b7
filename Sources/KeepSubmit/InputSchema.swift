package import KeepModel

/// What `object_info` says of one input, in either of its spellings: `[[options], {flags}]` and
/// `["COMBO", {options, flags}]`.
package struct InputSchema: Sendable {
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
}
