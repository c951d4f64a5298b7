package import KeepModel

/// What a person should know of a file before it is sent: what loaders will make of it, and what leaves the house
/// with it. Never a reason to refuse.
package enum MediaAdvice {
  /// One line for each thing worth knowing about an asset and the node input that it is for, the file's path first.
  ///
  /// What ComfyUI's own loader does is from its `nodes.py`: it turns a picture by its EXIF orientation, hands
  /// transparency on as a mask and the picture without it, and makes a batch of all frames.
  ///
  /// - Parameter input: The node input; `nil` where it is not known.
  package static func warnings(for asset: Asset, into input: MediaInput?) -> [String] {
    let lines = [
      format(asset, input), orientation(asset, input), alpha(asset, input), animation(asset, input),
      position(asset),
    ]
    return lines.compactMap { line in line.map { "\(asset.path): \($0)" } }
  }

  private static let rarelyRead: [MediaType: String] = [
    "image/heic": "HEIC", "image/heif": "HEIF", "image/jxl": "JPEG XL", "image/vnd.adobe.photoshop": "PSD",
    "image/x-exr": "OpenEXR", "image/vnd.radiance": "Radiance HDR",
  ]

  private static func format(_ asset: Asset, _ input: MediaInput?) -> String? {
    guard isForPicture(input), let name = rarelyRead[asset.mediaType] else { return nil }
    return "is \(name), which many loaders cannot read; export it as JPEG or PNG"
  }

  /// What each orientation means (CIPA DC-008, 4.6.5): what has to be done to see the picture upright.
  private static let turns = [
    2: "mirrored left to right", 3: "turned by 180°", 4: "mirrored top to bottom",
    5: "mirrored left to right, then turned 90° anticlockwise", 6: "turned 90° clockwise",
    7: "mirrored left to right, then turned 90° clockwise", 8: "turned 90° anticlockwise",
  ]

  private static func orientation(_ asset: Asset, _ input: MediaInput?) -> String? {
    guard isForPicture(input), let orientation = asset.traits.orientation, let turn = turns[orientation]
    else {
      return nil
    }
    let start = "its pixels have to be \(turn) to be upright (EXIF orientation \(orientation)); "
    let isOwn = input.map { ownLoaders.contains($0.nodeClass) } ?? false
    return start
      + (isOwn
        ? "\(input?.nodeClass ?? "the loader") of ComfyUI does that, many other loaders do not"
        : "many loaders ignore that and see it as it is stored; export it upright to be sure")
  }

  private static func alpha(_ asset: Asset, _ input: MediaInput?) -> String? {
    guard asset.traits.hasAlpha, isForPicture(input), !isForMask(input) else { return nil }
    let loader = input.map(\.nodeClass) ?? "LoadImage"
    return ownLoaders.contains(loader)
      ? "has transparency: \(loader) gives that as a mask, and the picture without it shows what lies hidden there"
      : "has transparency, which many loaders drop: the picture then shows what lies hidden there"
  }

  private static func animation(_ asset: Asset, _ input: MediaInput?) -> String? {
    guard asset.traits.isAnimated, isForPicture(input) else { return nil }
    return "has more than one frame: LoadImage makes a batch of them all, and the run does its work for each;"
      + " other loaders take the first; send one frame unless that is meant"
  }

  private static func position(_ asset: Asset) -> String? {
    guard asset.traits.metadata.contains(.gps) else { return nil }
    let isMaybe = asset.mediaType.isItemBased
    let start = isMaybe ? "may say where it was taken" : "says where it was taken"
    switch asset.mediaType {
    case "image/jpeg", "image/png", "image/webp":
      return start + " (GPS), and that is sent along; --strip-metadata leaves it out"
    default:
      return start + " (GPS), and that is sent along; send a copy without it if that must not leave the house"
    }
  }

  /// ComfyUI's own loaders of one picture.
  private static let ownLoaders: Set<String> = ["LoadImage", "LoadImageMask", "LoadImageOutput"]

  private static func isForMask(_ input: MediaInput?) -> Bool {
    guard let input else { return false }
    return (input.nodeClass + input.input.name.rawValue).lowercased().contains("mask")
      || input.nodeClass.hasSuffix("Alpha")
  }

  /// Whether the input takes still pictures, as far as is known.
  private static func isForPicture(_ input: MediaInput?) -> Bool {
    guard let input else { return true }
    return input.takes(MediaKind.image)
  }
}

extension MediaType {
  /// Whether its EXIF block is an item of its own, whose content is not looked at.
  fileprivate var isItemBased: Bool {
    ["image/heic", "image/heif", "image/avif", "image/tiff"].contains(self)
  }
}
