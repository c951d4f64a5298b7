internal import CZlib

/// Decodes raw deflate, as ZIP entries of method 8 hold it, piece by piece with bounded memory.
package final class Inflater {
  /// How far a decoding came.
  package enum Progress: Sendable, Equatable {
    /// All input was taken; there is more to come.
    case hungry
    /// The stream ended; this many bytes of the input were left over.
    case finished(unused: Int)
    /// The input is not deflate.
    case corrupt
    /// The taker wanted no more.
    case stopped
  }

  // zlib keeps the address of the stream, so it must not move.
  private let stream: UnsafeMutablePointer<z_stream>
  private let output: UnsafeMutableRawBufferPointer

  /// Starts a stream; `nil` when there is no memory for it.
  package init?() {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    output = .allocate(byteCount: 64 * 1024, alignment: 16)
    if comfykeep_inflate_raw_start(stream) != Z_OK { return nil }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
    output.deallocate()
  }

  /// Decodes `input` and hands the bytes to `take` in pieces, until it returns false.
  package func decode(
    _ input: UnsafeRawBufferPointer, _ take: (UnsafeRawBufferPointer) -> Bool
  ) -> Progress {
    let start = input.bindMemory(to: UInt8.self).baseAddress
    stream.pointee.next_in = UnsafeMutablePointer(mutating: start)
    stream.pointee.avail_in = UInt32(input.count)
    while true {
      stream.pointee.next_out = output.bindMemory(to: UInt8.self).baseAddress
      stream.pointee.avail_out = UInt32(output.count)
      let status = inflate(stream, Z_NO_FLUSH)
      let made = output.count - Int(stream.pointee.avail_out)
      if made > 0, !take(UnsafeRawBufferPointer(rebasing: output[..<made])) { return .stopped }
      switch status {
      case Z_STREAM_END: return .finished(unused: Int(stream.pointee.avail_in))
      case Z_OK where stream.pointee.avail_out == 0 || stream.pointee.avail_in > 0: continue
      case Z_OK, Z_BUF_ERROR: return .hungry
      default: return .corrupt
      }
    }
  }
}
