import KeepModel
import KeepTestKit
import KeepTransport
import SystemPackage

@testable import KeepSubmit

/// Values that many tests need.
enum Samples {
  /// The prompt, the seed and the loader of an image-to-image run, with a subgraph node.
  static let workflow = """
    {"6":{"inputs":{"text":"a lighthouse","clip":["11",0]},"class_type":"CLIPTextEncode",
     "_meta":{"title":"Positive Prompt"}},
     "7":{"inputs":{"text":"blurry","clip":["11",0]},"class_type":"CLIPTextEncode",
     "_meta":{"title":"Negative Prompt"}},
     "11":{"inputs":{"clip_name":"clip_l.safetensors"},"class_type":"CLIPLoader"},
     "25":{"inputs":{"noise_seed":18446744073709551615,"add_noise":true},"class_type":"RandomNoise"},
     "38:42":{"inputs":{"steps":20,"denoise":1e-07,"model":["11",0],"extra":null},
     "class_type":"BasicScheduler","_meta":{"title":"Sampler v1.5"}},
     "136":{"inputs":{"filename_prefix":"out/a","images":["38:42",0]},"class_type":"SaveImage"},
     "189":{"inputs":{"image":"input.png"},"class_type":"LoadImage","_meta":{"title":"Load Image"}}}
    """

  static let deployment: DeploymentID = "2c6b6a3e-0000-4000-8000-000000000001"
  static let token = Secret("tok-0123456789abcdef")
  static let request = Request(id: "req-1", deployment: deployment)

  static func json(_ text: String) throws -> JSONValue {
    try JSONDocument(parsing: Array(text.utf8)).value
  }

  static func graph(_ text: String = workflow) throws -> Workflow {
    try Workflow(document: json(text))
  }

  static func asset(_ type: MediaType = "image/png", size: ByteCount = 300_000) -> Asset {
    Asset(path: "/in/cat.png", size: size, checksum: Checksum(of: Array("cat".utf8)), mediaType: type)
  }

  static func api(
    _ base: String = "https://api.example.net", version: APIConfiguration.Version = .v1
  ) throws -> APIConfiguration {
    guard let url = HTTPURL(base) else {
      throw KeepError(.usage, .address(base), "is not a URL")
    }
    return APIConfiguration(
      baseURL: url, version: version, token: token, coreAPIKey: Secret("comfyui-secret-key"))
  }

  static func answer(
    _ status: Int = 200, _ body: String, headers: HTTPHeaders = HTTPHeaders()
  ) -> BufferedResponse {
    BufferedResponse(status: status, headers: headers, body: Array(body.utf8))
  }

  static func unreachable(_ delivery: KeepError.Delivery?) -> KeepError {
    KeepError(.unavailable, .address("api.example.net"), "no route", delivery: delivery)
  }

  /// An object that a submission may consist of.
  static let emptyBody = RequestBody(bytes: Array(#"{"overrides":{}}"#.utf8), contentType: "application/json")
}

/// Draws the same numbers each time.
struct CountingGenerator: RandomNumberGenerator {
  var state: UInt64 = 0x9E37_79B9_7F4A_7C15

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ (state >> 29)
  }
}
