internal import KeepModel

/// The three workflows that a simulator serves when it is given none, the same as in `Samples/workflows`.
enum SampleWorkflow {
  /// A photo in, a picture out: 16 nodes, asset input `189.image`, output node `136`.
  static let imageToImage = #"""
    {
      "6":  {"inputs": {"text": "a lighthouse at dawn", "clip": ["11", 0]}, "class_type": "CLIPTextEncode", "_meta": {"title": "Positive Prompt"}},
      "8":  {"inputs": {"samples": ["13", 0], "vae": ["10", 0]}, "class_type": "VAEDecode", "_meta": {"title": "VAE Decode"}},
      "10": {"inputs": {"vae_name": "ae.safetensors"}, "class_type": "VAELoader", "_meta": {"title": "Load VAE"}},
      "11": {"inputs": {"clip_name1": "clip_l.safetensors", "clip_name2": "t5xxl_fp16.safetensors", "type": "flux", "device": "default"}, "class_type": "DualCLIPLoader", "_meta": {"title": "DualCLIPLoader"}},
      "12": {"inputs": {"unet_name": "flux1-dev-kontext_fp8_scaled.safetensors", "weight_dtype": "default"}, "class_type": "UNETLoader", "_meta": {"title": "Load Diffusion Model"}},
      "13": {"inputs": {"noise": ["25", 0], "guider": ["22", 0], "sampler": ["16", 0], "sigmas": ["17", 0], "latent_image": ["124", 0]}, "class_type": "SamplerCustomAdvanced", "_meta": {"title": "SamplerCustomAdvanced"}},
      "16": {"inputs": {"sampler_name": "euler"}, "class_type": "KSamplerSelect", "_meta": {"title": "KSamplerSelect"}},
      "17": {"inputs": {"scheduler": "simple", "steps": 20, "denoise": 1, "model": ["12", 0]}, "class_type": "BasicScheduler", "_meta": {"title": "BasicScheduler"}},
      "22": {"inputs": {"model": ["12", 0], "conditioning": ["26", 0]}, "class_type": "BasicGuider", "_meta": {"title": "BasicGuider"}},
      "25": {"inputs": {"noise_seed": 123456789}, "class_type": "RandomNoise", "_meta": {"title": "RandomNoise"}},
      "26": {"inputs": {"guidance": 2.5, "conditioning": ["177", 0]}, "class_type": "FluxGuidance", "_meta": {"title": "FluxGuidance"}},
      "42": {"inputs": {"image": ["189", 0]}, "class_type": "FluxKontextImageScale", "_meta": {"title": "FluxKontextImageScale"}},
      "124": {"inputs": {"pixels": ["42", 0], "vae": ["10", 0]}, "class_type": "VAEEncode", "_meta": {"title": "VAE Encode"}},
      "136": {"inputs": {"filename_prefix": "ComfyUI", "images": ["8", 0]}, "class_type": "SaveImage", "_meta": {"title": "Save Image"}},
      "177": {"inputs": {"conditioning": ["6", 0], "latent": ["124", 0]}, "class_type": "ReferenceLatent", "_meta": {"title": "ReferenceLatent"}},
      "189": {"inputs": {"image": "input.png"}, "class_type": "LoadImage", "_meta": {"title": "Load Image"}}
    }
    """#

  /// A clip in, a clip and a preview out: asset input `1.file`, output nodes `5` and `6`.
  static let videoToVideo = #"""
    {
      "1": {"inputs": {"file": "input.mp4"}, "class_type": "LoadVideo", "_meta": {"title": "Load Video"}},
      "2": {"inputs": {"video": ["1", 0]}, "class_type": "GetVideoComponents", "_meta": {"title": "Get Video Components"}},
      "3": {"inputs": {"upscale_method": "lanczos", "scale_by": 0.5, "image": ["2", 0]}, "class_type": "ImageScaleBy", "_meta": {"title": "Upscale Image By"}},
      "4": {"inputs": {"fps": ["2", 2], "images": ["3", 0], "audio": ["2", 1]}, "class_type": "CreateVideo", "_meta": {"title": "Create Video"}},
      "5": {"inputs": {"filename_prefix": "video/ComfyUI", "format": "auto", "codec": "auto", "video": ["4", 0]}, "class_type": "SaveVideo", "_meta": {"title": "Save Video"}},
      "6": {"inputs": {"images": ["3", 0]}, "class_type": "PreviewImage", "_meta": {"title": "Preview Image"}}
    }
    """#

  /// A photo in; a picture, a preview and texts out, with node ids of a subgraph.
  static let severalOutputs = #"""
    {
      "1": {"inputs": {"image": "input.png"}, "class_type": "LoadImage", "_meta": {"title": "Load Image"}},
      "2": {"inputs": {"filename_prefix": "ComfyUI", "images": ["38:42", 0]}, "class_type": "SaveImage", "_meta": {"title": "Save Image"}},
      "3": {"inputs": {"images": ["1", 0]}, "class_type": "PreviewImage", "_meta": {"title": "Preview Image"}},
      "4": {"inputs": {"source": ["6", 0]}, "class_type": "PreviewAny", "_meta": {"title": "Preview Seed"}},
      "5": {"inputs": {"value": "a red fox, snow"}, "class_type": "PrimitiveStringMultiline", "_meta": {"title": "Prompt"}},
      "6": {"inputs": {"value": 1234567890123456789}, "class_type": "PrimitiveInt", "_meta": {"title": "Seed"}},
      "7": {"inputs": {"text": ["38:44", 0]}, "class_type": "ShowText|pysssss", "_meta": {"title": "Show Text"}},
      "38:42": {"inputs": {"blur_radius": 4, "sigma": 1.0, "image": ["1", 0]}, "class_type": "ImageBlur", "_meta": {"title": "Image Blur"}},
      "38:44": {"inputs": {"string_a": ["5", 0], "string_b": "35mm, high detail", "delimiter": ", "}, "class_type": "StringConcatenate", "_meta": {"title": "Concatenate"}}
    }
    """#
}
