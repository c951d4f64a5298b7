/// The decoders as the fuzzers call them; part of the module, since the decoders are internal to it.
package enum PictureFuzz {
  /// The pixels of a PNG that is handed over in pieces.
  package static func png(_ bytes: UnsafeRawBufferPointer, piece: Int) -> [UInt8]? {
    var decoder = PNGDecoder(limit: 48)
    for start in stride(from: 0, to: bytes.count, by: piece) {
      let part = UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + piece, bytes.count)])
      if !decoder.update(part) { break }
    }
    return decoder.finish().map(checked)
  }

  /// Decodes a JPEG.
  package static func jpeg(_ bytes: [UInt8]) {
    if let raster = JPEGDecoder.decode(bytes, limit: 48)?.picture {
      _ = checked(raster)
      precondition(!JPEGEncoder.encode(raster).isEmpty)
    }
  }

  private static func checked(_ raster: Raster) -> [UInt8] {
    precondition(max(raster.width, raster.height) <= 48 && min(raster.width, raster.height) > 0)
    precondition(raster.pixels.count == raster.width * raster.height * 4)
    return raster.pixels
  }
}
