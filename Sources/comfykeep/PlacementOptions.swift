import ArgumentParser
import KeepModel
import KeepPipeline

/// How files travel, and how large they may be.
struct PlacementOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(RecipeKey.help("prefer"), valueName: "CHOICE"), transform: ChoiceArgument.reading)
  var prefer: PlacementPreference?

  @Option(
    name: .customLong("warn-inline"),
    help: ArgumentHelp(RecipeKey.help("limits.warn_inline"), valueName: "SIZE"),
    transform: SizeArgument.reading)
  var warnedInline: ByteCount?

  @Option(
    name: .customLong("max-inline"),
    help: ArgumentHelp(RecipeKey.help("limits.max_inline"), valueName: "SIZE"),
    transform: SizeArgument.reading)
  var maximumInline: ByteCount?

  @Option(
    name: .customLong("max-body"),
    help: ArgumentHelp(RecipeKey.help("limits.max_body"), valueName: "SIZE"), transform: SizeArgument.reading)
  var maximumBody: ByteCount?

  @Option(
    name: .customLong("advised-image"),
    help: ArgumentHelp(RecipeKey.help("limits.advised_image"), valueName: "SIZE"),
    transform: SizeArgument.reading)
  var advisedImage: ByteCount?

  @Option(
    name: .customLong("advised-video"),
    help: ArgumentHelp(RecipeKey.help("limits.advised_video"), valueName: "SIZE"),
    transform: SizeArgument.reading)
  var advisedVideo: ByteCount?

  @Option(
    name: .customLong("max-file"),
    help: ArgumentHelp(RecipeKey.help("limits.max_file"), valueName: "KIND=SIZE"),
    transform: SizeArgument.readingKind)
  var maximumFile: [(MediaKind, ByteCount)] = []

  @Flag(inversion: .prefixedNo, help: ArgumentHelp(RecipeKey.help("probe")))
  var probe: Bool?

  /// Puts what these options say into a recipe.
  func fill(_ recipe: inout Recipe) {
    recipe.preference = prefer
    recipe.limits.warnedInline = warnedInline
    recipe.limits.maximumInline = maximumInline
    recipe.limits.maximumBody = maximumBody
    recipe.limits.advisedImage = advisedImage
    recipe.limits.advisedVideo = advisedVideo
    recipe.limits.maximumFile =
      maximumFile.isEmpty ? nil : Dictionary(maximumFile, uniquingKeysWith: { _, last in last })
    recipe.probesURLs = probe
  }
}

/// A size on the command line: `10MB`, `64MiB` or a number of bytes.
enum SizeArgument {
  /// Reads an option's value; one that is no size is told what one looks like.
  static func reading(_ text: String) throws -> ByteCount {
    guard let size = ByteCount(sizeText: text) else { throw ValidationError(ByteCount.sizeRefusal(of: text)) }
    return size
  }

  /// Reads `KIND=SIZE`.
  static func readingKind(_ text: String) throws -> (MediaKind, ByteCount) {
    let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
    guard parts.count == 2, let kind = MediaKind(rawValue: parts[0]), ![.text, .other].contains(kind) else {
      throw ValidationError("'\(text)' is not KIND=SIZE with image, video, audio or 3d, such as image=50MB")
    }
    return (kind, try reading(parts[1]))
  }
}

/// One of a few words on the command line.
enum ChoiceArgument {
  /// Reads an option's value; another word is told which there are.
  static func reading<Choice: RawRepresentable & CaseIterable>(
    _ text: String
  ) throws -> Choice where Choice.RawValue == String {
    guard let choice = Choice(rawValue: text) else {
      let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("'\(text)' is none of \(known)")
    }
    return choice
  }
}
