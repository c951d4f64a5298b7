internal import KeepModel

/// What ComfyUI takes for one input: the simulator's own `object_info` of the classes in its sample workflows.
enum InputRule: Sendable, Equatable {
  /// A whole number from `least` to `most`.
  case integer(least: Int64, most: UInt64)
  /// Any number in the range.
  case float(ClosedRange<Double>)
  /// One of these words.
  case choice([String])
  case text

  /// The rule of an input; `nil` where the class or the input is not known, and anything goes.
  static func of(_ input: String, in classType: String) -> InputRule? { table[classType]?[input] }

  private static let seed = InputRule.integer(least: 0, most: .max)
  private static let steps = InputRule.integer(least: 1, most: 10_000)
  private static let samplers = InputRule.choice([
    "euler", "euler_ancestral", "heun", "dpm_2", "lms", "dpmpp_2m", "dpmpp_sde", "ddim", "uni_pc",
  ])
  private static let schedulers = InputRule.choice([
    "simple", "sgm_uniform", "karras", "exponential", "ddim_uniform", "beta", "normal", "linear_quadratic",
    "kl_optimal",
  ])

  private static let table: [String: [String: InputRule]] = [
    "CLIPTextEncode": ["text": .text],
    "DualCLIPLoader": [
      "type": .choice(["sdxl", "sd3", "flux", "hunyuan_video", "hidream"]),
      "device": .choice(["default", "cpu"]),
    ],
    "UNETLoader": [
      "weight_dtype": .choice(["default", "fp8_e4m3fn", "fp8_e4m3fn_fast", "fp8_e5m2"])
    ],
    "KSamplerSelect": ["sampler_name": samplers],
    "BasicScheduler": ["scheduler": schedulers, "steps": steps, "denoise": .float(0...1)],
    "KSampler": [
      "seed": seed, "steps": steps, "cfg": .float(0...100), "sampler_name": samplers,
      "scheduler": schedulers, "denoise": .float(0...1),
    ],
    "RandomNoise": ["noise_seed": seed],
    "FluxGuidance": ["guidance": .float(0...100)],
    "ImageScaleBy": [
      "upscale_method": .choice(["nearest-exact", "bilinear", "area", "bicubic", "lanczos"]),
      "scale_by": .float(0.01...8),
    ],
    "CreateVideo": ["fps": .float(1...120)],
    "SaveVideo": [
      "filename_prefix": .text, "format": .choice(["auto", "mp4"]), "codec": .choice(["auto", "h264"]),
    ],
    "SaveImage": ["filename_prefix": .text],
    "ImageBlur": ["blur_radius": .integer(least: 1, most: 31), "sigma": .float(0.1...10)],
    "PrimitiveInt": ["value": .integer(least: .min, most: UInt64(Int64.max))],
    "PrimitiveStringMultiline": ["value": .text],
    "StringConcatenate": ["string_a": .text, "string_b": .text, "delimiter": .text],
  ]
}

extension InputRule {
  /// Why a value does not fit, and what FastAPI calls that; `nil` if it does.
  func objection(to value: JSONValue) -> (message: String, type: String)? {
    switch (self, value) {
    case (.integer(let least, let most), .number(let number)):
      if let whole = number.signed { return whole < least ? below(least) : whole > most ? above(most) : nil }
      if let whole = number.unsigned { return whole > most ? above(most) : nil }
      let isWhole = number.text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") }
      guard isWhole else { return ("value is not a valid integer", "type_error.integer") }
      return number.text.hasPrefix("-") ? below(least) : above(most)
    case (.float(let range), .number(let number)):
      guard let double = number.double, double.isFinite else {
        return ("value is not a valid float", "type_error.float")
      }
      return double < range.lowerBound
        ? below(range.lowerBound) : double > range.upperBound ? above(range.upperBound) : nil
    case (.choice(let words), .string(let word)):
      return words.contains(word)
        ? nil : ("value is not in the list: \(words.joined(separator: ", "))", "value_error.enum")
    case (.text, .string): return nil
    default:
      let found = OverrideCheck.kind(value)
      return ("expected \(kind), got \(found)", "type_error.\(kind)")
    }
  }

  private func below(_ least: some CustomStringConvertible) -> (message: String, type: String) {
    ("ensure this value is greater than or equal to \(least)", "value_error.number.not_ge")
  }

  private func above(_ most: some CustomStringConvertible) -> (message: String, type: String) {
    ("ensure this value is less than or equal to \(most)", "value_error.number.not_le")
  }

  private var kind: String {
    switch self {
    case .integer: "integer"
    case .float: "float"
    case .choice, .text: "string"
    }
  }

  /// The rule as `object_info` writes it, with the saved value as default.
  func specification(_ saved: JSONValue) -> JSONValue {
    switch self {
    case .integer(let least, let most):
      [
        "INT",
        [
          "default": saved, "min": .integer(least), "max": .integer(most),
          "control_after_generate": .bool(most == .max),
        ],
      ]
    case .float(let range):
      [
        "FLOAT",
        [
          "default": saved, "min": Self.number(range.lowerBound), "max": Self.number(range.upperBound),
        ],
      ]
    case .choice(let words): ["COMBO", ["options": .array(words.map(JSONValue.string)), "default": saved]]
    case .text: ["STRING", ["default": saved]]
    }
  }

  private static func number(_ value: Double) -> JSONValue {
    JSONNumber("\(value)").map(JSONValue.number) ?? .null
  }
}
