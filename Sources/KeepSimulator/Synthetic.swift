internal import Glibc
internal import KeepModel

/// Small true files for output nodes whose branch brings no media of their kind.
enum Synthetic {
  /// Half a second of a chord, 16-bit mono WAV at 22,050 Hz.
  static func tone(_ checksum: Checksum) -> [UInt8] {
    var numbers = SeededNumbers(checksum)
    let base = 220 + 220 * numbers.unit()
    let samples = (0..<11_025).flatMap { index -> [UInt8] in
      let time = Double(index) / 22_050
      let fade = min(1, min(time, 0.5 - time) * 40)
      let level =
        (sin(time * base * 6.283) + sin(time * base * 1.25 * 6.283) + sin(time * base * 1.5 * 6.283)) / 3
      return little(Int(level * fade * 12_000), 2)
    }
    let format =
      little(1, 2) + little(1, 2) + little(22_050, 4) + little(44_100, 4) + little(2, 2) + little(16, 2)
    let body =
      Array("WAVEfmt ".utf8) + little(format.count, 4) + format + Array("data".utf8)
      + little(samples.count, 4) + samples
    return Array("RIFF".utf8) + little(body.count, 4) + body
  }

  /// A tetrahedron as binary glTF 2.0, its size after the checksum.
  static func tetrahedron(_ checksum: Checksum) -> [UInt8] {
    var numbers = SeededNumbers(checksum)
    let size = Float(0.5 + numbers.unit())
    let corners: [[Float]] = [[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]
    let points = corners.flatMap { $0.flatMap { little(Int(($0 * size).bitPattern), 4) } }
    let indices = [0, 1, 2, 0, 3, 1, 0, 2, 3, 1, 3, 2].flatMap { little($0, 2) }
    let description = """
      {"asset":{"version":"2.0"},"scene":0,"scenes":[{"nodes":[0]}],"nodes":[{"mesh":0}],\
      "meshes":[{"primitives":[{"attributes":{"POSITION":0},"indices":1}]}],\
      "buffers":[{"byteLength":72}],"bufferViews":[{"buffer":0,"byteLength":48},\
      {"buffer":0,"byteOffset":48,"byteLength":24}],"accessors":[{"bufferView":0,"componentType":5126,\
      "count":4,"type":"VEC3","min":[-\(size),-\(size),-\(size)],"max":[\(size),\(size),\(size)]},\
      {"bufferView":1,"componentType":5123,"count":12,"type":"SCALAR"}]}
      """
    var json = Array(description.utf8)
    json += repeatElement(0x20, count: (4 - json.count % 4) % 4)
    let chunks =
      little(json.count, 4) + Array("JSON".utf8) + json + little(72, 4) + Array("BIN\0".utf8) + points
      + indices
    return Array("glTF".utf8) + little(2, 4) + little(chunks.count + 12, 4) + chunks
  }

  private static func little(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }
}
