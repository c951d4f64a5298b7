import KeepInput
import KeepModel
import KeepTransport
import SystemPackage

/// Streams a file into a submit body and throws the body away, as `run.py` asks for:
///
///     comfykeep-bench encode FILE SHA256 SIZE     the body alone, of an asset that was read before
///     comfykeep-bench submit FILE                 the whole input stage: read the asset, then the body
///     comfykeep-bench idle                        nothing, for what a process costs
@main struct EncodeBenchmark {
  static func main() throws {
    let arguments = CommandLine.arguments.dropFirst()
    switch (arguments.first, arguments.count) {
    case ("idle", 1): break
    case ("submit", 2): try send(AssetReader().read(FilePath(arguments[2])))
    case ("encode", 4): try send(asset(FilePath(arguments[2]), arguments[3], arguments[4]))
    default:
      throw KeepError(.usage, .none, "comfykeep-bench idle | submit FILE | encode FILE SHA256 SIZE")
    }
  }

  private static func asset(_ path: FilePath, _ checksum: String, _ size: String) throws(KeepError) -> Asset {
    guard let checksum = Checksum(hexadecimal: checksum), let size = UInt64(size) else {
      throw KeepError(.usage, .path(path), "needs its SHA-256 and its size")
    }
    return Asset(path: path, size: ByteCount(size), checksum: checksum, mediaType: "audio/wav")
  }

  /// Reads the body in pieces of the size that libcurl asks for.
  private static func send(_ asset: Asset) throws(KeepError) {
    let head = Array(#"{"overrides":{"189":{"image":""#.utf8)
    let body = SegmentedBody([.bytes(head), .dataURI(asset), .bytes(Array(#""}}}"#.utf8))]).requestBody()
    let reader = try body.open()
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    defer { buffer.deallocate() }
    var sent: UInt64 = 0
    while case let count = try reader.read(into: buffer), count > 0 { sent += UInt64(count) }
    guard sent == body.length else {
      throw KeepError(.failure, .path(asset.path), "gave \(sent) bytes of \(body.length)")
    }
  }
}
