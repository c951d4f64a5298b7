import KeepModel
import Testing

@testable import KeepArchive

/// Profile 1.0, byte for byte. A change here is a new version of the profile, or a mistake.
@Suite struct GoldenBundleTests {
  /// A run, and the SHA-256 that its bundle has for ever.
  struct Golden: Sendable, CustomTestStringConvertible {
    let name: String
    let checksum: String
    let run: @Sendable () throws -> SampleRun

    var testDescription: String { name }
  }

  private static let goldens = [
    Golden(
      name: "image", checksum: "572430f41d98d156da368d5c5eec11978dfd146c8ead35eed9f5b0f65fb2d94d"
    ) { try SampleSort.image.run() },
    Golden(
      name: "several outputs", checksum: "7b8fd26ce88d509e00e56828d2ef5864ee3c97f555424598e94533e15b51f7f5"
    ) { try severalOutputs() },
    Golden(
      name: "video", checksum: "6a8a143dc85eaa902d1366152d8fb490b52d6b232b1c70be4f6f13c83f057069"
    ) { try video() },
    Golden(
      name: "text", checksum: "fc41d0f5ec0c84b2f337987b1e17ae5b8675708dd2ddf1e8435dac7395ab980a"
    ) { try SampleSort.text.run() },
    Golden(
      name: "failed", checksum: "f89d9c0e136ae591b7eaedef79b3abb65720f5bbfb0f68ed6402e8aa0f71b934"
    ) { try SampleSort.failed.run() },
    Golden(
      name: "partial", checksum: "88080dc507d4b6a3224f7fcb9d91a6f1cf2c3abfb2bc42cb70d2ba866903556b"
    ) { try SampleSort.partial.run() },
    Golden(
      name: "made elsewhere", checksum: "3907dac964db0f09c6adf2e8ae4de776c5c46eaf22577527226b755d3caaf0e7"
    ) { try SampleSort.elsewhere.run() },
    Golden(
      name: "inline workflow", checksum: "9d27b22508413248e5b86a901c05b68481f65b2f24315e4c50edc671c242d054"
    ) { try SampleSort.inline.run() },
  ]

  @Test(arguments: goldens)
  func aBundleHasTheBytesOfItsProfile(_ golden: Golden) throws {
    let checksum = Checksum(of: try BundleBytes(golden.run()).bytes).hexadecimal
    #expect(checksum == golden.checksum)
  }

  /// Names beyond ASCII, a text, a node in a subgraph, and a temporary file.
  private static func severalOutputs() throws -> SampleRun {
    var run = try SampleRun.submitted()
    try run.add("ComfyUI_00001_.png", SampleRun.png)
    try run.add("Größe é.bin", [1, 2, 3], index: 1)
    run.add(text: "İstanbul, ein Fuchs")
    try run.add("preview.png", SampleRun.png, node: "38:42", key: "images", type: "temp")
    try run.add("mesh.glb", Array("glTF".utf8), node: "5", key: "3d")
    try run.add("tone.wav", Array("RIFF".utf8), node: "Node A", key: "audio")
    return run
  }

  private static func video() throws -> SampleRun {
    var run = try SampleRun.submitted()
    try run.add("clip.mp4", [0, 0, 0, 24] + Array("ftypisom".utf8), node: "30", key: "gifs")
    return run
  }
}
