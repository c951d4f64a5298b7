package import KeepModel

/// Follows the structure of one media file as its bytes pass by: whether it is whole, how large its picture, and what
/// it carries besides.
///
/// Nothing is decoded and next to nothing held, so the size of file and picture do not matter. A file whose
/// structure is not known in detail counts as whole.
package struct MediaSniffer: Sendable {
  private var structure: MediaStructure
  private var walk: StructureWalk

  /// Starts at the front of a file of this type.
  package init(_ type: MediaType) {
    self.structure = MediaStructure(type)
    self.walk = StructureWalk(first: structure.first)
  }

  /// Follows the next bytes, cut anywhere.
  package mutating func update(_ piece: UnsafeRawBufferPointer) {
    var cursor = 0
    while walk.isReady(piece, &cursor) { walk.apply(structure.take(walk.gathered, at: walk.start)) }
  }

  /// Width and height, where a header gave them.
  package var dimensions: PixelSize? { structure.dimensions }

  /// What its headers say besides, as far as they are known for its type.
  package var traits: MediaTraits { structure.traits }

  /// Whether it carries metadata of any sort; `nil` where that cannot be told.
  package var hasMetadata: Bool? { structure.hasMetadata }

  /// What turns a whole JPEG, PNG or WebP of `size` bytes into one without metadata; empty where it has none, `nil`
  /// where that cannot be, or for a file of another type.
  package func strippingEdits(size: UInt64) -> [FileEdit]? { structure.strippingEdits(size: size) }

  /// Why a file that ends here, after `size` bytes, is not whole; `nil` where it is.
  package func defect(size: UInt64) -> String? {
    walk.defect ?? structure.defect(isInside: walk.isInside, size: size)
  }
}

/// The structure of a media file, by its family.
enum MediaStructure: Sendable {
  case png(PNGStructure)
  case jpeg(JPEGStructure)
  case gif(GIFStructure)
  case bitmap(BitmapStructure)
  case tiff(TIFFStructure)
  case riff(RIFFStructure)
  case boxes(BoxStructure)
  case matroska(MatroskaStructure)
  case ogg(OggStructure)
  case flac(FLACStructure)
  case glb(GLBStructure)
  case unknown

  init(_ type: MediaType) {
    switch type {
    case "image/png": self = .png(PNGStructure())
    case "image/jpeg": self = .jpeg(JPEGStructure())
    case "image/gif": self = .gif(GIFStructure())
    case "image/bmp": self = .bitmap(BitmapStructure())
    case "image/tiff": self = .tiff(TIFFStructure())
    case "image/webp", "audio/wav", "video/x-msvideo": self = .riff(RIFFStructure())
    case "image/avif", "image/heic", "image/heif": self = .boxes(BoxStructure(isStill: true))
    case "video/mp4", "video/quicktime", "audio/mp4": self = .boxes(BoxStructure(isStill: false))
    case "video/webm", "video/x-matroska": self = .matroska(MatroskaStructure())
    case "audio/ogg", "video/ogg": self = .ogg(OggStructure())
    case "audio/flac": self = .flac(FLACStructure())
    case "model/gltf-binary": self = .glb(GLBStructure())
    default: self = .unknown
    }
  }

  /// How many bytes it asks for first.
  var first: Int {
    switch self {
    case .png: PNGStructure.first
    case .jpeg: JPEGStructure.first
    case .gif: GIFStructure.first
    case .bitmap: BitmapStructure.first
    case .tiff: TIFFStructure.first
    case .riff: RIFFStructure.first
    case .boxes: BoxStructure.first
    case .matroska: MatroskaStructure.first
    case .ogg: OggStructure.first
    case .flac: FLACStructure.first
    case .glb: GLBStructure.first
    case .unknown: 1
    }
  }

  mutating func take(_ bytes: [UInt8], at offset: UInt64) -> StructureStep {
    switch self {
    case .png(var it): taken(it.take(bytes, at: offset), .png(it))
    case .jpeg(var it): taken(it.take(bytes, at: offset), .jpeg(it))
    case .gif(var it): taken(it.take(bytes, at: offset), .gif(it))
    case .bitmap(var it): taken(it.take(bytes, at: offset), .bitmap(it))
    case .tiff(var it): taken(it.take(bytes, at: offset), .tiff(it))
    case .riff(var it): taken(it.take(bytes, at: offset), .riff(it))
    case .boxes(var it): taken(it.take(bytes, at: offset), .boxes(it))
    case .matroska(var it): taken(it.take(bytes, at: offset), .matroska(it))
    case .ogg(var it): taken(it.take(bytes, at: offset), .ogg(it))
    case .flac(var it): taken(it.take(bytes, at: offset), .flac(it))
    case .glb(var it): taken(it.take(bytes, at: offset), .glb(it))
    case .unknown: .done
    }
  }

  private mutating func taken(_ step: StructureStep, _ changed: MediaStructure) -> StructureStep {
    self = changed
    return step
  }

  var dimensions: PixelSize? {
    switch self {
    case .png(let it): it.dimensions
    case .jpeg(let it): it.dimensions
    case .gif(let it): it.dimensions
    case .bitmap(let it): it.dimensions
    case .tiff(let it): it.dimensions
    case .riff(let it): it.dimensions
    case .boxes(let it): it.dimensions
    case .matroska(let it): it.dimensions
    case .ogg, .flac, .glb, .unknown: nil
    }
  }

  func defect(isInside: Bool, size: UInt64) -> String? {
    switch self {
    case .png(let it): it.defect(isInside: isInside, size: size)
    case .jpeg(let it): it.defect(isInside: isInside, size: size)
    case .gif(let it): it.defect(isInside: isInside, size: size)
    case .bitmap(let it): it.defect(isInside: isInside, size: size)
    case .tiff(let it): it.defect(isInside: isInside, size: size)
    case .riff(let it): it.defect(isInside: isInside, size: size)
    case .boxes(let it): it.defect(isInside: isInside, size: size)
    case .matroska(let it): it.defect(isInside: isInside, size: size)
    case .ogg(let it): it.defect(isInside: isInside, size: size)
    case .flac(let it): it.defect(isInside: isInside, size: size)
    case .glb(let it): it.defect(isInside: isInside, size: size)
    case .unknown: nil
    }
  }
}

extension MediaStructure {
  var traits: MediaTraits {
    switch self {
    case .png(let it): it.traits
    case .jpeg(let it): it.traits
    case .gif(let it): it.traits
    case .tiff(let it): it.traits
    case .riff(let it): it.traits
    case .boxes(let it): it.notes.traits
    case .bitmap, .matroska, .ogg, .flac, .glb, .unknown: MediaTraits()
    }
  }

  /// An AVI may have dates and notes in places that are not looked at, and BigTIFF's table is not read.
  var hasMetadata: Bool? {
    switch self {
    case .png, .jpeg, .gif: !traits.metadata.isEmpty
    case .tiff(let it): it.isBig ? nil : !traits.metadata.isEmpty
    case .riff(let it): it.isMovie ? nil : !traits.metadata.isEmpty
    case .boxes(let it): it.notes.hasDate || !traits.metadata.isEmpty
    case .bitmap, .glb: false
    case .matroska, .ogg, .flac, .unknown: nil
    }
  }

  func strippingEdits(size: UInt64) -> [FileEdit]? {
    switch self {
    case .png(let it): it.strippingEdits(size: size)
    case .jpeg(let it): it.strippingEdits(size: size)
    case .riff(let it): it.strippingEdits(size: size)
    default: nil
    }
  }
}
