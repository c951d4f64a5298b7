package import KeepModel

/// The media inputs of node classes that do not tell by `object_info`, or that are met without one.
package enum MediaClassTable {
  /// What is known of one input.
  package struct Entry: Sendable {
    package let kinds: Set<MediaKind>
    package let acceptance: MediaInput.Acceptance
  }

  /// What is known of an input of a class, else `nil`.
  package static func entry(nodeClass: String, input: InputName) -> Entry? {
    if let inputs = table[nodeClass] { return inputs[input.rawValue] }
    guard nodeClass.contains("Load"), input == "folder" || input == "directory" else { return nil }
    return folder
  }

  private static let image = Entry(kinds: [.image], acceptance: .file)
  private static let video = Entry(kinds: [.video], acceptance: .file)
  private static let audio = Entry(kinds: [.audio, .video], acceptance: .file)
  private static let model = Entry(kinds: [.model3D], acceptance: .file)
  private static let any = Entry(kinds: [], acceptance: .file)
  private static let latent = Entry(kinds: [.other], acceptance: .file)
  private static let folder = Entry(kinds: [], acceptance: .folder)
  private static let object = Entry(kinds: [], acceptance: .object)
  private static let base64 = Entry(kinds: [.image], acceptance: .bareBase64)
  private static let earlierOutput = Entry(kinds: [.image], acceptance: .onRequest)

  private static let table: [String: [String: Entry]] = [
    // ComfyUI itself
    "LoadImage": ["image": image],
    "LoadImageMask": ["image": image],
    "LoadImageOutput": ["image": earlierOutput],
    "LoadVideo": ["file": video],
    "LoadAudio": ["audio": audio],
    "RecordAudio": ["audio": audio],
    "LoadLatent": ["latent": latent],
    "Load3D": ["model_file": model, "image": object],
    "Load3DAnimation": ["model_file": model, "image": object],
    "WebcamCapture": ["image": object],
    "Painter": ["mask": image],
    // VideoHelperSuite, whose buttons come from its page script
    "VHS_LoadVideo": ["video": video],
    "VHS_LoadVideoFFmpeg": ["video": video],
    "VHS_LoadVideoPath": ["video": video],
    "VHS_LoadVideoFFmpegPath": ["video": video],
    "VHS_LoadImagePath": ["image": image],
    "VHS_LoadImages": ["directory": folder],
    "VHS_LoadImagesPath": ["directory": folder],
    "VHS_LoadAudio": ["audio_file": audio],
    "VHS_LoadAudioUpload": ["audio": audio],
    // tooling-nodes and Easy-Use decode the text themselves
    "ETN_LoadImageBase64": ["image": base64],
    "ETN_LoadMaskBase64": ["mask": base64],
    "easy loadImageBase64": ["base64_data": base64],
    "easy loadImagesForLoop": ["directory": folder],
    // WAS
    "Image Load": ["image_path": image],
    "Video Dump Frames": ["video_path": video],
    // ComfyDeploy
    "ComfyUIDeployExternalImage": ["input_id": image, "default_value_url": image],
    "ComfyUIDeployExternalImageAlpha": ["input_id": image, "default_value_url": image],
    "ComfyUIDeployExternalVideo": ["input_id": video, "default_value_url": video],
    // comfy-pack
    "CPackInputImage": ["image": image],
    "CPackInputFile": ["path": any],
    // Hunyuan3DWrapper
    "Hy3DLoadMesh": ["glb_path": model],
  ]
}
