internal import KeepFiles
package import KeepModel
package import KeepTransport

/// A request body made of segments, of which the files are encoded while they are sent.
///
/// It is never in memory as a whole, and its length is known beforehand. Every file is hashed as it is sent, and
/// its last piece leaves only when the checksum is right: a changed file is never delivered whole.
package struct SegmentedBody: Sendable, Hashable {
  /// The segments in order.
  package let segments: [BodySegment]

  /// A body of these segments.
  package init(_ segments: [BodySegment]) { self.segments = segments }

  /// The exact number of bytes.
  package var length: ByteCount {
    ByteCount(
      segments.reduce(0) { length, segment in
        switch segment {
        case .bytes(let bytes): length + UInt64(bytes.count)
        case .dataURI(let asset): length + asset.dataURILength.bytes
        }
      })
  }

  /// The body as the transport takes it; it can be opened again to be sent again.
  package func requestBody(contentType: String = "application/json") -> RequestBody {
    let segments = segments
    return RequestBody(length: length.bytes, contentType: contentType) { () throws(KeepError) in
      let pass = SegmentPass(segments)
      return BodyReader { buffer throws(KeepError) in try pass.fill(buffer) }
    }
  }
}

/// One pass over the segments of a body.
private final class SegmentPass {
  private var segments: ArraySlice<BodySegment>
  /// Bytes that are to be sent before the next segment, and how many of them were.
  private var plain: [UInt8] = []
  private var sent = 0
  private var file: EncodedFile?

  init(_ segments: [BodySegment]) { self.segments = segments[...] }

  func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(KeepError) -> Int {
    var filled = 0
    while filled < buffer.count {
      let count = try some(UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
      if count == 0 { break }
      filled += count
    }
    return filled
  }

  /// The next bytes, 0 only at the end.
  private func some(_ buffer: UnsafeMutableRawBufferPointer) throws(KeepError) -> Int {
    while true {
      if sent < plain.count {
        let count = min(buffer.count, plain.count - sent)
        buffer.copyBytes(from: plain[sent..<(sent + count)])
        sent += count
        return count
      }
      if let count = try file?.fill(buffer), count > 0 { return count }
      file = nil
      guard let segment = segments.popFirst() else {
        CrashPoint.bodyEnding.pass()
        return 0
      }
      sent = 0
      switch segment {
      case .bytes(let bytes): plain = bytes
      case .dataURI(let asset):
        plain = Array(DataURI.prefix(asset.mediaType).utf8)
        file = try EncodedFile(asset)
      }
    }
  }
}
