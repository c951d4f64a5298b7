import KeepModel
import Testing

@Suite struct MediaSignatureTests {
  @Test(
    arguments: [
      ("image/jxl", [0, 0, 0, 0x0C] + Array("JXL ".utf8) + [0x0D, 0x0A, 0x87, 0x0A]),
      ("image/jp2", [0, 0, 0, 0x0C] + Array("jP  ".utf8) + [0x0D, 0x0A, 0x87, 0x0A]),
      ("image/vnd.adobe.photoshop", Array("8BPS".utf8) + [0, 1, 0, 0]),
      ("image/x-exr", [0x76, 0x2F, 0x31, 0x01, 2, 0]), ("image/vnd.radiance", Array("#?RADIANCE\n".utf8)),
      ("audio/aiff", Array("FORM".utf8) + [0, 0, 0, 4] + Array("AIFFCOMM".utf8)),
      ("audio/aiff", Array("FORM".utf8) + [0, 0, 0, 4] + Array("AIFCFVER".utf8)),
      ("video/x-flv", Array("FLV".utf8) + [1, 5, 0, 0, 0, 9]), ("video/mpeg", [0, 0, 1, 0xBA, 0x44, 0]),
      (
        "video/x-ms-asf",
        [0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11, 0xA6, 0xD9, 0, 0xAA, 0, 0x62, 0xCE, 0x6C]
      ),
      ("video/mp4", Array([0, 0, 0, 20]) + Array("ftyp3gp5".utf8) + [0, 0, 1, 0] + Array("3gp5".utf8)),
    ] as [(MediaType, [UInt8])])
  func signaturesTell(_ type: MediaType, _ bytes: [UInt8]) {
    #expect(MediaType(magic: bytes) == type)
    #expect(MediaType(magic: bytes.dropLast(bytes.count - 2)) != type)
  }

  @Test(arguments: [(0, 188), (4, 192)])
  func aTransportStreamIsToldByFivePackets(_ first: Int, _ length: Int) {
    var bytes = [UInt8](repeating: 0xFF, count: first + 5 * length)
    for packet in 0..<5 { bytes[first + packet * length] = 0x47 }
    #expect(MediaType(magic: bytes) == "video/mp2t")
    bytes[first + 4 * length] = 0x48
    #expect(MediaType(magic: bytes) == nil)
  }

  @Test(
    arguments: [
      Array("<svg xmlns='http://www.w3.org/2000/svg'/>".utf8), Array("v 0 0 0\n".utf8),
      Array("solid x\n".utf8),
      [0x1F, 0x8B, 8, 0], [0xFF, 0x0A, 0x7F], [0, 0, 1, 0, 1, 0], Array("{\"asset\":{}}".utf8),
    ] as [[UInt8]])
  func whatIsNotCertainIsNotTold(_ bytes: [UInt8]) {
    #expect(MediaType(magic: bytes) == nil)
  }

  @Test func everyTypeThatBytesTellHasANameOfItsOwn() {
    let names = [
      "png", "apng", "jpg", "webp", "gif", "bmp", "tiff", "avif", "heic", "jxl", "jp2", "exr", "hdr", "psd",
      "mp4", "m4v",
      "mov", "3gp", "webm", "mkv", "avi", "mpg", "m2ts", "wmv", "flv", "wav", "mp3", "flac", "ogg", "opus",
      "m4a", "aac",
      "aiff", "glb", "gltf", "obj", "stl", "fbx", "ply", "splat", "spz",
    ]
    for name in names { #expect(MediaType(extension: name) != nil, "\(name)") }
  }
}
