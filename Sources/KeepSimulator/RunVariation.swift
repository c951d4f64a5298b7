internal import KeepModel

/// How one run is to end, settled when it is submitted.
struct RunVariation: Sendable {
  /// The message of a run that is to fail; empty for ComfyUI's own.
  var failure: String?
  var isEmpty = false
  var hasColonIDs = false
  var hasTextChannel = false
  var videoChannel: String?
  var hasDuplicates = false
  var hasHostileNames = false
  /// How many MiB every file has; `nil` for as many as it has.
  var largeOutputs: Int?
  /// How often every file is listed, each time with other bytes.
  var outputCount: Int?
  /// How often the result still says in_progress.
  var resultLag = 0

  /// Takes what strikes now off the board.
  init(from board: inout FaultBoard) {
    self.failure = board.take(.runFails)
    self.isEmpty = board.strikes(.emptyOutputs)
    self.hasColonIDs = board.strikes(.colonIDs)
    self.hasTextChannel = board.strikes(.textChannel)
    self.videoChannel = board.take(.videoChannel)
    self.hasDuplicates = board.strikes(.duplicateOutputs)
    self.hasHostileNames = board.strikes(.hostileNames)
    self.largeOutputs = board.take(.largeOutputs).flatMap { Int($0) }
    self.outputCount = board.take(.manyOutputs).flatMap { Int($0) }
    self.resultLag = board.take(.resultLag).flatMap { Int($0) } ?? 0
  }

  /// Names that have broken out of folders, shells, terminals and file systems elsewhere.
  static let hostileNames = [
    "../../../../tmp/escaped.png", "/etc/passwd", "..\\..\\windows\\win.ini", "C:\\boot.ini", "a\0b.png",
    "..",
    ".", "", " ", "-rf", "--help", "~", "$(touch hacked).png", "`id`.png", "; rm -rf *.png", "CON.png", "nul",
    "name.", "name ", ".hidden.png", "new\nline.png", "tab\t.png", "\u{1B}[31mred\u{1B}[0m.png",
    "%2e%2e%2fx.png",
    "caf\u{E9}.png", "cafe\u{301}.png", "CASE.png", "case.png", "\u{202E}gnp.exe", "\u{200B}.png", "a:b.png",
    "*?.png", "\"quoted\".png", "<x>|y.png", String(repeating: "long", count: 80) + ".png",
    String(repeating: "n", count: 4000) + ".png", "😀.png",
    "ComfyUI_%03d.png",
  ]

  /// The products as this run is to give them.
  func applied(to products: [NodeProduct]) -> [NodeProduct] {
    if isEmpty { return [] }
    return products.map { product in
      var product = product
      if let videoChannel { product.channels = product.channels.map { renamed($0, videoChannel) } }
      if largeOutputs != nil || outputCount != nil { product.channels = product.channels.map(enlarged) }
      if hasHostileNames { product.channels = product.channels.map(hostile) }
      if hasTextChannel { product.channels += Self.textChannels }
      if hasColonIDs, !product.node.utf8.contains(UInt8(ascii: ":")) { product.node = "38:\(product.node)" }
      return product
    }
  }

  private static let textChannels: [(name: String, items: [ProducedItem])] = [
    ("text", [.value("seen by the simulator"), .value(["nested", ["deeper"]])]),
    ("object_key", [.value(.string("a-custom-value"))]),
    ("value", [.value(42)]),
  ]

  private func renamed(
    _ channel: (name: String, items: [ProducedItem]), _ name: String
  ) -> (name: String, items: [ProducedItem]) {
    let isFilm = channel.items.contains { item in
      guard case .file(let file) = item else { return false }
      return ["mp4", "webm", "mov", "mkv", "avi"].contains(file.fileExtension)
    }
    return isFilm ? (name, channel.items) : channel
  }

  private func enlarged(
    _ channel: (name: String, items: [ProducedItem])
  ) -> (name: String, items: [ProducedItem]) {
    let items = channel.items.flatMap { item -> [ProducedItem] in
      guard case .file(let file) = item else { return [item] }
      return (0..<(outputCount ?? 1)).map { .file(enlarged(file, number: $0)) }
    }
    return (channel.name, items)
  }

  private func enlarged(_ file: ProducedFile, number: Int) -> ProducedFile {
    var copy = file
    if let largeOutputs {
      copy.synthetic = SyntheticFile(Checksum(of: file.bytes), number: number, size: largeOutputs << 20)
      copy.bytes = []
      copy.fileExtension = "mp4"
    } else if file.fileExtension == "png" {
      copy.bytes = PNGFile.adding(key: "variant", value: String(number), to: file.bytes)
    }
    return copy
  }

  private func hostile(
    _ channel: (name: String, items: [ProducedItem])
  ) -> (name: String, items: [ProducedItem]) {
    let items = channel.items.flatMap { item -> [ProducedItem] in
      guard case .file(let file) = item else { return [item] }
      return Self.hostileNames.enumerated().map { index, name in
        var copy = file
        copy.shownName = name
        if file.fileExtension == "png" {
          copy.bytes = PNGFile.adding(key: "variant", value: String(index), to: file.bytes)
        }
        return .file(copy)
      }
    }
    return (channel.name, items)
  }
}
