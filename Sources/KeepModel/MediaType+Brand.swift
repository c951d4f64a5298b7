extension MediaType {
  /// ISO base media files (MP4, MOV, M4A, HEIC, AVIF), told by the brands of their `ftyp` box.
  static func byBrand(_ bytes: [UInt8]) -> MediaType? {
    let brands = brands(bytes)
    guard let major = brands.first else { return isOldMovie(bytes) ? "video/quicktime" : nil }
    // `mif1` says only "some still image", `iso8` only "some media": those after it say which.
    return brand(major) ?? brands.dropFirst().lazy.compactMap(brand).first
      ?? (brands.contains { $0 == "mif1" || $0 == "msf1" } ? "image/heif" : nil)
  }

  /// The brands of a leading `ftyp` box, the major one first; empty without such a box.
  package static func brands(_ prefix: some Collection<UInt8>) -> [String] {
    let bytes = Array(prefix.prefix(magicCount))
    guard tag(bytes, 4) == "ftyp" else { return [] }
    let size = bytes[..<4].reduce(0) { $0 << 8 | Int($1) }
    guard size >= 16, let major = tag(bytes, 8) else { return [] }
    let compatible = stride(from: 16, to: min(size, bytes.count), by: 4).compactMap { tag(bytes, $0) }
    return [major] + compatible
  }

  private static func brand(_ name: String) -> MediaType? {
    switch name {
    case "avif", "avis": "image/avif"
    case "heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs": "image/heic"
    case "qt  ": "video/quicktime"
    case "M4A ", "M4B ", "M4P ", "F4A ", "F4B ": "audio/mp4"
    case "M4V ", "M4VH", "M4VP", "isom", "iso2", "iso3", "iso4", "iso5", "iso6", "iso7", "iso8", "iso9",
      "mp41", "mp42", "mp71", "avc1", "hvc1", "av01", "dash", "msdh", "MSNV", "mmp4", "F4V ", "XAVC",
      "NDSC", "NDSM", "NDSP", "isml", "piff", "cmfc", "cmf2", "dby1", "iso1", "isoa":
      "video/mp4"
    default: name.hasPrefix("3gp") || name.hasPrefix("3g2") ? "video/mp4" : nil
    }
  }

  /// QuickTime files from before `ftyp` start with one of these boxes.
  private static func isOldMovie(_ bytes: [UInt8]) -> Bool {
    guard let name = tag(bytes, 4), ["moov", "mdat", "wide", "free", "skip", "pnot"].contains(name) else {
      return false
    }
    let size = bytes[..<4].reduce(0) { $0 << 8 | Int($1) }
    guard name == "wide" || name == "free" || name == "skip" else {
      return size >= 8 || size == 1 || size == 0 && name == "mdat"
    }
    // These three are padding, so a movie has to follow.
    guard size >= 8, let next = tag(bytes, size + 4) else { return false }
    return ["moov", "mdat", "wide", "free", "skip"].contains(next)
  }
}
